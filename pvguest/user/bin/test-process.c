/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-process: fork, wait4, exit and exec do what Linux's do.
 * Linux riscv64 system call ABI; POSIX.1-2017, fork, waitpid, exec.
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define PAGE 4096

static volatile int shared_looking = 1;

static int body_true(void)
{
	return 0;
}

static int body_sleep(void)
{
	check_sleep_ms(10000);
	return 0;
}

static void fork_returns(void)
{
	long parent = sys_getpid(), pid = sys_fork();

	if (pid == 0)
		sys_exit(sys_getppid() == parent && sys_getpid() != parent ? 5 : 6);
	CHECK(pid > 0 && pid != parent);
	CHECK_EQ(WEXITSTATUS(check_wait(pid)), 5);
}

static void fork_isolates(void)
{
	volatile char *area = check_map(16 * PAGE, PROT_READ | PROT_WRITE);
	volatile int on_stack = 1;
	int to_child[2], i;
	char byte;
	long pid;

	CHECK_EQ(sys_pipe(to_child), 0);
	for (i = 0; i < 16; i++)
		area[i * PAGE] = (char)i;
	pid = sys_fork();
	if (pid == 0) {
		sys_read(to_child[0], &byte, 1);	/* until the parent has written */
		for (i = 0; i < 16; i++) {
			CHECK_EQ(area[i * PAGE], i);
			area[i * PAGE] = 77;
		}
		CHECK(on_stack == 1 && shared_looking == 1);
		on_stack = shared_looking = 3;
		sys_exit(0);
	}
	for (i = 0; i < 16; i += 2)
		area[i * PAGE] = 99;
	on_stack = shared_looking = 2;
	CHECK_EQ(sys_write(to_child[1], "x", 1), 1);
	CHECK_EQ(check_wait(pid), 0);
	for (i = 0; i < 16; i++)
		CHECK_EQ(area[i * PAGE], i % 2 == 0 ? 99 : i);
	CHECK(on_stack == 2 && shared_looking == 2);
}

static void fork_twice_isolates(void)
{
	volatile long *word = (volatile long *)(void *)check_map(PAGE, PROT_READ | PROT_WRITE);
	int depth;
	long pid = 0;

	*word = 0;
	for (depth = 0; depth < 5; depth++) {
		pid = sys_fork();
		CHECK(pid >= 0);
		if (pid != 0)
			break;
		CHECK_EQ(*word, depth);
		*word = depth + 1;
	}
	if (pid != 0)
		CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(*word, depth);
	if (depth > 0)
		sys_exit(0);
}

static void wait_exit_status(void)
{
	static const int statuses[] = { 0, 1, 127, 255, 256 + 7, -1 };
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		long pid = sys_fork();

		if (pid == 0)
			sys_exit(statuses[i]);
		CHECK_EQ(check_wait(pid), (statuses[i] & 0xff) << 8);
	}
}

static void exit_is_exit_group(void)
{
	long pid = sys_fork();

	if (pid == 0)
		syscall3(SYS_exit, 9, 0, 0);
	CHECK_EQ(check_wait(pid), 9 << 8);
}

static int body_wild_store(void)
{
	*(volatile char *)check_wild[1] = 1;
	return 0;
}

static void wait_signal_status(void)
{
	long pid = check_fork(body_sleep);

	CHECK_EQ(sys_kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid) & 0x7f, SIGKILL);
	pid = check_fork(body_sleep);
	CHECK_EQ(sys_kill(pid, SIGTERM), 0);
	CHECK_EQ(check_wait(pid) & 0x7f, SIGTERM);
	CHECK_EQ(check_wait(check_fork(body_wild_store)) & 0x7f, SIGSEGV);
}

static void wait_nohang(void)
{
	long pid = check_fork(body_sleep);
	int status = 1234;

	CHECK_EQ(sys_wait4(pid, &status, WNOHANG), 0);
	CHECK_EQ(sys_wait4(-1, &status, WNOHANG), 0);
	CHECK_EQ(sys_kill(pid, SIGKILL), 0);
	check_wait(pid);
}

static void wait_chooses(void)
{
	long slow = check_fork(body_true), fast;

	check_sleep_ms(20);
	fast = check_fork(body_true);
	CHECK_EQ(sys_wait4(fast, NULL, 0), fast);
	CHECK_EQ(sys_wait4(-1, NULL, 0), slow);
}

static void wait_errors(void)
{
	int status;
	long pid;

	CHECK_EQ(sys_wait4(-1, &status, 0), -ECHILD);
	CHECK_EQ(sys_wait4(-1, &status, WNOHANG), -ECHILD);
	CHECK_EQ(sys_wait4(sys_getppid(), &status, 0), -ECHILD);
	pid = check_fork(body_true);
	CHECK_EQ(sys_wait4(pid, &status, 0x7000), -EINVAL);
	CHECK_EQ(sys_wait4(pid, (int *)check_wild[1], 0), -EFAULT);
}

static void orphans_are_adopted(void)
{
	int fds[2];
	long pid, child, parent = 0;

	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		child = sys_getpid();
		if (sys_fork() != 0)
			sys_exit(0);
		while (sys_getppid() == child)
			sys_sched_yield();
		parent = sys_getppid();
		sys_write(fds[1], &parent, sizeof(parent));
		sys_exit(0);
	}
	check_wait(pid);
	CHECK_EQ(sys_read(fds[0], &parent, sizeof(parent)), sizeof(parent));
	CHECK(parent > 0 && parent != pid);
}

static void many_children(void)
{
	long pids[40], pid;
	int i, j;

	for (i = 0; i < 40; i++)
		pids[i] = check_fork(body_true);
	for (i = 0; i < 40; i++) {
		pid = sys_wait4(-1, NULL, 0);
		for (j = 0; j < 40 && pids[j] != pid; j++)
			;
		CHECK(j < 40);
		pids[j] = 0;
	}
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
}

static void kill_errors(void)
{
	CHECK_EQ(sys_kill(0x3ffffff0, 0), -ESRCH);
	CHECK_EQ(sys_kill(sys_getpid(), 0), 0);
	CHECK_EQ(sys_kill(sys_getpid(), 65), -EINVAL);
	CHECK_EQ(sys_kill(sys_getpid(), -1), -EINVAL);
}

static void identity(void)
{
	struct utsname name;

	CHECK_EQ(syscall0(SYS_gettid), sys_getpid());
	CHECK_EQ(syscall3(SYS_set_tid_address, 0, 0, 0), sys_getpid());
	CHECK_EQ(syscall0(SYS_getuid), syscall0(SYS_geteuid));
	CHECK_EQ(syscall0(SYS_getgid), syscall0(SYS_getegid));
	CHECK_EQ(sys_uname(&name), 0);
	CHECK(strcmp(name.machine, "riscv64") == 0);
	CHECK_EQ(sys_sched_yield(), 0);
}

/* Vforks a child that lives until the pipe is closed, and says that it does. */
static void vfork_and_wait(const int hold[2], const int up[2])
{
	long pid = thread_clone(CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
	char byte;

	if (pid != 0)
		sys_exit(0);
	sys_close(hold[1]);
	sys_write(up[1], "x", 1);
	sys_read(hold[0], &byte, 1);
	sys_exit(0);
}

static void vfork_is_killed(void)
{
	static const int deadly[] = { SIGKILL, SIGTERM };
	int hold[2], up[2], status = 0, tries;
	char byte;
	size_t i;

	for (i = 0; i < 2; i++) {
		long pid, got = 0;

		CHECK(sys_pipe(hold) == 0 && sys_pipe(up) == 0);
		pid = sys_fork();
		if (pid == 0)
			vfork_and_wait(hold, up);
		CHECK_EQ(sys_read(up[0], &byte, 1), 1);
		/* Stopped and continued it goes on waiting; what is not deadly leaves it alone. */
		CHECK_EQ(sys_kill(pid, SIGCHLD), 0);
		CHECK_EQ(sys_wait4(pid, &status, WNOHANG), 0);
		CHECK_EQ(sys_kill(pid, deadly[i]), 0);
		for (tries = 0; tries < 2000 && got == 0; tries++) {
			got = sys_wait4(pid, &status, WNOHANG);
			check_sleep_ms(1);
		}
		sys_close(hold[1]);
		CHECK_EQ(got, pid);
		CHECK_EQ(WTERMSIG(status), deadly[i]);
	}
}

static void unknown_calls(void)
{
	CHECK_EQ(syscall3(0x7777, 1, 2, 3), -ENOSYS);
	CHECK_EQ(syscall3(1L << 40, 1, 2, 3), -ENOSYS);
	CHECK_EQ(syscall3(-1, 1, 2, 3), -ENOSYS);
}

/* Each pair is a system call that returns nothing in registers but a0. */
static void calls_preserve_registers(void)
{
	long changed;

	/* volatile: for the call in it; everything but a0 must come back as it was. */
	__asm__ volatile("li t0, 0x10\n\tli t1, 0x11\n\tli t2, 0x12\n\tli t3, 0x13\n\t"
			 "li t4, 0x14\n\tli t5, 0x15\n\tli t6, 0x16\n\tli a1, 0x17\n\t"
			 "li a2, 0x18\n\tli a3, 0x19\n\tli a4, 0x1a\n\tli a5, 0x1b\n\t"
			 "li a6, 0x1c\n\tli a7, 172\n\tecall\n\t"
			 "addi t0, t0, -0x10\n\taddi t1, t1, -0x11\n\taddi t2, t2, -0x12\n\t"
			 "addi t3, t3, -0x13\n\taddi t4, t4, -0x14\n\taddi t5, t5, -0x15\n\t"
			 "addi t6, t6, -0x16\n\taddi a1, a1, -0x17\n\taddi a2, a2, -0x18\n\t"
			 "addi a3, a3, -0x19\n\taddi a4, a4, -0x1a\n\taddi a5, a5, -0x1b\n\t"
			 "addi a6, a6, -0x1c\n\taddi a7, a7, -172\n\t"
			 "or t0, t0, t1\n\tor t2, t2, t3\n\tor t4, t4, t5\n\tor t6, t6, a1\n\t"
			 "or a2, a2, a3\n\tor a4, a4, a5\n\tor a6, a6, a7\n\tor t0, t0, t2\n\t"
			 "or t4, t4, t6\n\tor a2, a2, a4\n\tor t0, t0, a6\n\tor t0, t0, t4\n\t"
			 "or %0, t0, a2"
			 : "=r"(changed) : : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1",
			   "a2", "a3", "a4", "a5", "a6", "a7", "memory");
	CHECK_EQ(changed, 0);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "fork returns 0 in the child and the child's pid in the parent", fork_returns },
		{ "parent and child do not see each other's stores after fork", fork_isolates },
		{ "a page forked five times over keeps its five contents", fork_twice_isolates },
		{ "wait4 returns the low eight bits of the exit status", wait_exit_status },
		{ "exit ends a process of one thread as exit_group does", exit_is_exit_group },
		{ "wait4 returns the signal that ended a child", wait_signal_status },
		{ "wait4 with WNOHANG returns 0 while children run", wait_nohang },
		{ "wait4 waits for the child it is asked for", wait_chooses },
		{ "wait4 fails with ECHILD, EINVAL and EFAULT", wait_errors },
		{ "a process whose parent has exited gets another parent", orphans_are_adopted },
		{ "forty children are each reaped once", many_children },
		{ "a deadly signal ends a process that waits for its vforked child",
		  vfork_is_killed },
		{ "kill fails with ESRCH and EINVAL", kill_errors },
		{ "a process of one thread has its pid as tid, and a machine", identity },
		{ "unknown system calls fail with ENOSYS", unknown_calls },
		{ "a system call changes no register but a0", calls_preserve_registers },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
