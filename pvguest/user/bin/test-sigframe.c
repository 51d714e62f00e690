/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-sigframe: what a handler finds in its ucontext, what sigreturn restores, hostile frames.
 * Linux riscv64 signal frame: struct ucontext in lib/syscall.h.
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static volatile int calls, last_signo;
static volatile uint64_t last_pc;

static void act(int signo, void (*handler)(int, struct siginfo *, void *))
{
	struct sigaction action = { .handler = handler, .flags = SA_SIGINFO };

	CHECK_EQ(sys_sigaction(signo, &action, NULL), 0);
}

/* Overwrites every register that it may, integer and floating-point. */
static void registers_spoil(void)
{
	/* volatile: for what it does to the registers, which the compiler is told. */
	__asm__ volatile(
		"li t0, -1\n\tmv t1, t0\n\tmv t2, t0\n\tmv t3, t0\n\tmv t4, t0\n\tmv t5, t0\n\t"
		"mv t6, t0\n\tmv a1, t0\n\tmv a2, t0\n\tmv a3, t0\n\tmv a4, t0\n\tmv a5, t0\n\t"
		"mv a6, t0\n\tmv a7, t0\n\tfmv.d.x ft0, t0\n\tfmv.d.x fa0, t0\n\t"
		"fmv.d.x fs0, t0\n\tfmv.d.x ft11, t0\n\tfmv.d.x fs11, t0\n\tfsflagsi 0\n\tfsrmi 0"
		: : : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a1", "a2", "a3", "a4", "a5", "a6",
		      "a7", "ft0", "fa0", "fs0", "ft11", "fs11", "memory");
}

static void on_trap(int signo, struct siginfo *info, void *context)
{
	struct ucontext *uc = context;

	(void)info;
	calls++;
	last_signo = signo;
	last_pc = uc->regs[0];
	registers_spoil();
	uc->regs[0] += 4;
}

static void on_signal(int signo, struct siginfo *info, void *context)
{
	(void)info;
	(void)context;
	calls++;
	last_signo = signo;
	registers_spoil();
}

/*
 * Fills x5-x31 (but for x8, the compiler's) and four floating-point registers, then either traps
 * once or spins until calls changes; returns 0 if all registers are as they were.
 */
#define LOAD(reg, n)	"li " #reg ", 0x5a5a5a5a0" #n "\n\t"
#define TEST(reg, n)	"li t0, 0x5a5a5a5a0" #n "\n\txor " #reg ", " #reg ", t0\n\t" \
			"or ra, ra, " #reg "\n\t"
#define EACH(x)		x(t1, 01) x(t2, 02) x(s1, 03) x(a1, 05) x(a2, 06) x(a3, 07) x(a4, 10) \
			x(a5, 11) x(a6, 12) x(a7, 13) x(s2, 14) x(s3, 15) x(s4, 16) x(s5, 17) \
			x(s6, 18) x(s7, 19) x(s8, 20) x(s9, 21) x(s10, 22) x(s11, 23) x(t3, 24) \
			x(t4, 25) x(t5, 26) x(t6, 27)
#define CLOBBERS	"ra", "t0", "t1", "t2", "s1", "a1", "a2", "a3", "a4", "a5", "a6", "a7", \
			"s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", \
			"t5", "t6", "ft0", "fa0", "fs0", "ft11", "memory"
#define LOAD_FP		"li t0, 0x1234567\n\tfmv.d.x ft0, t0\n\tfmv.d.x fa0, t0\n\t" \
			"fmv.d.x fs0, t0\n\tfmv.d.x ft11, t0\n\tfsrmi 2\n\tfsflagsi 21\n\t"
#define TEST_FP_REG(r)	"fmv.x.d t1, " #r "\n\txor t1, t1, t0\n\tor ra, ra, t1\n\t"
#define TEST_FP		"li t0, 0x1234567\n\t" TEST_FP_REG(ft0) TEST_FP_REG(fa0) TEST_FP_REG(fs0) \
			TEST_FP_REG(ft11) "frrm t0\n\taddi t0, t0, -2\n\tor ra, ra, t0\n\t" \
			"frflags t0\n\taddi t0, t0, -21\n\tor ra, ra, t0\n\t" \
			"fsrmi 0\n\tfsflagsi 0\n\t"

static void trap_restores(void)
{
	long bad;

	act(SIGILL, on_trap);
	/* volatile: for the trap in its middle. */
	__asm__ volatile(LOAD_FP EACH(LOAD)
			 ".option push\n\t.option norvc\n\t.insn 4, 0xc0001073\n\t.option pop\n\t"
			 "li ra, 0\n\t" EACH(TEST) TEST_FP "mv %0, ra"
			 : "=r"(bad) : : CLOBBERS);
	CHECK(calls == 1 && last_signo == SIGILL);
	CHECK_EQ(bad, 0);
}

static void interrupt_restores(void)
{
	long parent = sys_getpid(), pid, bad = 0;
	int i;

	act(SIGUSR1, on_signal);
	pid = sys_fork();
	if (pid == 0) {
		for (i = 0; i < 20; i++) {
			check_sleep_ms(3);
			sys_kill(parent, SIGUSR1);
		}
		check_sleep_ms(100);
		sys_exit(0);
	}
	while (calls < 10 && bad == 0) {
		/* volatile: it spins until a signal has changed calls. */
		__asm__ volatile(LOAD_FP "lw a0, (%1)\n\t" EACH(LOAD)
				 "1: lw t0, (%1)\n\tbeq t0, a0, 1b\n\t"
				 "li ra, 0\n\t" EACH(TEST) TEST_FP "mv %0, ra"
				 : "=r"(bad) : "r"(&calls) : "a0", CLOBBERS);
	}
	CHECK_EQ(bad, 0);
	sys_kill(pid, SIGKILL);
	check_wait(pid);
}

static void on_edit(int signo, struct siginfo *info, void *context)
{
	struct ucontext *uc = context;

	(void)signo;
	(void)info;
	uc->regs[10] = 0x123456789;		/* a0 */
	uc->fregs[10] = 0x4000000000000000;	/* fa0 */
	uc->fcsr = 0x60;			/* round up */
	uc->regs[0] += 4;
	uc->uc_sigmask |= 1UL << (SIGUSR2 - 1);
}

static void handler_edits(void)
{
	long integer, fp, rounding;
	uint64_t mask;

	act(SIGTRAP, on_edit);
	/* volatile: for the trap in its middle. */
	__asm__ volatile("li a0, 0\n\tfmv.d.x fa0, zero\n\t"
			 ".option push\n\t.option norvc\n\tebreak\n\t.option pop\n\t"
			 "mv %0, a0\n\tfmv.x.d %1, fa0\n\tfrrm %2\n\tfsrmi 0"
			 : "=&r"(integer), "=&r"(fp), "=&r"(rounding) : : "a0", "fa0", "memory");
	CHECK_EQ(integer, 0x123456789);
	CHECK_EQ(fp, 0x4000000000000000);
	CHECK_EQ(rounding, 3);
	CHECK_EQ(sys_sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	CHECK_EQ(mask, 1UL << (SIGUSR2 - 1));
}

static void traps_tell_where(void)
{
	uint64_t pc;

	act(SIGTRAP, on_trap);
	/* volatile: for its trap. */
	__asm__ volatile(".option push\n\t.option norvc\n\tlla %0, 1f\n\t1: ebreak\n\t.option pop"
			 : "=r"(pc) : : "memory");
	CHECK_EQ(last_signo, SIGTRAP);
	CHECK_EQ(last_pc, pc);
	act(SIGILL, on_trap);
	/* sret is privileged: an illegal instruction in U-mode. */
	__asm__ volatile(".option push\n\t.option norvc\n\tlla %0, 1f\n\t1: sret\n\t.option pop"
			 : "=r"(pc) : : "memory");
	CHECK_EQ(last_signo, SIGILL);
	CHECK_EQ(last_pc, pc);
}

static void supervisor_is_closed(void)
{
	act(SIGILL, on_trap);
	/* volatile: each for its trap. */
	__asm__ volatile("csrr t0, sstatus" : : : "t0", "memory");
	__asm__ volatile("csrw satp, zero" : : : "memory");
	__asm__ volatile("csrr t0, sscratch" : : : "t0", "memory");
	__asm__ volatile("csrw stvec, zero" : : : "memory");
	__asm__ volatile("sfence.vma" : : : "memory");
	__asm__ volatile("csrr t0, hstatus" : : : "t0", "memory");
	__asm__ volatile("csrr t0, mstatus" : : : "t0", "memory");
	CHECK_EQ(calls, 7);
}

static void blocked_fault_ends(void)
{
	uint64_t mask = 1UL << (SIGSEGV - 1);
	long pid;

	act(SIGSEGV, on_trap);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_sigprocmask(SIG_BLOCK, &mask, NULL), 0);
		*(volatile int *)check_wild[1] = 1;
		sys_exit(0);
	}
	CHECK_EQ(check_wait(pid) & 0x7f, SIGSEGV);
}

static void bad_stack_ends(void)
{
	size_t i;

	act(SIGUSR1, on_signal);
	for (i = 0; i < CHECK_WILD; i++) {
		long pid = sys_fork();

		if (pid == 0) {
			/* kill(getpid(), SIGUSR1) on a stack that is none; volatile: it traps. */
			__asm__ volatile("li a7, 172\n\tecall\n\tmv sp, %0\n\tli a1, 10\n\t"
					 "li a7, 129\n\tecall\n\tli a0, 0\n\tli a7, 94\n\tecall"
					 : : "r"(check_wild[i] & ~15UL)
					 : "a0", "a1", "a7", "memory");
		}
		CHECK_EQ(check_wait(pid) & 0x7f, SIGSEGV);
	}
}

/* The same for sigreturn from nowhere: the frame is read from an address that is none. */
static void bad_sigreturn_ends(void)
{
	size_t i;

	for (i = 0; i < CHECK_WILD; i++) {
		long pid = sys_fork();

		if (pid == 0) {
			/* volatile: it traps. */
			__asm__ volatile("mv sp, %0\n\tli a7, 139\n\tecall\n\t"
					 "li a0, 0\n\tli a7, 94\n\tecall"
					 : : "r"(check_wild[i] & ~15UL) : "a0", "a7", "memory");
		}
		CHECK_EQ(check_wait(pid) & 0x7f, SIGSEGV);
	}
}

static volatile uint64_t forged_pc;

static void on_forge(int signo, struct siginfo *info, void *context)
{
	struct ucontext *uc = context;

	(void)signo;
	(void)info;
	memset(uc->fregs, 0xff, sizeof(uc->fregs));
	uc->fcsr = 0xffffffff;
	uc->uc_sigmask = ~0UL;
	uc->regs[0] = forged_pc;
}

/* A frame that asks for a pc in the kernel gets a fault there, in user mode, and no more. */
static void forged_frame_ends(void)
{
	static const uint64_t targets[] = { 0xffffffff80000000, 0x80200000, 0x8000000000000000, 0 };
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		long pid = sys_fork();

		if (pid == 0) {
			forged_pc = targets[i];
			act(SIGUSR1, on_forge);
			sys_kill(sys_getpid(), SIGUSR1);
			sys_exit(0);
		}
		CHECK_EQ(check_wait(pid) & 0x7f, SIGSEGV);
	}
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "sigreturn restores all registers after a trap", trap_restores },
		{ "sigreturn restores all registers after an interrupt", interrupt_restores },
		{ "what a handler changes in its ucontext takes effect", handler_edits },
		{ "SIGTRAP and SIGILL tell where they were raised", traps_tell_where },
		{ "supervisor CSRs and instructions are illegal for a program",
		  supervisor_is_closed },
		{ "a fault whose signal is blocked ends the process", blocked_fault_ends },
		{ "a signal without a stack to put it on ends the process", bad_stack_ends },
		{ "sigreturn without a frame ends the process", bad_sigreturn_ends },
		{ "a forged frame gives no privilege", forged_frame_ends },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
