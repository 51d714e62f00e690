/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * false: fails.
 * POSIX.1-2017, false.
 */
#include "lib/program.h"

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}
