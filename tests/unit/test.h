/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The unit test harness: a test is a sentence of the specification and a body. A test program
 * includes this once and has no main of its own.
 *
 *	TEST("wfi is decoded")
 *	{
 *		CHECK_EQ(insn_decode(INSN_WFI).kind, INSN_KIND_WFI);
 *	}
 *
 * Every test prints one line, PASS: or FAIL:, and the first failed check ends its test.
 */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

static struct test_case *test_first_, **test_last_ = &test_first_;
static const char *test_name_;
static jmp_buf test_end_;

static inline void test_register_(struct test_case *test)
{
	*test_last_ = test;
	test_last_ = &test->next;
}

__attribute__((noreturn, format(printf, 3, 4), unused)) static void
test_fail_(const char *file, int line, const char *format, ...)
{
	__builtin_va_list args;

	printf("FAIL: %s: %s:%d: ", test_name_, file, line);
	__builtin_va_start(args, format);
	vprintf(format, args);
	__builtin_va_end(args);
	printf("\n");
	longjmp(test_end_, 1);
}

#define TEST_JOIN2_(a, b)	a##b
#define TEST_JOIN_(a, b)	TEST_JOIN2_(a, b)

/* __COUNTER__ gives each test its own names; they run in the order in which they are written. */
#define TEST(sentence)		TEST_DEFINE_(sentence, __COUNTER__)
#define TEST_DEFINE_(sentence, id)                                                                \
	static void TEST_JOIN_(test_body_, id)(void);                                             \
	__attribute__((constructor(1000 + id))) static void TEST_JOIN_(test_add_, id)(void)       \
	{                                                                                         \
		static struct test_case test = { sentence, TEST_JOIN_(test_body_, id), NULL };    \
												  \
		test_register_(&test);                                                            \
	}                                                                                         \
	static void TEST_JOIN_(test_body_, id)(void)

#define FAIL(...)		test_fail_(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)                                                                          \
	do {                                                                                      \
		if (!(condition))                                                                 \
			FAIL("%s", #condition);                                                   \
	} while (0)

/* Integers of at most 64 bits; a failure shows both values. */
#define CHECK_EQ(actual, expected)                                                                \
	do {                                                                                      \
		uint64_t check_actual_ = (uint64_t)(actual);                                      \
		uint64_t check_expected_ = (uint64_t)(expected);                                  \
												  \
		if (check_actual_ != check_expected_)                                             \
			FAIL("%s is 0x%" PRIx64 " (%" PRId64 "), not %s = 0x%" PRIx64, #actual,   \
			     check_actual_, (int64_t)check_actual_, #expected, check_expected_);  \
	} while (0)

#define CHECK_STR(actual, expected)                                                               \
	do {                                                                                      \
		const char *check_actual_ = (actual), *check_expected_ = (expected);              \
												  \
		if (strcmp(check_actual_, check_expected_) != 0)                                  \
			FAIL("%s is \"%s\", not \"%s\"", #actual, check_actual_,                  \
			     check_expected_);                                                    \
	} while (0)

/* A small random generator (xorshift64*), the same on every run. */
static inline uint64_t test_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

int main(void)
{
	volatile int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test_case *volatile test = test_first_; test; test = test->next) {
		test_name_ = test->name;
		if (setjmp(test_end_)) {
			failed++;
			continue;
		}
		test->run();
		printf("PASS: %s\n", test->name);
	}
	return failed ? 1 : 0;
}

#endif
