/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-pipe: pipes, their ends and their errors do what Linux's do.
 * Linux riscv64 system call ABI; POSIX.1-2017, pipe, read, write.
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define BULK 300000

static unsigned char buf[4096];

static unsigned char pattern(long i)
{
	return (unsigned char)(i * 7 + (i >> 8));
}

static void bytes_in_order(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], "hello", 5), 5);
	CHECK_EQ(sys_write(fds[1], "world", 5), 5);
	CHECK_EQ(sys_read(fds[0], buf, 3), 3);
	CHECK_EQ(sys_read(fds[0], buf + 3, sizeof(buf) - 3), 7);
	CHECK(memcmp(buf, "helloworld", 10) == 0);
	CHECK_EQ(sys_write(fds[1], "", 0), 0);
}

static void end_of_file(void)
{
	int fds[2];
	long copy, pid;

	CHECK_EQ(sys_pipe(fds), 0);
	copy = sys_dup(fds[1]);
	CHECK(copy >= 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	CHECK_EQ(sys_close(fds[1]), 0);
	pid = sys_fork();
	if (pid == 0) {
		check_sleep_ms(30);
		sys_exit(0);		/* the last end for writing goes with it */
	}
	CHECK_EQ(sys_close((int)copy), 0);
	CHECK_EQ(sys_read(fds[0], buf, 10), 1);
	CHECK_EQ(sys_read(fds[0], buf, 10), 0);
	CHECK_EQ(sys_read(fds[0], buf, 10), 0);
	CHECK_EQ(check_wait(pid), 0);
}

static void broken_pipe_signal(void)
{
	int fds[2];
	long pid;

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_close(fds[0]), 0);
	pid = sys_fork();
	if (pid == 0) {
		sys_write(fds[1], "x", 1);
		sys_exit(0);
	}
	CHECK_EQ(check_wait(pid) & 0x7f, SIGPIPE);
}

static void broken_pipe_error(void)
{
	struct sigaction ignore = { .handler = SIG_IGN };
	int fds[2];

	CHECK_EQ(sys_sigaction(SIGPIPE, &ignore, NULL), 0);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), -EPIPE);
}

static void blocked_writer_breaks(void)
{
	int fds[2];
	long pid;

	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		sys_close(fds[0]);
		for (;;)		/* until it is full, and then until it is broken */
			sys_write(fds[1], buf, sizeof(buf));
	}
	CHECK_EQ(sys_close(fds[1]), 0);
	check_sleep_ms(30);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(check_wait(pid) & 0x7f, SIGPIPE);
}

static void writer_waits(void)
{
	static unsigned char big[BULK];
	long i, got, at = 0, pid;
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	pid = sys_fork();
	if (pid == 0) {
		for (i = 0; i < BULK; i++)
			big[i] = pattern(i);
		CHECK_EQ(sys_write(fds[1], big, BULK), BULK);
		sys_exit(0);
	}
	CHECK_EQ(sys_close(fds[1]), 0);
	while ((got = sys_read(fds[0], buf, (size_t)(at % 4000 + 1))) > 0) {
		for (i = 0; i < got; i++, at++)
			CHECK_EQ(buf[i], pattern(at));
	}
	CHECK_EQ(got, 0);
	CHECK_EQ(at, BULK);
	CHECK_EQ(check_wait(pid), 0);
}

static void small_writes_are_atomic(void)
{
	enum { WRITERS = 4, ROUNDS = 200, SIZE = 37 };
	int fds[2], counts[WRITERS] = { 0 };
	long pids[WRITERS], got, used;
	int i, j;

	CHECK_EQ(sys_pipe(fds), 0);
	for (i = 0; i < WRITERS; i++) {
		pids[i] = sys_fork();
		if (pids[i] == 0) {
			memset(buf, 'a' + i, SIZE);
			for (j = 0; j < ROUNDS; j++)
				CHECK_EQ(sys_write(fds[1], buf, SIZE), SIZE);
			sys_exit(0);
		}
	}
	CHECK_EQ(sys_close(fds[1]), 0);
	for (;;) {
		for (used = 0; used < SIZE; used += got) {
			got = sys_read(fds[0], buf + used, (size_t)(SIZE - used));
			CHECK(got >= 0);
			if (got == 0)
				break;
		}
		if (used == 0)
			break;
		CHECK_EQ(used, SIZE);
		for (j = 1; j < SIZE; j++)
			CHECK_EQ(buf[j], buf[0]);
		counts[buf[0] - 'a']++;
	}
	for (i = 0; i < WRITERS; i++) {
		CHECK_EQ(counts[i], ROUNDS);
		CHECK_EQ(check_wait(pids[i]), 0);
	}
}

static void chain_of_processes(void)
{
	enum { STAGES = 6, BYTES = 5000 };
	int first[2], next[2], input, i;
	long at, got, total = 0;

	CHECK_EQ(sys_pipe(first), 0);
	input = first[0];
	for (i = 0; i < STAGES; i++) {
		CHECK_EQ(sys_pipe(next), 0);
		if (sys_fork() == 0) {
			sys_close(first[1]);
			sys_close(next[0]);
			while ((got = sys_read(input, buf, 100)) > 0) {
				for (at = 0; at < got; at++)
					buf[at]++;
				sys_write(next[1], buf, (size_t)got);
			}
			sys_exit(0);
		}
		sys_close(input);
		sys_close(next[1]);
		input = next[0];
	}
	for (i = 0; i < BYTES / 50; i++) {
		memset(buf, 'a', 50);
		CHECK_EQ(sys_write(first[1], buf, 50), 50);
	}
	CHECK_EQ(sys_close(first[1]), 0);
	while ((got = sys_read(input, buf, sizeof(buf))) > 0) {
		for (at = 0; at < got; at++)
			CHECK_EQ(buf[at], 'a' + STAGES);
		total += got;
	}
	CHECK_EQ(total, BYTES);
	for (i = 0; i < STAGES; i++)
		CHECK(sys_wait4(-1, NULL, 0) > 0);
}

static void lowest_descriptors(void)
{
	int fds[2], again[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK(fds[0] < fds[1]);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_dup(1), fds[0]);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_close(fds[1]), 0);
	CHECK_EQ(sys_pipe(again), 0);
	CHECK(again[0] == fds[0] && again[1] == fds[1]);
}

static void pipe_errors(void)
{
	struct stat st;
	int fds[2];
	size_t i;
	long low;

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[0], "x", 1), -EBADF);
	CHECK_EQ(sys_read(fds[1], buf, 1), -EBADF);
	CHECK_EQ(sys_lseek(fds[0], 0, SEEK_SET), -ESPIPE);
	CHECK_EQ(sys_pipe2(fds, 0x1234567), -EINVAL);
	CHECK_EQ(sys_fstat(fds[0], &st), 0);
	CHECK_EQ(st.st_mode & S_IFMT, S_IFIFO);
	low = sys_dup(0);
	CHECK_EQ(sys_close((int)low), 0);
	for (i = 0; i < CHECK_WILD; i++) {
		CHECK_EQ(sys_pipe((int *)check_wild[i]), -EFAULT);
		CHECK_EQ(sys_write(fds[1], (void *)check_wild[i], 8), -EFAULT);
	}
	/* No descriptor was lost on the way; QEMU's user emulation does lose them. */
	CHECK(!check_on_pvguest() || sys_dup(0) == low);
	CHECK_EQ(sys_write(fds[1], "12345678", 8), 8);
	for (i = 0; i < CHECK_WILD; i++)
		CHECK_EQ(sys_read(fds[0], (void *)check_wild[i], 8), -EFAULT);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a pipe carries bytes in order", bytes_in_order },
		{ "a pipe ends when its last writer is gone", end_of_file },
		{ "a write to a pipe without readers raises SIGPIPE", broken_pipe_signal },
		{ "a write to a pipe without readers fails with EPIPE", broken_pipe_error },
		{ "a writer that waits gets SIGPIPE when the reader goes", blocked_writer_breaks },
		{ "a large write waits for the reader and loses nothing", writer_waits },
		{ "small writes of four processes do not mix", small_writes_are_atomic },
		{ "six processes in a row pass data on", chain_of_processes },
		{ "a pipe gets the lowest free descriptors", lowest_descriptors },
		{ "pipes refuse wrong ends, seeks, flags and wild pointers", pipe_errors },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
