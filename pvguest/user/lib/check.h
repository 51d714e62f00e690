/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Self-checking programs: cases that each run in a process of their own and print a line,
 * "PASS: sentence", "FAIL: sentence: why" or "SKIP: sentence: why"; exit status 1 if one failed.
 */
#ifndef PVGUEST_USER_CHECK_H
#define PVGUEST_USER_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_case {
	const char *name;	/* a sentence that is true if the case passes */
	void (*run)(void);
};

#define CHECK_DEADLINE_MS 300000

/* Runs all cases, or those whose names contain argv[1]; the exit status for main. */
int check_main(const struct check_case *cases, size_t count, int argc, char **argv);

/* End the process unless the condition holds, the numbers are equal. */
#define CHECK(condition)						\
	do {								\
		if (!(condition))					\
			check_fail(__FILE__, __LINE__, #condition);	\
	} while (0)
#define CHECK_EQ(actual, expected)					\
	check_equal(__FILE__, __LINE__, #actual, (long)(actual), (long)(expected))

/* Ends the process: the case cannot be tried here. */
_Noreturn void check_skip(const char *why);

_Noreturn void check_fail(const char *file, int line, const char *why);
void check_equal(const char *file, int line, const char *what, long actual, long expected);

/* This program's own file, for cases that exec it. */
const char *check_self(void);

/* Under pvguest's init? QEMU's user emulation differs from Linux here and there. */
bool check_on_pvguest(void);

/* Forks; in the child runs `body` and exits with its result. The parent gets the pid. */
long check_fork(int (*body)(void));

/* Waits for a child, which must exist, and returns its wait status. */
int check_wait(long pid);

/* Sleeps about that long, signals or not. */
void check_sleep_ms(long ms);

/* Waits until that thread sleeps in the kernel; tid is pid for the first one. */
void check_asleep(long pid, long tid);

/* Milliseconds of the monotonic clock. */
long check_now_ms(void);

/* Free pages of the machine; or the end of the process. */
long check_free_pages(void);

/* A fresh anonymous private mapping, or the end of the process. */
char *check_map(size_t length, int prot);

/* Addresses that no program may use: unmapped, the kernel's, not canonical, at the very ends. */
#define CHECK_WILD 7
extern const uintptr_t check_wild[CHECK_WILD];

#endif
