/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Strata firmware: which traps reach S-mode without it, and how it counts those that do not.
 * Privileged specification, "Machine Trap Delegation Registers"; run natively, best on two harts.
 */
#include "guest.h"
#include <strata/firmware.h>

#define STR_(x)			#x
#define STR(x)			STR_(x)
#define SUSPEND_NON_RETENTIVE	0x80000000UL
#define STACK_BYTES		4096
/* Much longer than a hart needs to start or wake: a minute of 10 MHz. */
#define PATIENCE_TICKS		600000000UL

/* mscratch belongs to M-mode: from S-mode an illegal instruction on every machine. */
#define ILLEGAL()		__asm__ volatile("csrr t0, mscratch" : : : "t0")

static struct sbi_ret firmware(uint64_t fid, uint64_t arg)
{
	return sbi_call(STRATA_FW_EID, fid, arg, 0, 0, 0, 0);
}

static uint64_t entries(uint64_t cause)
{
	struct sbi_ret ret = firmware(STRATA_FW_FN_ENTRIES, cause);

	expect_eq((uint64_t)ret.error, SBI_SUCCESS, "error of the entries call");
	return ret.value;
}

static void test_calls(void)
{
	test_begin("the vendor call refuses a cause above 63");
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ENTRIES, 64).error,
		  (uint64_t)SBI_ERR_INVALID_PARAM);
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ENTRIES, STRATA_FW_INTERRUPT | 64).error,
		  (uint64_t)SBI_ERR_INVALID_PARAM);
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ENTRIES, 0x200).error,
		  (uint64_t)SBI_ERR_INVALID_PARAM);
	test_end();
	test_begin("the vendor call answers NOT_SUPPORTED to an unknown function");
	EXPECT_EQ((uint64_t)firmware(77, 0).error, (uint64_t)SBI_ERR_NOT_SUPPORTED);
	test_end();
}

/* The account stands in memory of ours, aligned, or it is refused. */
static void test_account(void)
{
	static struct strata_fw_account account __attribute__((aligned(16)));
	uint64_t at = (uintptr_t)&account;
	volatile struct strata_fw_account *told = &account;

	test_begin("the firmware keeps its account where S-mode may write, and nowhere else");
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ACCOUNT, at + 4).error,
		  (uint64_t)SBI_ERR_INVALID_ADDRESS);
	/* Its own memory, and none at all. */
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ACCOUNT, 0x80000000).error,
		  (uint64_t)SBI_ERR_INVALID_ADDRESS);
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ACCOUNT, UINT64_MAX - 7).error,
		  (uint64_t)SBI_ERR_INVALID_ADDRESS);
	EXPECT_EQ(told->entries, 0);
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ACCOUNT, at).error, SBI_SUCCESS);
	test_end();
	test_begin("the account grows by one entry with each call, and by its instructions");
	account = (struct strata_fw_account){ 0 };
	firmware(STRATA_FW_FN_MAGIC, 0);
	EXPECT_EQ(told->entries, 1);
	EXPECT(told->insns > 20);
	firmware(STRATA_FW_FN_MAGIC, 0);
	EXPECT_EQ(told->entries, 2);
	test_end();
	test_begin("an account that was ended stays as it is");
	account = (struct strata_fw_account){ 0 };
	EXPECT_EQ((uint64_t)firmware(STRATA_FW_FN_ACCOUNT, STRATA_FW_ACCOUNT_OFF).error,
		  SBI_SUCCESS);
	firmware(STRATA_FW_FN_MAGIC, 0);
	EXPECT_EQ(told->entries, 0);
	test_end();
}

static void test_counts(void)
{
	uint64_t before, all;

	test_begin("an environment call from S-mode is one entry to M-mode by cause 9");
	before = entries(EXC_ECALL_S);
	EXPECT_EQ(entries(EXC_ECALL_S), before + 1);
	test_end();
	test_begin("the sum over all causes rises by one with each entry");
	all = entries(STRATA_FW_ALL);
	EXPECT_EQ(entries(STRATA_FW_ALL), all + 1);
	test_end();
	test_begin("an illegal instruction in S-mode is delivered to S-mode without M-mode");
	before = entries(EXC_ILLEGAL_INST);
	all = entries(STRATA_FW_ALL);
	TRAP(ILLEGAL());
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	EXPECT_EQ(entries(STRATA_FW_ALL), all + 1);
	EXPECT_EQ(entries(EXC_ILLEGAL_INST), before);
	test_end();
}

/*
 * What another hart finds: it takes an illegal instruction trap on its own vector and reports
 * scause and the number of its M-mode entries by cause 2, plus one to tell 0 from "not yet".
 */
struct report {
	uint64_t stack_top;
	uint64_t scause;
	uint64_t entries_plus_1;
};

void hart_entry(void);
__asm__(".text\n.balign 4\n.globl hart_entry\nhart_entry:\n"
	"	ld	sp, 0(a1)\n"
	"	mv	s0, a1\n"
	"	la	t0, 1f\n"
	"	csrw	stvec, t0\n"
	"	csrr	t0, mscratch\n"
	".balign 4\n1:\n"
	"	csrr	t0, scause\n"
	"	sd	t0, 8(s0)\n"
	"	li	a0, 2\n"
	"	li	a6, " STR(STRATA_FW_FN_ENTRIES) "\n"
	"	li	a7, " STR(STRATA_FW_EID) "\n"
	"	ecall\n"
	"	addi	a1, a1, 1\n"
	"	fence	rw, rw\n"
	"	sd	a1, 16(s0)\n"
	"2:	wfi\n"
	"	j	2b\n");

static void test_other_hart(uint64_t self)
{
	static uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));
	static volatile struct report report;
	uint64_t harts[2], until = read_time() + PATIENCE_TICKS;
	struct sbi_ret ret;

	test_begin("every hart gets its illegal instructions without M-mode");
	if (boot_harts(harts, 2) < 2) {
		test_skip("one hart");
		return;
	}
	report.stack_top = (uintptr_t)stack + sizeof(stack);
	ret = sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, harts[harts[0] == self],
		       (uintptr_t)hart_entry, (uintptr_t)&report, 0, 0);
	EXPECT_EQ((uint64_t)ret.error, SBI_SUCCESS);
	/* WFI: under QEMU's deterministic clock a hart that spins starves the other. */
	csr_write(CSR_SIE, SIP_STIP);
	while (!report.entries_plus_1 && read_time() < until) {
		sbi_set_timer(read_time() + 1000);
		__asm__ volatile("wfi");
	}
	sbi_set_timer(UINT64_MAX);
	csr_write(CSR_SIE, 0);
	EXPECT_EQ(report.scause, EXC_ILLEGAL_INST);
	EXPECT_EQ(report.entries_plus_1, 1);
	test_end();
}

/* HSM suspend that comes back by a jump to an address with nothing kept but memory. */
int64_t suspend_non_retentive(void);
__asm__(".text\n.globl suspend_non_retentive\nsuspend_non_retentive:\n"
	"	la	a2, suspend_kept\n"
	"	sd	ra, 0(a2)\n"
	"	sd	sp, 8(a2)\n"
	"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11\n"
	"	sd	s\\n, (16 + \\n * 8)(a2)\n"
	"	.endr\n"
	"	li	a0, " STR(SUSPEND_NON_RETENTIVE) "\n"
	"	la	a1, 1f\n"
	"	li	a6, " STR(SBI_HSM_HART_SUSPEND) "\n"
	"	li	a7, " STR(SBI_EXT_HSM) "\n"
	"	ecall\n"
	"	ret\n"
	"1:	ld	ra, 0(a1)\n"
	"	ld	sp, 8(a1)\n"
	"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11\n"
	"	ld	s\\n, (16 + \\n * 8)(a1)\n"
	"	.endr\n"
	"	li	a0, 0\n"
	"	ret\n"
	".local suspend_kept\n.comm suspend_kept, 112, 8\n");

static void test_resume(void)
{
	uint64_t before, calls, stvec = csr_read(CSR_STVEC);
	int64_t error;

	test_begin("a hart that resumes from non-retentive suspend still delegates and counts");
	before = entries(EXC_ILLEGAL_INST);
	csr_write(CSR_SIE, SIP_STIP);
	sbi_set_timer(read_time() + 100000);
	error = suspend_non_retentive();
	sbi_set_timer(UINT64_MAX);
	csr_write(CSR_SIE, 0);
	csr_write(CSR_STVEC, stvec);
	EXPECT_EQ((uint64_t)error, SBI_SUCCESS);
	TRAP(ILLEGAL());
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	EXPECT_EQ(entries(EXC_ILLEGAL_INST), before);
	calls = entries(EXC_ECALL_S);
	EXPECT_EQ(entries(EXC_ECALL_S), calls + 1);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	test_begin("the firmware's vendor call tells itself by its magic");
	if (firmware(STRATA_FW_FN_MAGIC, 0).value != STRATA_FW_MAGIC) {
		test_skip("another firmware, or a hypervisor");
		return;
	}
	test_end();
	test_calls();
	test_counts();
	test_account();
	test_other_hart(hartid);
	test_resume();
}
