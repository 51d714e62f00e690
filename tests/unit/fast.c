/* SPDX-License-Identifier: BSD-2-Clause */
/* SOURCES: hypervisor/mode/fast_stat.c hypervisor/vm/account.c hypervisor/emul/insn.c */
/*
 * What the counters of the fast path stand for: the same counters and lines as the path in C has.
 */
#include <riscv/insn.h>
#include <sbi/sbi.h>
#include <strata/abi.h>
#include "mode/fast.h"
#include "test.h"
#include "vsbi/vsbi.h"

/* mode/fast.S, in the order of enum fast_path. */
extern const uint64_t fast_insns[];
const uint64_t fast_insns[] = { 30, 40, 33, 60, 38, 45, 36, 50, 51, 52, 53, 54 };

static struct vcpu_stat stat;
static struct account account;

static void count_one(unsigned place)
{
	stat = (struct vcpu_stat){ 0 };
	stat.fast[place] = 3;
	CHECK_EQ(stat_traps(&stat), 3);
	fast_stat_fold(&stat);
	CHECK_EQ(stat_traps(&stat), 3);
	CHECK_EQ(stat.fast[place], 0);
}

TEST("an SBI call of the fast path counts as a call and as an exit")
{
	count_one(FAST_HW_BASE + SBI_BASE_GET_IMPL_ID);
	CHECK_EQ(stat.ecall[VSBI_BASE][SBI_BASE_GET_IMPL_ID], 3);
	CHECK_EQ(stat.exceptions[EXC_ECALL_VS], 3);
	count_one(FAST_HW_IPI);
	CHECK_EQ(stat.ecall[VSBI_IPI][SBI_IPI_SEND_IPI], 3);
	count_one(FAST_HW_IPI_OTHER);
	CHECK_EQ(stat.ecall[VSBI_IPI][SBI_IPI_SEND_IPI], 3);
	count_one(FAST_HW_TIME);
	CHECK_EQ(stat.ecall[VSBI_TIME][SBI_TIME_SET_TIMER], 3);
	count_one(FAST_HW_CONSOLE);
	CHECK_EQ(stat.ecall[VSBI_DBCN][SBI_DBCN_WRITE_BYTE], 3);
	CHECK_EQ(stat.exceptions[EXC_ECALL_VS], 3);
	count_one(FAST_DEP_CONSOLE);
	CHECK_EQ(stat.ecall[VSBI_DBCN][SBI_DBCN_WRITE_BYTE], 3);
	CHECK_EQ(stat.exceptions[EXC_ECALL_U], 3);
	count_one(FAST_DEP_BASE);
	CHECK_EQ(stat.ecall[VSBI_BASE][SBI_BASE_GET_SPEC_VERSION], 3);
	CHECK_EQ(stat.exceptions[EXC_ECALL_U], 3);
}

TEST("a light exit counts as an access to a device and as an exit for its cause")
{
	stat = (struct vcpu_stat){ .light_load = 3, .light_store = 4, .mmio_read = 10 };
	stat.exceptions[EXC_LOAD_GUEST_FAULT] = 20;
	CHECK_EQ(stat_traps(&stat), 27);
	fast_stat_fold(&stat);
	CHECK_EQ(stat_traps(&stat), 27);
	CHECK_EQ(stat.mmio_read, 13);
	CHECK_EQ(stat.mmio_write, 4);
	CHECK_EQ(stat.exceptions[EXC_LOAD_GUEST_FAULT], 23);
	CHECK_EQ(stat.exceptions[EXC_STORE_GUEST_FAULT], 4);
}

TEST("a hypercall of the fast path counts as a call and as an access to its CSR")
{
	count_one(FAST_PV + 4 + (CSR_SCAUSE - CSR_SSCRATCH));
	CHECK_EQ(stat.ecall[VSBI_STRATA][STRATA_FN_CSR_WRITE], 3);
	CHECK_EQ(stat.csr[stat_csr_slot(CSR_SCAUSE)], 3);
	CHECK_EQ(stat.exceptions[EXC_ECALL_U], 3);
}

TEST("a CSR instruction of the fast path counts as an access, by the cause that it raised")
{
	count_one(FAST_CSR_ILLEGAL + (CSR_STVAL - CSR_SSCRATCH));
	CHECK_EQ(stat.csr[stat_csr_slot(CSR_STVAL)], 3);
	CHECK_EQ(stat.exceptions[EXC_ILLEGAL_INST], 3);
	count_one(FAST_CSR_VIRTUAL + 4 + (CSR_SEPC - CSR_SSCRATCH));
	CHECK_EQ(stat.csr[stat_csr_slot(CSR_SEPC)], 3);
	CHECK_EQ(stat.exceptions[EXC_VIRTUAL_INST], 3);
	count_one(FAST_CSR_VIRTUAL + FAST_CSR_SIE + 1);
	CHECK_EQ(stat.csr[stat_csr_slot(CSR_SSTATUS)], 3);
}

TEST("every counter of the fast path stands for one exit and one call or access")
{
	for (unsigned i = 0; i < FAST_COUNT; i++) {
		uint64_t what = 0;

		count_one(i);
		for (unsigned e = 0; e < STAT_EXTENSIONS; e++)
			for (unsigned f = 0; f < STAT_FUNCTIONS; f++)
				what += stat.ecall[e][f];
		if (what == 0)
			for (unsigned c = 0; c < STAT_CSRS; c++)
				what += stat.csr[c];
		CHECK_EQ(what, 3);
	}
}

TEST("the account charges an exit of the fast path once, to its line instead of the guest")
{
	uint64_t seen[FAST_COUNT] = { 0 };
	struct account_line *line;

	account_init(&account);
	stat = (struct vcpu_stat){ .fast[FAST_HW_TIME] = 2, .fast[FAST_CSR_ILLEGAL + 4] = 1 };
	fast_account(&account, &stat, seen);
	fast_account(&account, &stat, seen);
	line = account_line(&account, account_key_call(EXC_ECALL_VS, SBI_EXT_TIME, 0, 0));
	CHECK_EQ(line->now.exits, 2);
	CHECK_EQ(line->now.insns, 66);
	/* csrw sscratch, t0 */
	line = account_line(&account, account_key_insn(EXC_ILLEGAL_INST, 0x14029073));
	CHECK_EQ(line->now.exits, 1);
	CHECK_EQ(line->now.insns, 53);
	CHECK_EQ((uint64_t)-account.lines[ACCOUNT_GUEST].now.insns, 119);
}
