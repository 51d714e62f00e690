/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-batch: several system calls by one, and the time that the kernel shares.
 * pvguest/kernel/sys/batch.c; another kernel has neither, and all is skipped there.
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/syscall.h"

static const struct strata_time *shared;

static void test_results(void)
{
	struct strata_call calls[] = {
		{ .number = SYS_getpid },
		{ .number = SYS_openat, .args = { (uint64_t)AT_FDCWD, (uintptr_t) "/etc/motd" } },
		{ .number = SYS_close, .args = { 1 }, .uses = 1 },
		{ .number = SYS_close, .args = { 0 }, .uses = 0 },
	};

	calls[3].args[0] = 1000;
	CHECK_EQ(sys_batch(calls, 0, 4), 4);
	CHECK_EQ(calls[0].result, sys_getpid());
	CHECK(calls[1].result >= 3);
	CHECK_EQ(calls[2].result, 0);
	CHECK_EQ(calls[3].result, -EBADF);
}

static void test_refused(void)
{
	struct strata_call calls[] = {
		{ .number = SYS_clone, .args = { SIGCHLD } },
		{ .number = SYS_execve },
		{ .number = SYS_rt_sigreturn },
		{ .number = SYS_exit_group },
		{ .number = 1UL << 40 },
		{ .number = ~0UL },
	};
	size_t i;

	CHECK_EQ(sys_batch(calls, 0, 6), 6);
	for (i = 0; i < 6; i++)
		CHECK_EQ(calls[i].result, -ENOSYS);
}

static void test_dependence(void)
{
	struct strata_call calls[] = {
		{ .number = SYS_openat, .args = { (uint64_t)AT_FDCWD, (uintptr_t) "/no/such" } },
		{ .number = SYS_close, .args = { 0 }, .uses = 1 },
		{ .number = SYS_close, .args = { 2 }, .uses = 1 }, /* itself */
		{ .number = SYS_close, .args = { ~0UL }, .uses = 1 },
		{ .number = SYS_getpid, .uses = 1UL << 6 },
	};

	CHECK_EQ(sys_batch(calls, 0, 5), 5);
	CHECK_EQ(calls[0].result, -ENOENT);
	CHECK_EQ(calls[1].result, -ECANCELED);
	CHECK_EQ(calls[2].result, -EINVAL);
	CHECK_EQ(calls[3].result, -EINVAL);
	CHECK_EQ(calls[4].result, -EINVAL);
}

static void test_bad_array(void)
{
	struct strata_call call = { .number = SYS_getpid };

	CHECK_EQ(sys_batch((struct strata_call *)16, 0, 1), -EFAULT);
	CHECK_EQ(sys_batch((struct strata_call *)~0xfUL, 0, 2), -EFAULT);
	CHECK_EQ(sys_batch(&call, 0, ~0UL), -EINVAL);
	CHECK_EQ(sys_batch(&call, ~0UL, 1), -EINVAL);
	CHECK_EQ(sys_batch(&call, 0, 0), 0);
	/* Read-only: the result cannot be written. */
	CHECK_EQ(sys_batch((struct strata_call *)(uintptr_t)shared, 0, 1), -EFAULT);
}

static void test_time(void)
{
	struct timespec before, after;
	uint64_t ticks, ns;

	CHECK(shared->timebase_hz > 0);
	sys_clock_gettime(CLOCK_MONOTONIC, &before);
	__asm__ volatile("rdtime %0" : "=r"(ticks) : : "memory"); /* volatile: between the two */
	sys_clock_gettime(CLOCK_MONOTONIC, &after);
	ns = ticks / shared->timebase_hz * 1000000000UL +
	     ticks % shared->timebase_hz * 1000000000UL / shared->timebase_hz;
	CHECK(ns >= (uint64_t)before.tv_sec * 1000000000UL + (uint64_t)before.tv_nsec);
	CHECK(ns <= (uint64_t)after.tv_sec * 1000000000UL + (uint64_t)after.tv_nsec);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a batch performs its calls in order and one uses another's result",
		  test_results },
		{ "what replaces the caller or ends it is not in a batch", test_refused },
		{ "a call that uses a failed one is cancelled, a later one cannot be used",
		  test_dependence },
		{ "an array that is not the program's fails with EFAULT or EINVAL",
		  test_bad_array },
		{ "the shared page tells the same time as the kernel", test_time },
	};
	uint64_t address;

	if (program_auxval(AT_STRATA_TIME, &address) != 0) {
		printf("SKIP: the kernel shares no page: this is not pvguest\n");
		return 0;
	}
	shared = (const struct strata_time *)address;
	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
