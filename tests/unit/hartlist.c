/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitor/hartlist.c: lists of harts.
 * SOURCES: hypervisor/monitor/hartlist.c hypervisor/lib/string.c
 */
#include "monitor/hartlist.h"
#include "test.h"

static uint64_t map[2];

static bool parse(const char *text, unsigned count)
{
	memset(map, 0, sizeof(map));
	return hartlist_parse(text, count, map);
}

TEST("a list of harts is numbers and ranges with commas, or all")
{
	CHECK(parse("0", 1));
	CHECK_EQ(map[0], 1);
	CHECK(parse("0,2-3", 8));
	CHECK_EQ(map[0], 0xd);
	CHECK(parse("all", 8));
	CHECK_EQ(map[0], 0xff);
	CHECK(parse("63-64,5", 70));
	CHECK_EQ(map[0], 1UL << 63 | 1UL << 5);
	CHECK_EQ(map[1], 1);
}

TEST("what is no list, or names a hart that is not there, is refused")
{
	static const char *const bad[] = { "", ",", "1,", ",1", "-", "1-", "-1", "3-2", "1--2",
					   "8", "0-8", "1 2", "x", "ALL", "99999999999999999999" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!parse(bad[i], 8));
}
