/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo: prints its arguments. echo [-n] [WORD...]
 * POSIX.1-2017, echo, with the -n that everybody has.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"

int main(int argc, char **argv)
{
	bool newline = true;
	long error = 0;
	int i = 1;

	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		newline = false;
		i++;
	}
	for (; i < argc && error == 0; i++) {
		error = write_all(1, argv[i], strlen(argv[i]));
		if (error == 0 && i + 1 < argc)
			error = write_all(1, " ", 1);
	}
	if (error == 0 && newline)
		error = write_all(1, "\n", 1);
	return error == 0 ? 0 : program_fail("standard output", error);
}
