/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The legacy calls of SBI 0.1, in sentences of the SBI specification, above a fake vCPU.
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
#include "vsbi_fake.h"

TEST("legacy: the result is in a0 alone")
{
	start();
	CHECK_EQ(call(SBI_EXT_LEGACY_PUTCHAR, 0, 'x', 0x77, 0), 0);
	CHECK_EQ(VALUE, 0x77);
	CHECK_STR(written, "x");
	CHECK_EQ(call(SBI_EXT_LEGACY_GETCHAR, 5, 0, 0x77, 0), -1);
	typed[0] = (char)0xe9;
	typed_size = 1;
	CHECK_EQ(call(SBI_EXT_LEGACY_GETCHAR, 0, 0, 0x77, 0), 0xe9);
	CHECK_EQ(VALUE, 0x77);
	CHECK_EQ(call(SBI_EXT_LEGACY_SET_TIMER, 0, 500, 0x77, 0), 0);
	CHECK_EQ(cpus[0].timer_deadline, 500);
	CHECK_EQ(VALUE, 0x77);
	CHECK_EQ(cpus[0].stat.ecall[VSBI_LEGACY][SBI_EXT_LEGACY_GETCHAR], 2);
}

TEST("legacy: a mask is guest-virtual memory, and a null pointer names all harts")
{
	uint64_t mask[2] = { 0x2, 0x40 };

	start();
	memcpy(ram, mask, sizeof(mask));
	CHECK_EQ(call(SBI_EXT_LEGACY_SEND_IPI, 0, 0x1000, 0, 0), 0);
	CHECK_EQ(cpus[0].irq_pending, 0);
	CHECK_EQ(cpus[1].irq_pending, SIP_SSIP);
	CHECK_EQ(cpus[2].irq_pending, SIP_SSIP);
	CHECK_EQ(call(SBI_EXT_LEGACY_SEND_IPI, 0, 0, 0, 0), 0);
	CHECK_EQ(cpus[0].irq_pending, SIP_SSIP);
	CHECK_EQ(call(SBI_EXT_LEGACY_RFENCE_I, 0, 0, 0, 0), 0);
	CHECK_EQ(remote_base, UINT64_MAX);
	CHECK_EQ(remote_request, VCPU_REQ_FENCE_I);
}

TEST("legacy: harts in a mask that do not exist are ignored")
{
	uint64_t mask[2] = { UINT64_MAX, UINT64_MAX };

	start();
	memcpy(ram, mask, sizeof(mask));
	CHECK_EQ(call(SBI_EXT_LEGACY_RFENCE_VMA, 0, 0x1000, 0, 0), 0);
	CHECK_EQ(remote_calls, 2);
	CHECK_EQ(remote_mask, 0x40);
	CHECK_EQ(remote_base, 64);
}

TEST("legacy: a mask that cannot be read is a fault of the guest's, at its ECALL")
{
	static const uint64_t places[] = { 8, UINT64_MAX - 3, 0x1000 + RAM_SIZE - 8, 1UL << 63 };

	start();
	/* The second word of the last one, which names hart 70, is not there: no IPI at all. */
	ram[RAM_SIZE - 8] = 0xff;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		cpus[0].pc = 0x5004;
		CHECK_EQ((uint64_t)call(SBI_EXT_LEGACY_SEND_IPI, 0, places[i], 0x77, 0),
			 places[i]);
		CHECK_EQ(VALUE, 0x77);
		CHECK_EQ(injected_at, 0x5000);
		CHECK_EQ(cpus[0].pc, FAKE_VECTOR);
		CHECK_EQ(injected.cause, EXC_LOAD_PAGE_FAULT);
		CHECK_EQ(injected.tval, places[i]);
	}
	CHECK_EQ(cpus[0].irq_pending | cpus[1].irq_pending | cpus[2].irq_pending, 0);
}

TEST("legacy: clear_ipi clears the software interrupt, in the hardware's copy, too")
{
	start();
	cpus[0].irq_pending = SIP_SSIP | SIP_SEIP;
	CHECK_EQ(call(SBI_EXT_LEGACY_CLEAR_IPI, 0, 0, 0, 0), 1);
	CHECK_EQ(cpus[0].irq_pending, SIP_SEIP);
	CHECK_EQ(softs_cleared, 1);
	CHECK_EQ(call(SBI_EXT_LEGACY_CLEAR_IPI, 0, 0, 0, 0), 0);
	soft_in_hardware = true;
	CHECK_EQ(call(SBI_EXT_LEGACY_CLEAR_IPI, 0, 0, 0, 0), 1);
	CHECK_EQ(call(SBI_EXT_LEGACY_CLEAR_IPI, 0, 0, 0, 0), 0);
}

TEST("legacy: shutdown ends the VM cleanly")
{
	start();
	call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0);
	CHECK_EQ(next, VCPU_RESCHEDULE);
	CHECK_EQ(vm.state, VM_SHUTDOWN);
}
