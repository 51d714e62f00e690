/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole programs. One operation is one run, from fork to wait4.
 *
 *   cpu_bound   /bin/compute: integer and floating-point arithmetic, hardly a system call
 *   script_mix  /bin/sh with a script that unpacks, sorts, searches, sums and compresses text with
 *               pvguest's own programs
 *   busybox_mix /bin/busybox with a script like that, if it is there
 *   pipe_heavy  512 KiB in pieces of 512 bytes through two pipes between three processes
 *   app_unmodified, app_paravirtual
 *               /bin/app and /bin/app-pv, one source: 500 requests, each with six system calls. The
 *               second's C library takes the time from a page that the kernel shares, and opens,
 *               reads and closes a file by one batch (libpv), which leaves two
 *   fork_heavy  80 processes, four at a time, that write to 8 pages each; every fourth is a program
 */
#include "bench/bench.h"

#include "lib/program.h"
#include "lib/vfs.h"

#define PIECE_BYTES 512
#define PIECES	    1024
#define BATCHES	    20
#define BATCH	    4
#define CHILD_PAGES 8

static const char *program;
static volatile char child_pages[CHILD_PAGES][PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

static int program_setup(const struct op *op)
{
	program = op->program;
	return 0;
}

/* What programs print is not wanted; a directory of its own is where they write. */
static _Noreturn void program_start_quiet(char *const argv[])
{
	long fd = sys_open("/dev/null", O_WRONLY);

	if (fd < 0 || sys_dup3((int)fd, 1, 0) < 0)
		sys_exit(126);
	sys_close((int)fd);
	sys_execve(argv[0], argv, program_environ);
	sys_exit(127);
}

static void program_wait(char *const argv[])
{
	long pid = sys_fork();

	if (pid == 0)
		program_start_quiet(argv);
	child_wait(pid);
}

static void program_run_alone(unsigned int count)
{
	char *const argv[] = { (char *)(uintptr_t)program, NULL };

	while (count-- > 0)
		program_wait(argv);
}

static const char *const script_files[] = {
	"all",	 "sorted", "sorted.sq", "sorted.gz", "again", "text0",
	"text1", "text2",  "text3",	"text4",     "text5",
};

static int script_setup(const struct op *op)
{
	program = op->program;
	sys_mkdir("/tmp", 0777); /* it may be there */
	sys_mkdir("/tmp/mix", 0777);
	return (int)sys_chdir("/tmp/mix");
}

static void script_clean(void)
{
	size_t i;

	for (i = 0; i < COUNT_OF(script_files); i++)
		sys_unlink(script_files[i]); /* in the first window there is none */
}

static void script_prepare(unsigned int count)
{
	(void)count;
	script_clean();
}

static void script_finish(void)
{
	script_clean();
	sys_chdir("/");
	sys_rmdir("/tmp/mix");
}

static void script_run(unsigned int count)
{
	char *const argv[] = { (char[]){ "/bin/sh" }, (char *)(uintptr_t)program, NULL };

	while (count-- > 0)
		program_wait(argv);
}

static void busybox_run(unsigned int count)
{
	char *const argv[] = { (char[]){ "/bin/busybox" }, (char[]){ "sh" },
			       (char *)(uintptr_t)program, NULL };

	while (count-- > 0)
		program_wait(argv);
}

/* --- pipes --- */

static bool piece_read(int fd, unsigned char *piece)
{
	size_t used = 0;
	long len;

	while (used < PIECE_BYTES) {
		len = sys_read(fd, piece + used, PIECE_BYTES - used);
		if (len <= 0)
			return false;
		used += (size_t)len;
	}
	return true;
}

static _Noreturn void pipe_produce(int to)
{
	unsigned char piece[PIECE_BYTES];
	unsigned int i, at;

	for (i = 0; i < PIECES; i++) {
		for (at = 0; at < PIECE_BYTES; at += 64)
			piece[at] = (unsigned char)i;
		if (sys_write(to, piece, PIECE_BYTES) != PIECE_BYTES)
			sys_exit(1);
	}
	sys_exit(0);
}

static _Noreturn void pipe_filter(int from, int to)
{
	unsigned char piece[PIECE_BYTES];
	unsigned int at;

	while (piece_read(from, piece)) {
		for (at = 0; at < PIECE_BYTES; at += 64)
			piece[at] ^= 0xff;
		if (sys_write(to, piece, PIECE_BYTES) != PIECE_BYTES)
			sys_exit(1);
	}
	sys_exit(0);
}

static void pipe_consume(int from)
{
	unsigned char piece[PIECE_BYTES];
	unsigned int i;

	for (i = 0; i < PIECES; i++) {
		if (!piece_read(from, piece) || piece[0] != (unsigned char)(0xff ^ i))
			break;
	}
	if (i != PIECES)
		bench_failed();
}

static void pipeline_once(void)
{
	long pids[2];
	int first[2], second[2];

	if (sys_pipe(first) < 0 || sys_pipe(second) < 0)
		bench_failed();
	pids[0] = sys_fork();
	if (pids[0] == 0)
		pipe_produce(first[1]);
	sys_close(first[1]);
	pids[1] = sys_fork();
	if (pids[1] == 0)
		pipe_filter(first[0], second[1]);
	sys_close(first[0]);
	sys_close(second[1]);
	pipe_consume(second[0]);
	sys_close(second[0]);
	child_wait(pids[0]);
	child_wait(pids[1]);
}

static void pipeline_run(unsigned int count)
{
	while (count-- > 0)
		pipeline_once();
}

/* --- forks --- */

static _Noreturn void fork_child(bool becomes_program)
{
	char *const argv[] = { (char *)(uintptr_t)bench_exec_path, NULL };
	unsigned int i;

	for (i = 0; i < CHILD_PAGES; i++)
		child_pages[i][0] = 1;
	if (!becomes_program)
		sys_exit(0);
	sys_execve(bench_exec_path, argv, program_environ);
	sys_exit(127);
}

static void fork_batch(void)
{
	long pids[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		pids[i] = sys_fork();
		if (pids[i] == 0)
			fork_child(i == BATCH - 1);
	}
	for (i = 0; i < BATCH; i++)
		child_wait(pids[i]);
}

static void forks_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count * BATCHES; i++)
		fork_batch();
}

#define PROGRAM(name_, path_)                                                         \
	{                                                                             \
		.name = (name_), .count = 1, .count_max = 100, .windows = 3,          \
		.setup = program_setup, .run = program_run_alone, .base = loop_empty, \
		.program = (path_)                                                    \
	}

#define SCRIPT(name_, run_, path_)                                                                \
	{                                                                                         \
		.name = (name_), .count = 1, .count_max = 1, .windows = 3, .setup = script_setup, \
		.prepare = script_prepare, .run = (run_), .base = loop_empty,                     \
		.finish = script_finish, .program = (path_)                                       \
	}

static const struct op ops[] = {
	PROGRAM("cpu_bound", "/bin/compute"),
	SCRIPT("script_mix", script_run, "/etc/bench-mix.sh"),
	SCRIPT("busybox_mix", busybox_run, "/etc/bench-busybox.sh"),
	{
		.name = "pipe_heavy",
		.count = 1,
		.count_max = 100,
		.windows = 3,
		.run = pipeline_run,
		.base = loop_empty,
	},
	{
		.name = "fork_heavy",
		.count = 1,
		.count_max = 100,
		.windows = 3,
		.run = forks_run,
		.base = loop_empty,
	},
	PROGRAM("app_unmodified", "/bin/app"),
	PROGRAM("app_paravirtual", "/bin/app-pv"),
};

const struct op_suite program_suite = { "programs", ops, COUNT_OF(ops) };
