/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services that a C library can get from a kernel in more than one way; here by system calls alone.
 * pvguest/user/libpv/service.c is the other way.
 */
#include "service.h"

long clock_read(int clock, struct timespec *ts)
{
	return sys_clock_gettime(clock, ts);
}

long file_load(const char *path, void *buf, size_t size)
{
	long fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0), len;

	if (fd < 0)
		return fd;
	len = sys_read((int)fd, buf, size);
	sys_close((int)fd);
	return len;
}
