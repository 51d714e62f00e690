/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello: says hello and from which process; the smallest program with output.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/syscall.h"

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return printf("Hello from user mode, process %ld.\n", sys_getpid()) < 0;
}
