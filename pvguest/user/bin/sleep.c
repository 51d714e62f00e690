/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sleep: waits. sleep SECONDS, where SECONDS may have a fraction such as 0.25
 * POSIX.1-2017, sleep.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

static int parse(const char *text, struct timespec *time)
{
	long unit = 100000000;

	*time = (struct timespec){ 0 };
	if (*text == '\0')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (time->tv_sec > 100000000)
			return -1;
		time->tv_sec = time->tv_sec * 10 + (*text - '0');
	}
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
			time->tv_nsec += unit * (*text - '0');
	}
	return *text == '\0' ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct timespec time;
	long error;

	if (argc != 2 || parse(argv[1], &time) != 0) {
		dprintf(2, "usage: sleep SECONDS\n");
		return 2;
	}
	do {
		error = sys_nanosleep(&time, &time);
	} while (error == -EINTR);
	return error == 0 ? 0 : program_fail(argv[1], error);
}
