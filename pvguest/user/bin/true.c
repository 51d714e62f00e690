/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * true: succeeds. The program that exec of bench starts.
 * POSIX.1-2017, true.
 */
#include "lib/program.h"

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
