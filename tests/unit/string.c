/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/string.c against the host's libc, at every alignment.
 * SOURCES: hypervisor/lib/string.c
 */
#include "lib/string.h"
#include "lib/errno.h"
#include "test.h"

#define ROOM		320

static const size_t sizes[] = { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 127, 200, 260 };

static uint8_t ours[ROOM] __attribute__((aligned(64)));
static uint8_t theirs[ROOM] __attribute__((aligned(64)));
static uint8_t source[ROOM] __attribute__((aligned(64)));

static void fill(void)
{
	static uint64_t seed = 1;

	for (size_t i = 0; i < ROOM; i++) {
		source[i] = (uint8_t)test_random(&seed);
		ours[i] = theirs[i] = (uint8_t)test_random(&seed);
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

TEST("memcpy copies exactly the block at every alignment of both")
{
	for (size_t to = 0; to < 16; to++) {
		for (size_t from = 0; from < 16; from++) {
			for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
				fill();
				memcpy(theirs + to, source + from, sizes[i]);
				string_memcpy(ours + to, source + from, sizes[i]);
				CHECK_EQ(memcmp(ours, theirs, ROOM), 0);
			}
		}
	}
}

TEST("memmove copies overlapping blocks in either direction")
{
	for (size_t to = 0; to < 40; to++) {
		for (size_t from = 0; from < 40; from++) {
			for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
				fill();
				memmove(theirs + to, theirs + from, sizes[i]);
				memcpy(source, ours, ROOM);
				string_memmove(ours + to, ours + from, sizes[i]);
				for (size_t k = 0; k < sizes[i]; k++)
					CHECK_EQ(ours[to + k], source[from + k]);
				for (size_t k = 0; k < ROOM; k++)
					if (k < to || k >= to + sizes[i])
						CHECK_EQ(ours[k], source[k]);
			}
		}
	}
}

TEST("memset writes exactly the block and only the low byte of its argument")
{
	for (size_t to = 0; to < 16; to++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			fill();
			memcpy(theirs, ours, ROOM);
			memset(theirs + to, 0x1a5, sizes[i]);
			string_memset(ours + to, 0x1a5, sizes[i]);
			CHECK_EQ(memcmp(ours, theirs, ROOM), 0);
		}
	}
}

TEST("memory_zero clears exactly its multiple of 64 bytes")
{
	fill();
	memcpy(theirs, ours, ROOM);
	memset(theirs + 64, 0, 128);
	memory_zero(ours + 64, 128);
	CHECK_EQ(memcmp(ours, theirs, ROOM), 0);
}

TEST("memcmp orders by the first byte that differs, as unsigned")
{
	for (size_t align = 0; align < 8; align++) {
		for (size_t at = 0; at < 70; at++) {
			fill();
			memcpy(ours + align, source, 70);
			CHECK_EQ(string_memcmp(ours + align, source, 70), 0);
			ours[align + at] ^= 0x80;
			CHECK_EQ(sign(string_memcmp(ours + align, source, 70)),
				 sign(memcmp(ours + align, source, 70)));
			CHECK_EQ(string_memcmp(ours + align, source, at), 0);
		}
	}
}

TEST("memchr finds the first byte inside the block only")
{
	const char *text = "a,b,c";

	CHECK(string_memchr(text, ',', 5) == text + 1);
	CHECK(string_memchr(text, 'c', 4) == NULL);
	CHECK(string_memchr(text, 0, 6) == text + 5);
	CHECK(string_memchr(text, 'a', 0) == NULL);
}

TEST("strlen and strnlen count to the terminator or the limit")
{
	CHECK_EQ(string_strlen(""), 0);
	CHECK_EQ(string_strlen("strata"), 6);
	CHECK_EQ(string_strnlen("strata", 3), 3);
	CHECK_EQ(string_strnlen("strata", 30), 6);
	CHECK_EQ(string_strnlen("strata", 0), 0);
}

TEST("strcmp and strncmp order as unsigned bytes and stop at the terminator")
{
	static const char *const words[] = { "", "a", "ab", "abc", "abd", "b", "\xff", "a\x80" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(words); j++) {
			CHECK_EQ(sign(string_strcmp(words[i], words[j])),
				 sign(strcmp(words[i], words[j])));
			for (size_t n = 0; n < 5; n++)
				CHECK_EQ(sign(string_strncmp(words[i], words[j], n)),
					 sign(strncmp(words[i], words[j], n)));
		}
	}
}

TEST("strchr and strrchr find the first and the last, and the terminator")
{
	const char *path = "dts/pvguest/te";

	CHECK(string_strchr(path, '/') == path + 3);
	CHECK(string_strrchr(path, '/') == path + 11);
	CHECK(string_strchr(path, 'z') == NULL);
	CHECK(string_strrchr(path, 'z') == NULL);
	CHECK(string_strchr(path, 0) == path + 14);
	CHECK(string_strrchr(path, 0) == path + 14);
}

TEST("strlcpy terminates always and returns the length of its source")
{
	char text[4] = "xyz";

	CHECK_EQ(strlcpy(text, "abcdef", sizeof(text)), 6);
	CHECK_STR(text, "abc");
	CHECK_EQ(strlcpy(text, "q", sizeof(text)), 1);
	CHECK_STR(text, "q");
	CHECK_EQ(strlcpy(text, "zz", 1), 2);
	CHECK_STR(text, "");
	CHECK_EQ(strlcpy(text, "zz", 0), 2);
}

TEST("string_to_u64 reads decimal and hexadecimal numbers")
{
	uint64_t value = 0;

	CHECK_EQ(string_to_u64("0", &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(string_to_u64("18446744073709551615", &value), 0);
	CHECK_EQ(value, UINT64_MAX);
	CHECK_EQ(string_to_u64("0xFFFFffff00000000", &value), 0);
	CHECK_EQ(value, 0xffffffff00000000);
}

TEST("string_to_u64 refuses what is not a number and what does not fit, and keeps the value")
{
	static const char *const bad[] = { "", "0x", "-1", "+1", " 1", "1 ", "12a", "0xg", "x" };
	uint64_t value = 42;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(string_to_u64(bad[i], &value), -EINVAL);
	CHECK_EQ(string_to_u64("18446744073709551616", &value), -ERANGE);
	CHECK_EQ(string_to_u64("0x10000000000000000", &value), -ERANGE);
	CHECK_EQ(value, 42);
}
