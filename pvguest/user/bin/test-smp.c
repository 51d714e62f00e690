/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-smp: several harts: where threads run, that each has its turn, and what they keep.
 * Linux man-pages, sched_setaffinity(2), getcpu(2), sched_yield(2).
 */
#include "lib/check.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define THREADS 8
/* How often a thread must get its turn on a busy hart. */
#define TURNS 20

static struct thread threads[THREADS];
static volatile uint32_t phase, over;

static void wait_for_phase(uint32_t value)
{
	uint32_t now;

	while ((now = phase) != value)
		futex_wait(&phase, now, -1);
}

static void set_phase(uint32_t value)
{
	phase = value;
	futex_wake(&phase, 100);
}

static long where_am_i(void *argument)
{
	uint64_t mask = 1UL << (long)argument;
	uint32_t cpu = 0xffffffff;
	int i;

	if (syscall3(SYS_sched_setaffinity, 0, sizeof(mask), (long)&mask) != 0)
		return -1;
	for (i = 0; i < 20; i++) {
		sys_sched_yield();
		if (syscall3(SYS_getcpu, (long)&cpu, 0, 0) != 0 || cpu != (uint32_t)(long)argument)
			return -2;
	}
	return 0;
}

static void affinity_holds(void)
{
	uint64_t mask = 0, none = 1UL << 63;
	long cpu;

	CHECK_EQ(syscall3(SYS_sched_getaffinity, 0, sizeof(mask), (long)&mask), 8);
	CHECK(mask & 1);
	CHECK_EQ(syscall3(SYS_sched_setaffinity, 0, sizeof(none), (long)&none), -EINVAL);
	for (cpu = 0; cpu < THREADS && mask >> cpu & 1; cpu++)
		CHECK_EQ(thread_start(&threads[cpu], where_am_i, (void *)cpu), 0);
	while (cpu-- > 0)
		CHECK_EQ(thread_join(&threads[cpu]), 0);
}

/* Another thread of the same hart has to get its turn between system calls of this one. */
static long call_for_ever(void *argument)
{
	uint64_t mask = 1;

	(void)argument;
	syscall3(SYS_sched_setaffinity, 0, sizeof(mask), (long)&mask);
	while (over == 0)
		syscall0(SYS_gettid);
	return 0;
}

/* Elsewhere, if there is another hart: keeps the others out of the kernel for a while each time. */
static long read_for_ever(void *argument)
{
	static char room[32768];
	int fd = (int)sys_open("/dev/zero", O_RDONLY);

	(void)argument;
	if (fd < 0)
		return fd;
	while (over == 0)
		sys_read(fd, room, sizeof(room));
	return sys_close(fd);
}

static long answer(void *argument)
{
	uint64_t mask = 1;
	uint32_t round;

	(void)argument;
	syscall3(SYS_sched_setaffinity, 0, sizeof(mask), (long)&mask);
	for (round = 1; round <= 2 * TURNS; round += 2) {
		wait_for_phase(round);
		set_phase(round + 1);
	}
	return 0;
}

static void busy_harts_are_shared(void)
{
	uint64_t mask = 2;
	uint32_t round;

	/* Where there is only one hart this fails, and all three share it. */
	syscall3(SYS_sched_setaffinity, 0, sizeof(mask), (long)&mask);
	CHECK_EQ(thread_start(&threads[0], call_for_ever, NULL), 0);
	CHECK_EQ(thread_start(&threads[1], answer, NULL), 0);
	CHECK_EQ(thread_start(&threads[2], read_for_ever, NULL), 0);
	for (round = 1; round <= 2 * TURNS; round += 2) {
		set_phase(round);
		wait_for_phase(round + 1);
	}
	over = 1;
	for (round = 0; round < 3; round++)
		CHECK_EQ(thread_join(&threads[round]), 0);
}

static void go_to(long cpu)
{
	uint64_t mask = 1UL << cpu;

	if (syscall3(SYS_sched_setaffinity, 0, sizeof(mask), (long)&mask) != 0)
		check_skip("there is one hart");
}

/* From hart to hart: each one's registers still hold what they did when the thread was there. */
static void fp_registers_come_back(void)
{
	long value = 0, step;

	for (step = 0; step < 6; step++) {
		go_to(~step & 1);
		/* Nothing here computes with FP, so that the register keeps it. */
		__asm__ volatile("fmv.x.d %0, fs11" : "=r"(value));
		CHECK(step == 0 || value == step - 1);
		__asm__ volatile("fmv.d.x fs11, %0" : : "r"(step) : "fs11");
	}
}

static long double_up(void *argument)
{
	double value = (double)(long)argument;
	int i;

	for (i = 0; i < 2000; i++) {
		value += 1.0;
		if (i % 50 == 0)
			sys_sched_yield();
	}
	return (long)value;
}

static void fp_registers_move_along(void)
{
	long i;

	for (i = 0; i < THREADS; i++)
		CHECK_EQ(thread_start(&threads[i], double_up, (void *)(i * 10000)), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(thread_join(&threads[i]), i * 10000 + 2000);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a thread runs on the harts of its affinity only", affinity_holds },
		{ "threads that call the kernel all the time let others of their hart run",
		  busy_harts_are_shared },
		{ "FP registers go with their thread", fp_registers_move_along },
		{ "FP registers are right when a thread comes back to a hart",
		  fp_registers_come_back },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
