/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spin: takes the processor without a system call. spin [SECONDS]; for ever without.
 */
#include <stdint.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/syscall.h"

#define ROUNDS_PER_LOOK 100000

static void spin_rounds(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS_PER_LOOK; i++)
		__asm__ volatile("");	/* volatile: the loop stays */
}

int main(int argc, char **argv)
{
	struct timespec now = { 0 }, end = { 0 };
	unsigned long seconds = 0;

	if (argc > 2 || (argc == 2 && program_number(argv[1], 1000000, &seconds) != 0)) {
		dprintf(2, "usage: spin [SECONDS]\n");
		return 2;
	}
	if (argc == 1) {
		for (;;)
			spin_rounds();
	}
	sys_clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (int64_t)seconds;
	do {
		spin_rounds();
		sys_clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec ||
		 (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
	return 0;
}
