/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The harness itself: order, checks that hold, and a failed check that ends only its own test.
 * SOURCES:
 */
#include "test.h"

static int order;

TEST("tests run in the order in which they are written: the first")
{
	CHECK_EQ(order++, 0);
}

TEST("tests run in the order in which they are written: the second")
{
	CHECK_EQ(order++, 1);
}

TEST("a check compares as 64-bit integers and sign-extends")
{
	int minus_one = -1;

	CHECK_EQ(minus_one, UINT64_MAX);
	CHECK_STR("a", "a");
}

TEST("a failed check ends its test")
{
	jmp_buf saved;
	volatile bool failed = false;

	memcpy(&saved, &test_end_, sizeof(saved));
	if (setjmp(test_end_))
		failed = true;
	else
		longjmp(test_end_, 1);
	memcpy(&test_end_, &saved, sizeof(saved));
	CHECK(failed);
}
