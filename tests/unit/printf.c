/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/printf.c against the host's printf.
 * SOURCES: hypervisor/lib/printf.c hypervisor/lib/kprintf.c
 */
#include "lib/printf.h"
#include "test.h"

/* The formats are built at run time, and some combine flags that the compiler would question. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define SAME(...)                                                                                 \
	do {                                                                                      \
		char ours_[512], theirs_[512];                                                    \
		int length_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);                    \
												  \
		CHECK_EQ(printf_snprintf(ours_, sizeof(ours_), __VA_ARGS__), length_);            \
		CHECK_STR(ours_, theirs_);                                                        \
	} while (0)

static const char *const flags[] = { "", "-", "0", "+", " ", "#", "-0", "+0", "-+", "#0", "# -+0" };
static const char *const widths[] = { "", "1", "7", "25" };
static const char *const precisions[] = { "", ".", ".0", ".1", ".9", ".30" };

static const int64_t integers[] = {
	0, 1, -1, 9, 10, 127, 128, 255, 256, -128, 32767, 32768, 65535, 0x7fffffff, 0x80000000,
	0xffffffff, 0x123456789abcdef, INT64_MAX, INT64_MIN, -255,
};

static void compare_format(const char *format, unsigned size)
{
	for (size_t i = 0; i < ARRAY_SIZE(integers); i++) {
		if (size == 8)
			SAME(format, integers[i]);
		else
			SAME(format, (int)integers[i]);
	}
}

static void compare_integers(const char *length, char letter, unsigned size)
{
	for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
		for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
			for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
				char format[64];

				snprintf(format, sizeof(format), "<%%%s%s%s%s%c>", flags[f],
					 widths[w], precisions[p], length, letter);
				compare_format(format, size);
			}
		}
	}
}

TEST("d and i write signed integers of every length, flag, width and precision")
{
	compare_integers("", 'd', 4);
	compare_integers("", 'i', 4);
	compare_integers("hh", 'd', 4);
	compare_integers("h", 'd', 4);
	compare_integers("l", 'd', 8);
	compare_integers("ll", 'i', 8);
	compare_integers("z", 'd', 8);
	compare_integers("j", 'd', 8);
	compare_integers("t", 'd', 8);
}

TEST("u, x, X and o write unsigned integers of every length, flag, width and precision")
{
	for (const char *letter = "uxXo"; *letter; letter++) {
		compare_integers("", *letter, 4);
		compare_integers("hh", *letter, 4);
		compare_integers("h", *letter, 4);
		compare_integers("l", *letter, 8);
		compare_integers("ll", *letter, 8);
		compare_integers("z", *letter, 8);
	}
}

TEST("s writes a string cut to its precision and padded to its width")
{
	char unterminated[3] = { 'a', 'b', 'c' };

	SAME("[%s]", "strata");
	SAME("[%10s][%-10s]", "strata", "strata");
	SAME("[%2s][%-2s]", "strata", "strata");
	SAME("[%.3s][%.0s][%.20s]", "strata", "strata", "strata");
	SAME("[%10.3s][%-10.3s]", "strata", "strata");
	SAME("[%.*s]", 3, unterminated);
	SAME("[%*s][%*s]", 9, "right", -9, "left");
	SAME("[%.*s]", -1, "all of it");
}

TEST("a null string is shown as such")
{
	const char *volatile null = NULL;
	char text[32];

	CHECK_EQ(printf_snprintf(text, sizeof(text), "%s|%9s", null, null), 16);
	CHECK_STR(text, "(null)|   (null)");
}

TEST("c, p and % write a character, an address and a percent sign")
{
	SAME("%c%c%c", 'a', '%', 'z');
	SAME("[%5c][%-5c]", 'x', 'y');
	SAME("%p", (void *)0x80200000);
	SAME("[%20p][%-20p]", (void *)0xffffffc000000000, (void *)0x1234);
	SAME("100%%");
}

TEST("text, several arguments and the fixed-width formats mix")
{
	SAME("vm %s: vcpu %d: %s at %#" PRIx64 " (%016" PRIx64 ")", "te", 1, "fault",
	     UINT64_C(0x80200004), UINT64_MAX);
	SAME("%d %ld %d %lx %u %s %" PRIu64 " %" PRId64 " %zu", 1, 2L, 3, 4UL, 5, "six",
	     UINT64_C(7), INT64_C(-8), sizeof(int));
	SAME("%*d|%-*d|%.*d", 8, 1, 8, 2, 8, 3);
	SAME("%s", "");
}

TEST("an unknown conversion is written as it stands")
{
	char text[32];

	CHECK_EQ(printf_snprintf(text, sizeof(text), "a%5qb%"), 6);
	CHECK_STR(text, "a%5qb%");
}

TEST("snprintf returns the whole length, cuts at the size and always terminates")
{
	char text[8];

	for (size_t size = 1; size <= sizeof(text); size++) {
		memset(text, '#', sizeof(text));
		CHECK_EQ(printf_snprintf(text, size, "%s%d", "abcdef", 123456), 12);
		CHECK_EQ(strlen(text), size - 1);
		CHECK_EQ(memcmp(text, "abcdef1", size - 1), 0);
		for (size_t i = size; i < sizeof(text); i++)
			CHECK_EQ(text[i], '#');
	}
	CHECK_EQ(printf_snprintf(NULL, 0, "%d", 12345), 5);
}

struct capture {
	char text[2048];
	size_t used, calls;
};

static void capture_put(void *ctx, const char *text, size_t size)
{
	struct capture *capture = ctx;

	CHECK(size <= 256 && capture->used + size < sizeof(capture->text));
	memcpy(capture->text + capture->used, text, size);
	capture->used += size;
	capture->calls++;
}

TEST("a sink gets a short text in one piece and a long one whole")
{
	static struct capture capture;
	char expected[1100];

	kprintf("nobody listens: %d", 1);
	printf_set_sink(capture_put, &capture);
	kprintf("%s: %d\n", "one", 1);
	CHECK_EQ(capture.calls, 1);
	CHECK_STR(capture.text, "one: 1\n");
	memset(&capture, 0, sizeof(capture));
	kprintf("%-500s|%0500d", "x", 7);
	snprintf(expected, sizeof(expected), "%-500s|%0500d", "x", 7);
	CHECK_STR(capture.text, expected);
	CHECK_EQ(capture.calls, 4);
	memset(&capture, 0, sizeof(capture));
	kprintf("%s", "");
	CHECK_EQ(capture.calls, 0);
	printf_set_sink(NULL, NULL);
}
