/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counters: cycles and instructions of this program as Linux counts them, by perf_event_open.
 * counters [-e]: exactly, on a machine that counts exactly. Linux man-pages, perf_event_open(2);
 * include/uapi/linux/perf_event.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define SYS_perf_event_open	241
#define PERF_TYPE_HARDWARE	0
#define PERF_COUNT_CPU_CYCLES	0
#define PERF_COUNT_INSTRUCTIONS	1
#define PERF_EVENT_IOC_ENABLE	0x2400
#define PERF_EVENT_IOC_DISABLE	0x2401
#define PERF_EVENT_IOC_RESET	0x2403
#define PERF_ATTR_DISABLED	1UL	/* of flags */

/* The first version of it, PERF_ATTR_SIZE_VER0. */
struct perf_event_attr {
	uint32_t type, size;
	uint64_t config, sample_period, sample_type, read_format, flags;
	uint32_t wakeup_events, bp_type;
	uint64_t bp_addr;
};
_Static_assert(sizeof(struct perf_event_attr) == 64, "PERF_ATTR_SIZE_VER0");

#define LOOPS		1000000UL
#define LOOP_INSNS	2UL
/* Beside the loop: the system calls around it, timer interrupts, and what the machine does then. */
#define OTHERS_MAX	(LOOPS * LOOP_INSNS / 5)

static int status;

static void judge(const char *name, const char *what, bool right, uint64_t value)
{
	if (right)
		return;
	printf("FAIL: counters: %s: %s: %lu\n", name, what, value);
	status = 1;
}

static void loop(uint64_t count)
{
	__asm__ volatile("1:	addi	%0, %0, -1\n"
			 "	bnez	%0, 1b\n"
			 : "+r"(count));
}

static uint64_t value_of(int fd)
{
	uint64_t value = 0;

	return sys_read(fd, &value, sizeof(value)) == (long)sizeof(value) ? value : 0;
}

/* What it counts while this program goes round so often. */
static uint64_t counted(int fd, uint64_t loops)
{
	sys_ioctl(fd, PERF_EVENT_IOC_RESET, NULL);
	sys_ioctl(fd, PERF_EVENT_IOC_ENABLE, NULL);
	loop(loops);
	sys_ioctl(fd, PERF_EVENT_IOC_DISABLE, NULL);
	return value_of(fd);
}

static void check_event(const char *name, uint64_t config, bool exact)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE, .size = sizeof(attr),
					.config = config, .flags = PERF_ATTR_DISABLED };
	long fd = syscall6(SYS_perf_event_open, (long)&attr, 0, -1, -1, 0, 0);
	uint64_t once, twice;

	if (fd < 0) {
		printf("FAIL: counters: %s: error %ld\n", name, -fd);
		status = 1;
		return;
	}
	judge(name, "before it is enabled", value_of((int)fd) == 0, value_of((int)fd));
	once = counted((int)fd, LOOPS);
	loop(LOOPS);
	judge(name, "it does not stand still", value_of((int)fd) == once, value_of((int)fd));
	twice = counted((int)fd, 2 * LOOPS);
	judge(name, "nothing is counted", once > 0 && twice > 0, once);
	if (exact) {
		judge(name, "of one round", once >= LOOPS * LOOP_INSNS &&
		      once - LOOPS * LOOP_INSNS < OTHERS_MAX, once);
		judge(name, "of two rounds", twice >= 2 * LOOPS * LOOP_INSNS &&
		      twice - 2 * LOOPS * LOOP_INSNS < OTHERS_MAX, twice);
	}
	printf("counters: %s: %lu and %lu\n", name, once, twice);
	sys_close((int)fd);
}

int main(int argc, char **argv)
{
	bool exact = argc == 2 && strcmp(argv[1], "-e") == 0;

	if (argc > 1 && !exact) {
		dprintf(2, "usage: counters [-e]\n");
		return 2;
	}
	check_event("cycles", PERF_COUNT_CPU_CYCLES, exact);
	check_event("instructions", PERF_COUNT_INSTRUCTIONS, exact);
	if (status == 0)
		printf("PASS: counters: cycles and instructions of this program are counted\n");
	return status;
}
