/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uname: names the system. uname [-a]
 * POSIX.1-2017, uname.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

int main(int argc, char **argv)
{
	struct utsname name;
	long error;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "-a") != 0)) {
		dprintf(2, "usage: uname [-a]\n");
		return 2;
	}
	error = sys_uname(&name);
	if (error < 0)
		return program_fail("uname", error);
	if (argc == 1)
		return puts(name.sysname) < 0;
	return printf("%s %s %s %s %s\n", name.sysname, name.nodename, name.release, name.version,
		      name.machine) < 0;
}
