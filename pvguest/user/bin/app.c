/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * app: a small server's inner loop, which asks much of the kernel. app [REQUESTS]
 * A request takes the time, loads a file, sums it up, writes a line of log and takes the time
 * again. Linked twice: with the ordinary C library as app, with the one in libpv as app-pv.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/service.h"

static const char *const path = "/etc/motd";

static unsigned int sum_of(const char *text, long length)
{
	unsigned int sum = 2166136261U;
	long i;

	for (i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)text[i]) * 16777619U;
	return sum;
}

static int64_t passed_ns(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000000000L + to->tv_nsec - from->tv_nsec;
}

/* 0, or what went wrong. */
static long request(int log, int64_t *longest_ns)
{
	struct timespec begin, end;
	char text[256];
	long length, error;
	int64_t ns;

	error = clock_read(CLOCK_MONOTONIC, &begin);
	length = file_load(path, text, sizeof(text));
	if (error < 0 || length <= 0)
		return error < 0 ? error : length < 0 ? length : -EIO;
	/* No time in the line: its digits would make the figures depend on when it was. */
	error = dprintf(log, "%s %ld %08x\n", path, length, sum_of(text, length));
	if (error >= 0)
		error = clock_read(CLOCK_MONOTONIC, &end);
	if (error < 0)
		return error;
	ns = passed_ns(&begin, &end);
	if (ns < 0)
		return -EIO;
	if (ns > *longest_ns)
		*longest_ns = ns;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long requests = 500;
	int64_t longest_ns = 0;
	long log = sys_open("/dev/null", O_WRONLY), error = 0;

	if (argc > 2 || (argc == 2 && program_number(argv[1], 100000000, &requests) != 0)) {
		dprintf(2, "usage: app [REQUESTS]\n");
		return 2;
	}
	if (log < 0)
		return program_fail("/dev/null", log);
	while (requests-- > 0 && error == 0)
		error = request((int)log, &longest_ns);
	printf("the longest request took %ld ns\n", longest_ns);
	return error != 0 ? program_fail("request", error) : 0;
}
