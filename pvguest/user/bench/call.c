/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that hardly do anything. After lmbench's lat_syscall and lat_select.
 *
 *   null_call   getppid
 *   null_io     a byte read from /dev/zero, or written to /dev/null: the mean of both
 *   stat        of a file whose path has two components
 *   open_close  of that file
 *   select      whether 100 descriptors can be written to. Xen's table has TCP connections there;
 *               here they are pipes, because pvguest has no network
 */
#include "bench/bench.h"

#define SELECT_FDS   100
#define SELECT_WORDS 4

static int null_fd, zero_fd;
static uint64_t select_set[SELECT_WORDS];
static int select_end;

static void null_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		syscall0(SYS_getppid);
}

static int io_setup(const struct op *op)
{
	(void)op;
	null_fd = (int)sys_open("/dev/null", O_WRONLY);
	zero_fd = (int)sys_open("/dev/zero", O_RDONLY);
	return null_fd < 0 || zero_fd < 0 ? -1 : 0;
}

static void io_run(unsigned int count)
{
	unsigned int i;
	char byte = 0;

	for (i = 0; i < count / 2; i++) {
		if (sys_read(zero_fd, &byte, 1) != 1 || sys_write(null_fd, &byte, 1) != 1)
			bench_failed();
	}
}

static void io_base(unsigned int count)
{
	loop_empty(count / 2);
}

static void stat_run(unsigned int count)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (sys_newfstatat(AT_FDCWD, bench_exec_path, &st, 0) != 0)
			bench_failed();
	}
}

static void open_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		long fd = sys_openat(AT_FDCWD, bench_exec_path, O_RDONLY, 0);

		if (fd < 0 || sys_close((int)fd) != 0)
			bench_failed();
	}
}

static int select_setup(const struct op *op)
{
	int pipe[2], i;

	(void)op;
	if (sys_pipe(pipe) < 0)
		return -1;
	for (i = 0; i < SELECT_FDS; i++) {
		long fd = sys_dup(pipe[1]);

		if (fd < 0 || fd >= SELECT_WORDS * 64)
			return -1;
		select_set[fd / 64] |= 1UL << (fd % 64);
		select_end = (int)fd + 1;
	}
	return 0;
}

static void select_run(unsigned int count)
{
	struct timespec now = { 0 };
	unsigned int i;

	for (i = 0; i < count; i++) {
		uint64_t set[SELECT_WORDS];
		int word;

		for (word = 0; word < SELECT_WORDS; word++)
			set[word] = select_set[word];
		if (sys_select(select_end, NULL, set, &now) != SELECT_FDS)
			bench_failed();
	}
}

static const struct op ops[] = {
	{ .name = "null_call", .count = 200, .run = null_run, .base = loop_empty },
	{ .name = "null_io", .count = 200, .setup = io_setup, .run = io_run, .base = io_base },
	{ .name = "stat", .count = 100, .run = stat_run, .base = loop_empty },
	{ .name = "open_close", .count = 100, .run = open_run, .base = loop_empty },
	{ .name = "select",
	  .count = 50,
	  .setup = select_setup,
	  .run = select_run,
	  .base = loop_empty },
};

const struct op_suite call_suite = { "lmbench", ops, COUNT_OF(ops) };
