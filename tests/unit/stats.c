/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters under KVM's and perf's names; boot arguments.
 * SOURCES: hypervisor/monitor/stats.c hypervisor/hart/cause.c
 * SOURCES: hypervisor/emul/csr_name.c hypervisor/monitor/option.c
 * SOURCES: hypervisor/vsbi/names.c hypervisor/emul/insn.c
 * SOURCES: hypervisor/vm/account.c hypervisor/vsbi/account_name.c
 */
#include "monitor/option.h"
#include "monitor/stats.h"
#include "test.h"
#include "vsbi/vsbi.h"

static char text[4096];

static void line(void *ctx, const char *name, uint64_t value)
{
	CHECK(ctx == text);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%lu\n", name, value);
}

static bool has(const char *expected)
{
	return strstr(text, expected) != NULL;
}

static void list(const struct vcpu_stat *stat)
{
	text[0] = '\0';
	stats_list(stat, line, text);
}

TEST("a vCPU that did nothing has one counter: exits")
{
	struct vcpu_stat stat = { 0 };

	list(&stat);
	CHECK_STR(text, "exits=0\n");
}

TEST("exits are synchronous ones and interrupts together")
{
	struct vcpu_stat stat = { 0 };

	stat.exceptions[EXC_VIRTUAL_INST] = 3;
	stat.interrupts[IRQ_S_TIMER] = 2;
	list(&stat);
	CHECK(has("exits=5\n"));
	CHECK(has("\nEXC_VIRTUAL_INST_FAULT=3\n"));
	CHECK(has("\nIRQ_S_TIMER=2\n"));
}

TEST("emulated instructions are listed by CSR")
{
	struct vcpu_stat stat = { 0 };

	stat.csr[stat_csr_slot(CSR_SSCRATCH)] = 7;
	stat.csr[stat_csr_slot(CSR_SATP)] = 1;
	stat.csr[stat_csr_slot(CSR_TIME)] = 2;
	stat.sret = 5;
	list(&stat);
	CHECK(has("csr_exit_kernel=10\n"));
	CHECK(has("csr.sscratch=7\n") && has("csr.satp=1\n") && has("csr.other=2\n"));
	CHECK(has("sret=5\n"));
}

TEST("hypercalls are listed by extension and function")
{
	struct vcpu_stat stat = { 0 };

	stat.ecall[VSBI_TIME][SBI_TIME_SET_TIMER] = 4;
	stat.ecall[VSBI_HSM][SBI_HSM_HART_SUSPEND] = 3;
	stat.ecall[VSBI_LEGACY][SBI_EXT_LEGACY_PUTCHAR] = 2;
	stat.ecall[VSBI_STRATA][STRATA_FN_CSR_READ] = 9;
	stat.ecall[VSBI_DBCN][STAT_FUNCTIONS - 1] = 1;
	stat.ecall_unknown = 1;
	list(&stat);
	CHECK(has("ecall_exit_stat=20\n"));
	CHECK(has("sbi.TIME.set_timer=4\n") && has("sbi.HSM.hart_suspend=3\n"));
	CHECK(has("sbi.LEGACY.console_putchar=2\n") && has("sbi.STRATA.csr_read=9\n"));
	CHECK(has("sbi.DBCN.unknown=1\n") && has("sbi.unknown=1\n"));
}

TEST("injections are told from exits")
{
	struct vcpu_stat stat = { 0 };

	stat.injected_exceptions[EXC_ECALL_U] = 6;
	stat.injected_interrupts[IRQ_S_EXT] = 8;
	list(&stat);
	CHECK(has("exits=0\n"));
	CHECK(has("inject.EXC_SYSCALL=6\n") && has("inject.IRQ_S_EXT=8\n"));
}

TEST("counters of several vCPUs add up")
{
	struct vcpu_stat one = { 0 }, sum = { 0 };

	one.exceptions[2] = 1;
	one.schedules = 5;
	stat_add(&sum, &one);
	stat_add(&sum, &one);
	CHECK_EQ(sum.exceptions[2], 2);
	CHECK_EQ(sum.schedules, 10);
}

struct vdev *vm_find_device(struct vm *vm, gpa_t gpa, unsigned size)
{
	(void)vm;
	(void)gpa;
	(void)size;
	return NULL;
}

TEST("instructions are listed by cause, those of several vCPUs added up")
{
	static struct account one, sum;
	uint64_t key = ACCOUNT_KEY(ACCOUNT_INJECT, EXC_ECALL_U, 0);

	account_init(&one);
	account_init(&sum);
	account_add(&one.lines[ACCOUNT_GUEST], 0, 70);
	account_add(account_line(&one, key), 1, 248);
	account_merge(&sum, &one);
	account_merge(&sum, &one);
	text[0] = '\0';
	stats_account(&sum, NULL, line, text);
	CHECK(has("insns.guest=140\n") && has("insns.EXC_SYSCALL inject=496\n"));
	CHECK(!has("firmware"));
}

TEST("a boot argument is a whole word")
{
	CHECK(option_is("quiet trace=1 console=raw", "trace", "1"));
	CHECK(option_is("trace=1", "trace", "1"));
	CHECK(option_is("quiet  console=raw", "console", "raw"));
	CHECK(!option_is("trace=10 xtrace=1 trace", "trace", "1"));
	CHECK(!option_is("", "trace", "1"));
	CHECK(!option_is(NULL, "trace", "1"));
}

TEST("a boot argument that is a number has digits and nothing else")
{
	CHECK_EQ(option_number("quiet vmid-bits=14 x", "vmid-bits", 7), 14);
	CHECK_EQ(option_number("vmid-bits=0", "vmid-bits", 7), 0);
	CHECK_EQ(option_number("vmid-bits=x vmid-bits=3", "vmid-bits", 7), 3);
	CHECK_EQ(option_number("n= n=-1 n=1x n nn=1", "n", 7), 7);
	CHECK_EQ(option_number("vmid-bits=4294967296", "vmid-bits", 7), 7);
	CHECK_EQ(option_number(NULL, "vmid-bits", 7), 7);
}
