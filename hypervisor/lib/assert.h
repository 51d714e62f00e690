/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ASSERT() guards invariants of our own code; no guest can make one fail. It is never compiled
 * out. On the target assert_fail() is in hart/panic.c, on the host it aborts the test.
 */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

#ifdef STRATA_HOST_TEST
#include <stdio.h>
#include <stdlib.h>

__attribute__((noreturn)) static inline void assert_fail(const char *expr, const char *file,
							 int line)
{
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}
#else
void assert_fail(const char *expr, const char *file, int line) __attribute__((noreturn, cold));
#endif

#define ASSERT(expr)                                                                              \
	do {                                                                                      \
		if (__builtin_expect(!(expr), 0))                                                 \
			assert_fail(#expr, __FILE__, __LINE__);                                   \
	} while (0)

#endif
