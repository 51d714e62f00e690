/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-signal: delivery, masks, actions and what interrupted system calls return.
 * Linux riscv64 system call ABI; POSIX.1-2017, signal concepts. Frames are test-sigframe's.
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define BIT(signo) (1UL << ((signo) - 1))
#define WAIT_STOPPED 2	/* WUNTRACED */

static volatile int calls, last_signo, last_code, last_pid, depth, max_depth;

static void on_signal(int signo, struct siginfo *info, void *context)
{
	(void)context;
	calls++;
	last_signo = signo;
	last_code = info->si_code;
	last_pid = info->si_pid;
}

static void on_nested(int signo, struct siginfo *info, void *context)
{
	(void)info;
	(void)context;
	depth++;
	if (depth > max_depth)
		max_depth = depth;
	if (calls++ == 0)
		sys_kill(sys_getpid(), last_signo != 0 ? last_signo : signo);
	depth--;
}

static void act(int signo, void (*handler)(int, struct siginfo *, void *), uint64_t flags,
		uint64_t mask)
{
	struct sigaction action = { .handler = handler, .flags = flags, .mask = mask };

	CHECK_EQ(sys_sigaction(signo, &action, NULL), 0);
}

static void raise_self(int signo)
{
	CHECK_EQ(sys_kill(sys_getpid(), signo), 0);
}

static void mask_set(int how, uint64_t mask)
{
	CHECK_EQ(sys_sigprocmask(how, &mask, NULL), 0);
}

static uint64_t mask_get(void)
{
	uint64_t mask;

	CHECK_EQ(sys_sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	return mask;
}

/* Sends `signo` to the parent after a while, and once it sleeps. */
static long later(int signo, long ms)
{
	long parent = sys_getpid(), pid = sys_fork();

	if (pid == 0) {
		check_sleep_ms(ms);
		check_asleep(parent, parent);
		sys_kill(parent, signo);
		sys_exit(0);
	}
	CHECK(pid > 0);
	return pid;
}

static void handler_is_called(void)
{
	act(SIGUSR1, on_signal, SA_SIGINFO, 0);
	raise_self(SIGUSR1);
	CHECK(calls == 1 && last_signo == SIGUSR1);
	CHECK_EQ(last_code, SI_USER);
	CHECK_EQ(last_pid, sys_getpid());
	raise_self(SIGUSR1);
	CHECK_EQ(calls, 2);
	CHECK_EQ(syscall3(SYS_tgkill, sys_getpid(), sys_getpid(), SIGUSR1), 0);
	CHECK_EQ(calls, 3);
}

static int body_wait(void)
{
	check_sleep_ms(20000);
	return 0;
}

static void defaults_end(void)
{
	static const int signals[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGABRT,
				       SIGUSR1, SIGALRM, SIGTERM };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		long pid = check_fork(body_wait);

		CHECK_EQ(sys_kill(pid, signals[i]), 0);
		CHECK_EQ(check_wait(pid) & 0x7f, signals[i]);
	}
}

static void ignored_by_default(void)
{
	raise_self(SIGCHLD);
	raise_self(SIGCONT);
	act(SIGTERM, SIG_IGN, 0, 0);
	raise_self(SIGTERM);
}

static void kill_and_stop_are_fixed(void)
{
	struct sigaction action = { .handler = on_signal };
	long pid;

	CHECK_EQ(sys_sigaction(SIGKILL, &action, NULL), -EINVAL);
	CHECK_EQ(sys_sigaction(SIGSTOP, &action, NULL), -EINVAL);
	CHECK_EQ(sys_sigaction(0, &action, NULL), -EINVAL);
	CHECK_EQ(sys_sigaction(65, &action, NULL), -EINVAL);
	mask_set(SIG_SETMASK, ~0UL);
	CHECK_EQ(mask_get() & (BIT(SIGKILL) | BIT(SIGSTOP)), 0);
	pid = check_fork(body_wait);
	CHECK_EQ(sys_kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid) & 0x7f, SIGKILL);
}

static void blocked_stay_pending(void)
{
	act(SIGUSR1, on_signal, SA_SIGINFO, 0);
	mask_set(SIG_BLOCK, BIT(SIGUSR1));
	raise_self(SIGUSR1);
	raise_self(SIGUSR1);		/* does not queue */
	CHECK_EQ(calls, 0);
	mask_set(SIG_UNBLOCK, BIT(SIGUSR1));
	CHECK_EQ(calls, 1);
}

static void mask_operations(void)
{
	uint64_t set = BIT(SIGUSR1), old;

	mask_set(SIG_SETMASK, BIT(SIGHUP));
	CHECK_EQ(sys_sigprocmask(SIG_BLOCK, &set, &old), 0);
	CHECK_EQ(old, BIT(SIGHUP));
	CHECK_EQ(mask_get(), BIT(SIGHUP) | BIT(SIGUSR1));
	mask_set(SIG_UNBLOCK, BIT(SIGHUP));
	CHECK_EQ(mask_get(), BIT(SIGUSR1));
	CHECK_EQ(sys_sigprocmask(77, &set, NULL), -EINVAL);
	CHECK_EQ(sys_sigprocmask(SIG_BLOCK, (uint64_t *)check_wild[1], NULL), -EFAULT);
	CHECK_EQ(syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, 4, 0, 0), -EINVAL);
}

static void handler_defers_itself(void)
{
	act(SIGUSR1, on_nested, SA_SIGINFO, 0);
	raise_self(SIGUSR1);
	CHECK(calls == 2 && max_depth == 1);
	CHECK_EQ(mask_get(), 0);
}

static void nodefer_nests(void)
{
	act(SIGUSR1, on_nested, SA_SIGINFO | SA_NODEFER, 0);
	raise_self(SIGUSR1);
	CHECK(calls == 2 && max_depth == 2);
}

static void action_mask_defers(void)
{
	act(SIGUSR1, on_nested, SA_SIGINFO, BIT(SIGUSR2));
	act(SIGUSR2, on_nested, SA_SIGINFO, 0);
	last_signo = SIGUSR2;
	raise_self(SIGUSR1);
	CHECK(calls == 2 && max_depth == 1);
	calls = max_depth = 0;
	act(SIGUSR1, on_nested, SA_SIGINFO, 0);
	raise_self(SIGUSR1);
	CHECK(calls == 2 && max_depth == 2);
}

static void resethand_resets(void)
{
	struct sigaction old;

	act(SIGUSR1, on_signal, SA_SIGINFO | SA_RESETHAND, 0);
	raise_self(SIGUSR1);
	CHECK_EQ(calls, 1);
	CHECK_EQ(sys_sigaction(SIGUSR1, NULL, &old), 0);
	CHECK(old.handler == SIG_DFL);
}

static void old_action_is_told(void)
{
	struct sigaction action = { .handler = on_signal, .flags = SA_SIGINFO | SA_RESTART }, old;

	CHECK_EQ(sys_sigaction(SIGUSR1, &action, &old), 0);
	CHECK(old.handler == SIG_DFL);
	CHECK_EQ(sys_sigaction(SIGUSR1, NULL, &old), 0);
	CHECK(old.handler == on_signal);
	CHECK_EQ(old.flags, SA_SIGINFO | SA_RESTART);
	CHECK_EQ(syscall6(SYS_rt_sigaction, SIGUSR1, (long)check_wild[1], 0, 8, 0, 0), -EFAULT);
}

static void child_exit_signals(void)
{
	long pid;

	act(SIGCHLD, on_signal, SA_SIGINFO | SA_RESTART, 0);
	pid = sys_fork();
	if (pid == 0)
		sys_exit(3);
	CHECK_EQ(check_wait(pid), 3 << 8);
	CHECK(calls == 1 && last_signo == SIGCHLD && last_pid == (int)pid);
}

static void read_is_interrupted(void)
{
	int fds[2];
	char byte;
	long pid;

	CHECK_EQ(sys_pipe(fds), 0);
	act(SIGUSR1, on_signal, SA_SIGINFO, 0);
	pid = later(SIGUSR1, 30);
	CHECK_EQ(sys_read(fds[0], &byte, 1), -EINTR);
	CHECK_EQ(calls, 1);
	check_wait(pid);
}

/* A process that sleeps gets a signal, and sleeps again. */
static void interrupt_asleep(long pid, int signo)
{
	check_sleep_ms(30);
	check_asleep(pid, pid);
	sys_kill(pid, signo);
	check_sleep_ms(30);
	check_asleep(pid, pid);
}

static void read_is_restarted(void)
{
	long parent = sys_getpid(), pid;
	int fds[2];
	char byte = 0;

	CHECK_EQ(sys_pipe(fds), 0);
	act(SIGUSR1, on_signal, SA_SIGINFO | SA_RESTART, 0);
	pid = sys_fork();
	if (pid == 0) {
		interrupt_asleep(parent, SIGUSR1);
		sys_write(fds[1], "r", 1);
		sys_exit(0);
	}
	CHECK_EQ(sys_read(fds[0], &byte, 1), 1);
	CHECK(byte == 'r' && calls == 1);
	check_wait(pid);
}

static void sleep_is_interrupted(void)
{
	struct timespec wait = { .tv_sec = 1000 }, left = { 0 };
	long pid;

	act(SIGUSR1, on_signal, SA_SIGINFO | SA_RESTART, 0);
	pid = later(SIGUSR1, 30);
	CHECK_EQ(sys_nanosleep(&wait, &left), -EINTR);
	CHECK(calls == 1 && left.tv_sec >= 900 && left.tv_sec < 1000 && left.tv_nsec > 0);
	check_wait(pid);
}

static void ignored_does_not_interrupt(void)
{
	struct timespec wait = { .tv_nsec = 80000000 };
	long pid;

	act(SIGUSR1, SIG_IGN, 0, 0);
	pid = later(SIGUSR1, 20);
	CHECK_EQ(sys_nanosleep(&wait, NULL), 0);
	check_wait(pid);
}

static void wait_is_interrupted(void)
{
	long sleeper = check_fork(body_wait), pid;

	act(SIGUSR1, on_signal, SA_SIGINFO, 0);
	pid = later(SIGUSR1, 30);
	CHECK_EQ(sys_wait4(sleeper, NULL, 0), -EINTR);
	CHECK_EQ(sys_kill(sleeper, SIGKILL), 0);
	check_wait(sleeper);
	check_wait(pid);
}

static void wait_is_restarted(void)
{
	long sleeper = check_fork(body_wait), parent = sys_getpid(), pid;
	int status = 0;

	act(SIGUSR1, on_signal, SA_SIGINFO | SA_RESTART, 0);
	pid = sys_fork();
	if (pid == 0) {
		interrupt_asleep(parent, SIGUSR1);
		sys_exit(sys_kill(sleeper, SIGKILL) != 0);
	}
	CHECK_EQ(sys_wait4(sleeper, &status, 0), sleeper);
	CHECK_EQ(status & 0x7f, SIGKILL);
	CHECK_EQ(calls, 1);
	CHECK_EQ(check_wait(pid), 0);
}

static int sleep_a_second(void)
{
	struct timespec second = { .tv_sec = 1 }, left;
	long before = check_now_ms();

	CHECK_EQ(sys_nanosleep(&second, &left), 0);
	CHECK(check_now_ms() - before >= 1000);
	return check_now_ms() - before >= 1500;
}

/* Is a process that is stopped for 600 ms of its second asleep for no longer than that? */
static bool second_goes_on(void)
{
	long pid = check_fork(sleep_a_second);
	int status = 0;

	check_asleep(pid, pid);
	CHECK_EQ(sys_kill(pid, SIGSTOP), 0);
	CHECK_EQ(sys_wait4(pid, &status, WAIT_STOPPED), pid);
	if (status != (SIGSTOP << 8 | 0x7f))
		return false;		/* its second was over */
	check_sleep_ms(600);
	CHECK_EQ(sys_kill(pid, SIGCONT), 0);
	return check_wait(pid) == 0;
}

/* Once is enough: on a busy machine any sleep may be long, one that began again always is. */
static void sleep_goes_on(void)
{
	int tries = 5;

	while (!second_goes_on())
		CHECK(--tries > 0);
}

static struct {
	char *base;
	long flags;
	size_t size;
} other_stack;
static uintptr_t stack_seen[2];

/* Once more from within: that one must not begin at the top again. */
static void on_other_stack(int signo, struct siginfo *info, void *context)
{
	(void)info;
	(void)context;
	stack_seen[calls] = (uintptr_t)__builtin_frame_address(0);
	if (calls++ == 0)
		sys_kill(sys_getpid(), signo);
}

static void onstack_has_its_own(void)
{
	uintptr_t base;

	other_stack.size = 65536;
	other_stack.base = check_map(other_stack.size, PROT_READ | PROT_WRITE);
	base = (uintptr_t)other_stack.base;
	CHECK_EQ(syscall3(SYS_sigaltstack, (long)&other_stack, 0, 0), 0);
	act(SIGUSR1, on_other_stack, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, 0);
	raise_self(SIGUSR1);
	CHECK_EQ(calls, 2);
	CHECK(stack_seen[0] > base && stack_seen[0] <= base + other_stack.size);
	CHECK(stack_seen[1] > base && stack_seen[1] < stack_seen[0]);
	calls = 1;
	act(SIGUSR1, on_other_stack, SA_SIGINFO, 0);
	raise_self(SIGUSR1);
	CHECK(stack_seen[1] < base || stack_seen[1] > base + other_stack.size);
}

static long me;

static int signal_parent(void)
{
	check_sleep_ms(30);
	return sys_kill(me, SIGUSR1) != 0;
}

static void hog_is_reached(void)
{
	long pid;

	act(SIGUSR1, on_signal, SA_SIGINFO, 0);
	me = sys_getpid();
	pid = check_fork(signal_parent);
	while (calls == 0)
		;			/* no system call here */
	check_wait(pid);
}

static void fork_inherits(void)
{
	long pid;

	act(SIGUSR1, on_signal, SA_SIGINFO, 0);
	mask_set(SIG_BLOCK, BIT(SIGUSR1));
	raise_self(SIGUSR1);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(mask_get(), BIT(SIGUSR1));
		mask_set(SIG_UNBLOCK, BIT(SIGUSR1));
		CHECK_EQ(calls, 0);		/* pending ones are the parent's */
		raise_self(SIGUSR1);
		sys_exit(calls);
	}
	CHECK_EQ(check_wait(pid), 1 << 8);
	mask_set(SIG_UNBLOCK, BIT(SIGUSR1));
	CHECK_EQ(calls, 1);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a handler is called with number, origin and sender", handler_is_called },
		{ "signals without a handler end the process", defaults_end },
		{ "SIGCHLD, SIGCONT and ignored signals do nothing", ignored_by_default },
		{ "SIGKILL and SIGSTOP are neither caught nor blocked", kill_and_stop_are_fixed },
		{ "a blocked signal stays pending, once", blocked_stay_pending },
		{ "rt_sigprocmask blocks, unblocks, sets and refuses", mask_operations },
		{ "a handler is not interrupted by its own signal", handler_defers_itself },
		{ "with SA_NODEFER it is", nodefer_nests },
		{ "sa_mask holds back other signals during the handler", action_mask_defers },
		{ "SA_RESETHAND calls a handler once", resethand_resets },
		{ "rt_sigaction tells the old action", old_action_is_told },
		{ "a child's exit sends SIGCHLD", child_exit_signals },
		{ "a signal interrupts read with EINTR", read_is_interrupted },
		{ "with SA_RESTART read goes on", read_is_restarted },
		{ "a signal interrupts nanosleep, which tells the rest", sleep_is_interrupted },
		{ "an ignored signal interrupts nothing", ignored_does_not_interrupt },
		{ "a signal interrupts wait4 with EINTR", wait_is_interrupted },
		{ "with SA_RESTART wait4 goes on", wait_is_restarted },
		{ "nanosleep goes on after a stop, and ends when it should", sleep_goes_on },
		{ "SA_ONSTACK calls handlers on the other stack", onstack_has_its_own },
		{ "a signal reaches a process that never calls the kernel", hog_is_reached },
		{ "fork inherits actions and mask, not pending signals", fork_inherits },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
