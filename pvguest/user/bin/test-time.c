/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-time: clocks, sleep and preemption.
 * Linux riscv64 system call ABI; POSIX.1-2017, clock_gettime, nanosleep.
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static void clock_goes_on(void)
{
	struct timespec last = { 0 }, now;
	int i;

	for (i = 0; i < 1000; i++) {
		CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, &now), 0);
		CHECK(now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
		CHECK(now.tv_sec > last.tv_sec ||
		      (now.tv_sec == last.tv_sec && now.tv_nsec >= last.tv_nsec));
		last = now;
	}
	CHECK_EQ(sys_clock_gettime(CLOCK_REALTIME, &now), 0);
	CHECK_EQ(sys_clock_gettime(99, &now), -EINVAL);
	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, (struct timespec *)check_wild[1]), -EFAULT);
}

static void sleep_takes_time(void)
{
	struct timespec wait = { .tv_nsec = 30000000 };
	long start = check_now_ms();

	CHECK_EQ(sys_nanosleep(&wait, NULL), 0);
	CHECK(check_now_ms() - start >= 29);
	wait.tv_nsec = 0;
	CHECK_EQ(sys_nanosleep(&wait, NULL), 0);
}

static void sleep_errors(void)
{
	struct timespec wait = { .tv_nsec = 1000000000 };

	CHECK_EQ(sys_nanosleep(&wait, NULL), -EINVAL);
	wait.tv_nsec = -1;
	CHECK_EQ(sys_nanosleep(&wait, NULL), -EINVAL);
	wait = (struct timespec){ .tv_sec = -1 };
	CHECK_EQ(sys_nanosleep(&wait, NULL), -EINVAL);
	if (check_on_pvguest())
		CHECK_EQ(sys_nanosleep((struct timespec *)check_wild[1], NULL), -EFAULT);
}

static void sleepers_wake_in_order(void)
{
	long start = check_now_ms();
	int fds[2], i;
	char order[4];

	CHECK_EQ(sys_pipe(fds), 0);
	for (i = 0; i < 4; i++) {
		if (sys_fork() == 0) {
			char c = (char)('a' + i);
			long left = start + 900 - 100 * i - check_now_ms();

			if (left > 0)
				check_sleep_ms(left);
			sys_write(fds[1], &c, 1);
			sys_exit(0);
		}
	}
	for (i = 0; i < 4; i++)
		CHECK_EQ(sys_read(fds[0], order + i, 1), 1);
	CHECK(memcmp(order, "dcba", 4) == 0);
}

static void spin(unsigned long rounds)
{
	unsigned long i;

	for (i = 0; i < rounds; i++)
		__asm__ volatile("");	/* volatile: the loop stays */
}

static int body_hog(void)
{
	spin(~0UL);
	return 0;
}

static int body_finite_hog(void)
{
	spin(20000000);
	return 0;
}

static void hogs_share(void)
{
	long hogs[3];
	int i;

	for (i = 0; i < 3; i++)
		hogs[i] = check_fork(body_hog);
	CHECK_EQ(check_wait(check_fork(body_finite_hog)), 0);
	check_sleep_ms(10);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(sys_kill(hogs[i], SIGKILL), 0);
		CHECK_EQ(check_wait(hogs[i]) & 0x7f, SIGKILL);
	}
}

/* Keeps registers full of numbers that depend on `seed` while it is preempted. */
static int registers_hold(long seed, long rounds)
{
	long bad = 0;

	/* volatile: it must stay in one piece. x3, x4 and some that the loop needs are left out. */
	__asm__ volatile(
		"mv s2, %1\n\taddi s3, s2, 1\n\taddi s4, s2, 2\n\taddi s5, s2, 3\n\t"
		"addi t3, s2, 4\n\taddi t4, s2, 5\n\taddi t5, s2, 6\n\taddi a6, s2, 7\n\t"
		"fmv.d.x ft0, s2\n\tfmv.d.x fs11, s3\n\tfmv.d.x fa7, t3\n\tfmv.d.x ft11, t5\n\t"
		"andi t0, s2, 7\n\tfsflags t0\n\t"
		"1: addi %2, %2, -1\n\tbnez %2, 1b\n\t"
		"sub s3, s3, s2\n\taddi s3, s3, -1\n\tsub s4, s4, s2\n\taddi s4, s4, -2\n\t"
		"sub s5, s5, s2\n\taddi s5, s5, -3\n\tsub t3, t3, s2\n\taddi t3, t3, -4\n\t"
		"sub t4, t4, s2\n\taddi t4, t4, -5\n\tsub t5, t5, s2\n\taddi t5, t5, -6\n\t"
		"sub a6, a6, s2\n\taddi a6, a6, -7\n\tsub s2, s2, %1\n\t"
		"or s2, s2, s3\n\tor s2, s2, s4\n\tor s2, s2, s5\n\tor s2, s2, t3\n\t"
		"or s2, s2, t4\n\tor s2, s2, t5\n\tor s2, s2, a6\n\t"
		"frflags t1\n\tsub t0, t0, t1\n\tor s2, s2, t0\n\t"
		"fmv.x.d t0, ft0\n\tsub t0, t0, %1\n\tor s2, s2, t0\n\t"
		"fmv.x.d t0, fs11\n\tsub t0, t0, %1\n\taddi t0, t0, -1\n\tor s2, s2, t0\n\t"
		"fmv.x.d t0, fa7\n\tsub t0, t0, %1\n\taddi t0, t0, -4\n\tor s2, s2, t0\n\t"
		"fmv.x.d t0, ft11\n\tsub t0, t0, %1\n\taddi t0, t0, -6\n\tor %0, s2, t0"
		: "=&r"(bad), "+r"(seed), "+r"(rounds)
		: : "s2", "s3", "s4", "s5", "t0", "t1", "t3", "t4", "t5", "a6", "ft0", "fs11",
		    "fa7", "ft11", "memory");
	return bad != 0;
}

static void registers_survive(void)
{
	long pids[4];
	int i, round;

	for (i = 0; i < 4; i++) {
		pids[i] = sys_fork();
		if (pids[i] == 0) {
			for (round = 0; round < 40; round++) {
				if (registers_hold((i + 1) * 0x1234567L, 200000) != 0)
					sys_exit(1);
			}
			sys_exit(0);
		}
	}
	for (i = 0; i < 4; i++)
		CHECK_EQ(check_wait(pids[i]), 0);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "the clocks go on and refuse what they are not", clock_goes_on },
		{ "nanosleep takes as long as it is asked to", sleep_takes_time },
		{ "nanosleep fails with EINVAL and EFAULT", sleep_errors },
		{ "sleepers wake in the order of their times", sleepers_wake_in_order },
		{ "a process that never calls the kernel does not stop the others", hogs_share },
		{ "integer and floating-point registers survive preemption", registers_survive },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
