/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes. After lmbench's lat_proc; its hello prints a line into a closed descriptor, /bin/true
 * prints none.
 *
 *   fork  fork, _exit in the child, wait4
 *   exec  fork, execve of a small static program, its exit, wait4
 *   sh    fork, execve of /bin/sh -c with that program's name, wait4
 */
#include "bench/bench.h"

static void exit_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		long pid = sys_fork();

		if (pid == 0)
			sys_exit(0);
		child_wait(pid);
	}
}

static void exec_run(unsigned int count)
{
	char *const argv[] = { (char *)(uintptr_t)bench_exec_path, NULL };
	unsigned int i;

	for (i = 0; i < count; i++) {
		long pid = sys_fork();

		if (pid == 0) {
			sys_execve(bench_exec_path, argv, argv + 1);
			sys_exit(127);
		}
		child_wait(pid);
	}
}

static void shell_run(unsigned int count)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			       (char *)(uintptr_t)bench_exec_path, NULL };
	unsigned int i;

	for (i = 0; i < count; i++) {
		long pid = sys_fork();

		if (pid == 0) {
			sys_execve("/bin/sh", argv, argv + 3);
			sys_exit(127);
		}
		child_wait(pid);
	}
}

static const struct op ops[] = {
	{ .name = "fork", .count = 8, .run = exit_run, .base = loop_empty },
	{ .name = "exec", .count = 4, .run = exec_run, .base = loop_empty },
	{ .name = "sh", .count = 4, .run = shell_run, .base = loop_empty },
};

const struct op_suite process_suite = { "lmbench", ops, COUNT_OF(ops) };
