/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of a C library that knows pvguest: the time from a page that the kernel shares, a file
 * in one entry to the kernel instead of three. On another kernel: system calls, as lib/service.c.
 */
#include "lib/service.h"

#include <stdbool.h>

#include "lib/program.h"

#define NS_PER_SECOND 1000000000UL

static const struct strata_time *shared_time;
static bool kernel_known, kernel_shares;

/* Once: whether this kernel is pvguest. */
static bool kernel_probe(void)
{
	uint64_t address;

	if (!kernel_known) {
		kernel_shares = program_auxval(AT_STRATA_TIME, &address) == 0;
		if (kernel_shares)
			shared_time = (const struct strata_time *)address;
		kernel_known = true;
	}
	return kernel_shares;
}

long clock_read(int clock, struct timespec *ts)
{
	uint64_t ticks, hz;

	if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || !kernel_probe())
		return sys_clock_gettime(clock, ts);
	hz = shared_time->timebase_hz;
	/* volatile: two reads differ. */
	__asm__ volatile("rdtime %0" : "=r"(ticks) : : "memory");
	ts->tv_sec = (int64_t)(ticks / hz);
	ts->tv_nsec = (int64_t)(ticks % hz * NS_PER_SECOND / hz);
	return 0;
}

static long load_by_calls(const char *path, void *buf, size_t size)
{
	long fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0), len;

	if (fd < 0)
		return fd;
	len = sys_read((int)fd, buf, size);
	sys_close((int)fd);
	return len;
}

long file_load(const char *path, void *buf, size_t size)
{
	struct strata_call calls[] = {
		{ .number = SYS_openat, .args = { (uint64_t)AT_FDCWD, (uintptr_t)path, O_RDONLY } },
		{ .number = SYS_read, .args = { 0, (uintptr_t)buf, size }, .uses = 1 },
		{ .number = SYS_close, .args = { 0 }, .uses = 1 },
	};
	uint64_t done = 0;
	long more;

	if (!kernel_probe())
		return load_by_calls(path, buf, size);
	while (done < 3) {
		more = sys_batch(calls, done, 3 - done);
		if (more < 0 && more != -EINTR)
			return more;
		done += more > 0 ? (uint64_t)more : 0;
	}
	return calls[0].result < 0 ? calls[0].result : calls[1].result;
}
