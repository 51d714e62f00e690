/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * env: prints its environment.
 * POSIX.1-2017, env, without the running of programs.
 */
#include <stddef.h>

#include "lib/printf.h"
#include "lib/program.h"

int main(int argc, char **argv)
{
	char **env;

	(void)argv;
	if (argc != 1) {
		dprintf(2, "usage: env\n");
		return 2;
	}
	for (env = program_environ; *env != NULL; env++)
		puts(*env);
	return 0;
}
