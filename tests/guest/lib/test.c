/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report of a test guest: PASS, FAIL and SKIP lines, and a last line with the totals.
 */
#include "guest.h"

static const char *test_name;
static bool test_over;
static unsigned int passed, failed, skipped;

void guest_start(uint64_t hartid, const void *dtb);

void guest_start(uint64_t hartid, const void *dtb)
{
	fdt_use(dtb);
	guest_main(hartid, dtb);
	test_finish();
}

void test_begin(const char *sentence)
{
	test_name = sentence;
	test_over = false;
}

void test_end(void)
{
	if (test_over)
		return;
	test_over = true;
	passed++;
	printf("PASS: %s\n", test_name);
}

void test_fail(const char *format, ...)
{
	va_list args;

	if (test_over)
		return;
	test_over = true;
	failed++;
	printf("FAIL: %s: ", test_name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

void test_skip(const char *reason)
{
	if (test_over)
		return;
	test_over = true;
	skipped++;
	printf("SKIP: %s: %s\n", test_name, reason);
}

void expect(bool condition, const char *what)
{
	if (!condition)
		test_fail("%s does not hold", what);
}

void expect_eq(uint64_t actual, uint64_t expected, const char *what)
{
	if (actual != expected)
		test_fail("%s: 0x%lx, not 0x%lx", what, actual, expected);
}

void test_finish(void)
{
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	power_off(failed != 0);
}
