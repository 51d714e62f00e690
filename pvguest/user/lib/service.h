/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services that a C library can get from a kernel in more than one way.
 * lib/service.c uses Linux's system calls alone; libpv/service.c, linked in its place, also what
 * pvguest offers to programs that know it (struct strata_time and strata_batch in syscall.h).
 */
#ifndef PVGUEST_USER_SERVICE_H
#define PVGUEST_USER_SERVICE_H

#include "syscall.h"

/* As clock_gettime: 0 or a negative errno. */
long clock_read(int clock, struct timespec *ts);

/* The first bytes of a file, at most size: their number, or a negative errno. */
long file_load(const char *path, void *buf, size_t size);

#endif
