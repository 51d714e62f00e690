/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SBI that a guest sees, in sentences of the SBI specification, above a fake vCPU.
 * SOURCES: hypervisor/vsbi/vsbi.c hypervisor/vsbi/base.c hypervisor/vsbi/time.c
 * SOURCES: hypervisor/vsbi/ipi.c hypervisor/vsbi/hartmask.c hypervisor/vsbi/rfence.c
 * SOURCES: hypervisor/vsbi/hsm.c hypervisor/vsbi/srst.c hypervisor/vsbi/dbcn.c
 * SOURCES: hypervisor/vsbi/legacy.c hypervisor/vsbi/strata.c hypervisor/vsbi/account_name.c
 * SOURCES: hypervisor/vsbi/names.c hypervisor/vm/account.c hypervisor/hart/cause.c
 * SOURCES: hypervisor/emul/csr_name.c hypervisor/emul/insn.c
 * SOURCES: hypervisor/vsbi/susp.c hypervisor/vsbi/sta.c hypervisor/vm/steal.c
 * SOURCES: hypervisor/vsbi/pmu.c hypervisor/vsbi/pmu_event.c hypervisor/vm/vpmu.c
 * SOURCES: hypervisor/vsbi/fwft.c hypervisor/vm/vfence.c
 */
#include "vm/account.h"
#include "vsbi_fake.h"

/* ---- BASE ---- */

TEST("BASE: the specification's version is 3.0, the identity is ours, the machine's ids are 0")
{
	start();
	CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0x03000000);
	CHECK_EQ(next, VCPU_RESUME);
	CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, VSBI_IMPL_ID);
	for (uint64_t fid = SBI_BASE_GET_MVENDORID; fid <= SBI_BASE_GET_MIMPID; fid++) {
		CHECK_EQ(call(SBI_EXT_BASE, fid, 5, 5, 5), SBI_SUCCESS);
		CHECK_EQ(VALUE, 0);
	}
	CHECK_EQ(cpus[0].stat.ecall[VSBI_BASE][SBI_BASE_GET_SPEC_VERSION], 1);
}

TEST("BASE: probe tells the truth about every extension")
{
	static const uint64_t present[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
		SBI_EXT_HSM, SBI_EXT_SRST, SBI_EXT_DBCN, STRATA_EID, SBI_EXT_SUSP, SBI_EXT_STA,
		SBI_EXT_PMU, SBI_EXT_FWFT,
	};
	static const uint64_t absent[] = { 9, 15, 17, 0x504d56, 0x535442, SBI_EXT_NACL,
					   SBI_EXT_SSE, SBI_EXT_DBTR, SBI_EXT_MPXY,
					   SBI_EXT_CPPC, STRATA_EID + 1, UINT64_MAX,
					   1UL << 32 | SBI_EXT_TIME };

	start();
	for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
		CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, present[i], 0, 0), 0);
		CHECK_EQ(VALUE, 1);
	}
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, absent[i], 0, 0), 0);
		CHECK_EQ(VALUE, 0);
		CHECK_EQ(call(absent[i], 0, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
		CHECK_EQ(VALUE, 0);
	}
	CHECK_EQ(cpus[0].stat.ecall_unknown, 13);
}

TEST("an unknown function is not supported")
{
	static const uint64_t eids[] = { SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI,  SBI_EXT_RFENCE,
					 SBI_EXT_HSM,  SBI_EXT_SRST, SBI_EXT_DBCN, STRATA_EID };
	static const uint64_t fids[] = { 7, 31, 32, 4096, UINT32_MAX, UINT64_MAX };

	start();
	for (size_t i = 0; i < sizeof(eids) / sizeof(eids[0]); i++)
		for (size_t j = 0; j < sizeof(fids) / sizeof(fids[0]); j++) {
			CHECK_EQ(call(eids[i], fids[j], 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
			CHECK_EQ(VALUE, 0);
			CHECK_EQ(next, VCPU_RESUME);
		}
	CHECK(vm.state == VM_RUNNING);
}

/* ---- TIME, IPI, RFENCE ---- */

TEST("TIME: set_timer programs the deadline")
{
	start();
	CHECK_EQ(call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, 0x123456789, 0, 0), SBI_SUCCESS);
	CHECK_EQ(cpus[0].timer_deadline, 0x123456789);
}

TEST("IPI: a mask names harts from its base on")
{
	start();
	CHECK_EQ(call(SBI_EXT_IPI, 0, 0x2, 0, 0), SBI_SUCCESS);
	CHECK_EQ(cpus[0].irq_pending, 0);
	CHECK_EQ(cpus[1].irq_pending, SIP_SSIP);
	CHECK_EQ(call(SBI_EXT_IPI, 0, 0x40, 64, 0), SBI_SUCCESS);
	CHECK_EQ(cpus[2].irq_pending, SIP_SSIP);
	CHECK_EQ(call(SBI_EXT_IPI, 0, 0, 12345, 0), SBI_SUCCESS);
}

TEST("IPI: a base of -1 names all harts, whatever the mask is")
{
	start();
	CHECK_EQ(call(SBI_EXT_IPI, 0, 0, UINT64_MAX, 0), SBI_SUCCESS);
	for (unsigned i = 0; i < HARTS; i++)
		CHECK_EQ(cpus[i].irq_pending, SIP_SSIP);
}

TEST("IPI: a hart that does not exist makes the whole call invalid")
{
	start();
	CHECK_EQ(call(SBI_EXT_IPI, 0, 0x7, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_IPI, 0, 1, 5000, 0), SBI_ERR_INVALID_PARAM);
	/* The sum wraps around to harts 0 and 1. */
	CHECK_EQ(call(SBI_EXT_IPI, 0, 0x6, UINT64_MAX - 1, 0), SBI_ERR_INVALID_PARAM);
	for (unsigned i = 0; i < HARTS; i++)
		CHECK_EQ(cpus[i].irq_pending, 0);
}

TEST("RFENCE: fence.i and sfence.vma are asked of the harts named")
{
	start();
	CHECK_EQ(call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 3, 0, 0), SBI_SUCCESS);
	CHECK_EQ(remote_request, VCPU_REQ_FENCE_I);
	CHECK_EQ(call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 2, 0, 0), SBI_SUCCESS);
	CHECK_EQ(remote_request, VCPU_REQ_FENCE_VMA);
	CHECK_EQ(remote_mask, 2);
	CHECK_EQ(call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 0, UINT64_MAX, 0), SBI_SUCCESS);
	CHECK_EQ(remote_base, UINT64_MAX);
	CHECK_EQ(remote_calls, 3);
	CHECK_EQ(call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 4, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_RFENCE, SBI_RFENCE_HFENCE_GVMA, 1, 0, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(remote_calls, 3);
}

/* ---- HSM ---- */

TEST("HSM: a stopped hart starts at the address with the argument given")
{
	start();
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 1, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, SBI_HSM_STATE_STOPPED);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 1, RAM_GPA, 99), SBI_SUCCESS);
	CHECK_EQ(cpus[1].pc, RAM_GPA);
	CHECK_EQ(cpus[1].regs[REG_A1], 99);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 1, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, SBI_HSM_STATE_STARTED);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 1, RAM_GPA, 0), SBI_ERR_ALREADY_AVAILABLE);
	CHECK_EQ(starts, 1);
}

TEST("HSM: a hart or an address that does not exist starts nothing")
{
	start();
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 2, RAM_GPA, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 1, 0x1000, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 1, RAM_GPA + 1, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 1, RAM_GPA + RAM_SIZE, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_START, 1, UINT64_MAX - 1, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 3, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(starts, 0);
}

TEST("HSM: stop leaves the hart")
{
	start();
	call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	CHECK_EQ(cpus[0].state, VCPU_STOPPED);
}

TEST("HSM: the default retentive suspend blocks; reserved and others' types are invalid")
{
	start();
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0, 0, 0), SBI_SUCCESS);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	CHECK_EQ(blocks, 1);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 1, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x10000000, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000001, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(blocks, 1);
}

TEST("HSM: the default non-retentive suspend resumes at its address, which must be RAM")
{
	start();
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000000, RAM_GPA, 77), SBI_SUCCESS);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	CHECK_EQ(cpus[0].start_pc, RAM_GPA);
	CHECK_EQ(cpus[0].start_opaque, 77);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000000, RAM_GPA + 1, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x80000000, 0x1000, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(resumes, 1);
}

/* ---- SUSP ---- */

TEST("SUSP: a VM suspends to RAM when every other hart is stopped")
{
	start();
	cpus[1].state = VCPU_BLOCKED;
	CHECK_EQ(call(SBI_EXT_SUSP, 0, SBI_SUSP_TO_RAM, RAM_GPA, 5), SBI_ERR_DENIED);
	cpus[1].state = VCPU_STOPPED;
	CHECK_EQ(call(SBI_EXT_SUSP, 0, SBI_SUSP_TO_RAM, RAM_GPA + RAM_SIZE, 5),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_SUSP, 0, 1, RAM_GPA, 5), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_SUSP, 0, 0x80000000, RAM_GPA, 5), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(resumes, 0);
	CHECK_EQ(call(SBI_EXT_SUSP, 0, SBI_SUSP_TO_RAM, RAM_GPA, 5), SBI_SUCCESS);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	CHECK_EQ(cpus[0].start_opaque, 5);
	CHECK_EQ(resumes, 1);
}

/* ---- SRST ---- */

TEST("SRST: shutdown ends the VM, cleanly without reason, as a failure with one")
{
	start();
	call(SBI_EXT_SRST, 0, SBI_SRST_TYPE_SHUTDOWN, SBI_SRST_REASON_NONE, 0);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	CHECK_EQ(vm.state, VM_SHUTDOWN);
	start();
	call(SBI_EXT_SRST, 0, SBI_SRST_TYPE_SHUTDOWN, SBI_SRST_REASON_SYSTEM_FAILURE, 0);
	CHECK_EQ(vm.state, VM_CRASHED);
}

TEST("SRST: a reboot of either type has the VM start again")
{
	start();
	call(SBI_EXT_SRST, 0, SBI_SRST_TYPE_COLD_REBOOT, SBI_SRST_REASON_NONE, 0);
	CHECK(vm.state == VM_REBOOTING);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	start();
	call(SBI_EXT_SRST, 0, SBI_SRST_TYPE_WARM_REBOOT, SBI_SRST_REASON_SYSTEM_FAILURE, 0);
	CHECK(vm.state == VM_REBOOTING);
	CHECK_EQ(next, VCPU_RESCHEDULE);
}

TEST("SRST: reserved and vendor types and reasons are invalid")
{
	start();
	CHECK_EQ(call(SBI_EXT_SRST, 0, 3, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_SRST, 0, 0xf0000000, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_SRST, 0, 0, 2, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_SRST, 0, 0, 0xe0000000, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(vm.state, VM_RUNNING);
}

/* ---- DBCN ---- */

TEST("DBCN: write shows a block of RAM")
{
	start();
	memcpy(ram + 16, "hello", 5);
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_WRITE, 5, RAM_GPA + 16, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 5);
	CHECK_STR(written, "hello");
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_WRITE, 0, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0);
}

TEST("DBCN: a long block may be written in part, and the count says so")
{
	start();
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_WRITE, RAM_SIZE, RAM_GPA, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 4096);
	CHECK_EQ(written_size, 4096);
}

TEST("DBCN: a block that is not RAM is invalid and nothing is moved")
{
	static const struct {
		uint64_t size, low, high;
	} wild[] = {
		{ 1, 0, 0 },
		{ 1, RAM_GPA - 1, 0 },
		{ 2, RAM_GPA + RAM_SIZE - 1, 0 },
		{ UINT64_MAX, RAM_GPA, 0 },
		{ UINT64_MAX - RAM_GPA + 2, RAM_GPA, 0 },
		{ 1, RAM_GPA, 1 },
		{ 1, UINT64_MAX, UINT64_MAX },
	};

	start();
	typed_size = 4;
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		for (uint64_t fid = SBI_DBCN_WRITE; fid <= SBI_DBCN_READ; fid++) {
			CHECK_EQ(call(SBI_EXT_DBCN, fid, wild[i].size, wild[i].low, wild[i].high),
				 SBI_ERR_INVALID_PARAM);
			CHECK_EQ(VALUE, 0);
		}
	CHECK_EQ(written_size, 0);
	CHECK_EQ(typed_size, 4);
}

TEST("DBCN: read takes what was typed and does not wait")
{
	start();
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_READ, 10, RAM_GPA, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0);
	memcpy(typed, "abc", 3);
	typed_size = 3;
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_READ, 2, RAM_GPA + 8, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 2);
	CHECK(memcmp(ram + 8, "ab", 2) == 0);
	CHECK_EQ(typed_size, 1);
}

TEST("DBCN: write_byte shows one byte")
{
	start();
	CHECK_EQ(call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, 0x341, 0, 0), SBI_SUCCESS);
	CHECK_STR(written, "A");
}

/* ---- Strata ---- */

TEST("Strata: version, features of the mode, and the counters")
{
	start();
	cpus[0].stat.exceptions[EXC_ECALL_VS] = 5;
	cpus[0].stat.exceptions[EXC_VIRTUAL_INST] = 2;
	cpus[0].stat.interrupts[IRQ_S_TIMER] = 3;
	CHECK_EQ(call(STRATA_EID, STRATA_FN_VERSION, 0, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, STRATA_ABI_VERSION);
	CHECK_EQ(call(STRATA_EID, STRATA_FN_FEATURES, 0, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, STRATA_F_HYPERCALL);
	CHECK_EQ(call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 7);
	CHECK_EQ(call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_INTERRUPTS, 0, 0),
		 SBI_SUCCESS);
	CHECK_EQ(VALUE, 3);
	CHECK_EQ(call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_MTRAPS, 0, 0),
		 SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(VALUE, 0);
	vm.config.counters = true;
	CHECK_EQ(call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_MTRAPS, 0, 0),
		 SBI_SUCCESS);
	CHECK_EQ(VALUE, 1234);
	counts_entries = false;
	CHECK_EQ(call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_MTRAPS, 0, 0),
		 SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(call(STRATA_EID, STRATA_FN_COUNTER_READ, 3, 0, 0), SBI_ERR_INVALID_PARAM);
}

static int64_t account_call(uint64_t command, uint64_t a1, uint64_t a2)
{
	return call(STRATA_EID, STRATA_FN_ACCOUNT, command, a1, a2);
}

TEST("Strata: there is no account in a VM whose tree does not ask for one")
{
	start();
	for (uint64_t command = 0; command < 10; command++) {
		CHECK_EQ(account_call(command, RAM_GPA, 0), SBI_ERR_NOT_SUPPORTED);
		CHECK_EQ(VALUE, 0);
	}
}

TEST("Strata: an account is read line by line into RAM, and nowhere else")
{
	static struct account account;
	const struct strata_account_entry *entry = (const void *)ram;

	start();
	account_init(&account);
	cpus[0].account = &account;
	memset(ram, 0xff, 128);
	CHECK_EQ(account_call(STRATA_ACCOUNT_ADD, 0, 0), SBI_SUCCESS);
	account_add(account_line(&account, ACCOUNT_KEY(ACCOUNT_FILL, EXC_LOAD_PAGE_FAULT, 0)), 2,
		    900);
	CHECK_EQ(account_call(STRATA_ACCOUNT_END, 0, 0), SBI_SUCCESS);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA, ACCOUNT_SPECIALS), SBI_SUCCESS);
	CHECK_EQ(VALUE, ACCOUNT_SPECIALS + 1);
	CHECK_STR(entry->name, "EXC_LOAD_PAGE_FAULT shadow fill");
	CHECK_EQ(entry->exits, 2);
	CHECK_EQ(entry->insns, 900);
	CHECK_EQ(entry->name[STRATA_ACCOUNT_NAME_SIZE - 1], 0);
	CHECK_EQ(ram[sizeof(*entry)], 0xff);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA, ACCOUNT_FIRMWARE), SBI_SUCCESS);
	CHECK_EQ(entry->name[0], 0);
	CHECK_EQ(account_call(STRATA_ACCOUNT_RESET, 0, 0), SBI_SUCCESS);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA, ACCOUNT_SPECIALS), SBI_SUCCESS);
	CHECK_EQ(entry->insns, 0);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA, ACCOUNT_SPECIALS + 1),
		 SBI_ERR_INVALID_PARAM);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA, UINT64_MAX), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA + 4, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, RAM_GPA + RAM_SIZE - 56, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, 0, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ, UINT64_MAX & ~7UL, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(account_call(STRATA_ACCOUNT_READ + 1, 0, 0), SBI_ERR_INVALID_PARAM);
}

TEST("any call with any garbage is answered with an error of the specification")
{
	static const uint64_t eids[] = { SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI,  SBI_EXT_RFENCE,
					 SBI_EXT_HSM,  SBI_EXT_SRST, SBI_EXT_DBCN, STRATA_EID,
					 SBI_EXT_SUSP, SBI_EXT_STA,  SBI_EXT_PMU,  SBI_EXT_FWFT };
	uint64_t seed = 99;

	start();
	for (int i = 0; i < 300000; i++) {
		uint64_t eid = eids[test_random(&seed) % ARRAY_SIZE(eids)], args[5];

		for (unsigned j = 0; j < 5; j++)
			args[j] = test_random(&seed) >> (test_random(&seed) & 63);
		/* Memory that is there, so that the shared memory's users do their work. */
		if ((test_random(&seed) & 3) == 0) {
			args[0] = RAM_GPA + (args[0] & 0x1f000);
			args[1] = 0;
		}
		if ((test_random(&seed) & 15) == 0)
			eid = args[3];
		written_size = 0;
		int64_t error = call5(eid, test_random(&seed) % 10, args[0], args[1], args[2],
				      args[3], args[4]);

		if (eid > SBI_EXT_LEGACY_SHUTDOWN)
			CHECK(error <= 0 && error >= SBI_ERR_LAST);
		cpus[0].state = VCPU_RUNNABLE;
	}
}
