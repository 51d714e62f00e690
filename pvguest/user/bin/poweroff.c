/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poweroff: switches the machine off by reboot(2). poweroff [-r] [-f]
 * Without -f only where pvguest's init says that it started everything (in PVGUEST), so that
 * trying it under user emulation does not switch the host off.
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

int main(int argc, char **argv)
{
	unsigned int command = REBOOT_CMD_POWER_OFF;
	bool force = program_getenv("PVGUEST") != NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-f") == 0) {
			force = true;
		} else if (strcmp(argv[i], "-r") == 0) {
			command = REBOOT_CMD_RESTART;
		} else {
			dprintf(2, "usage: poweroff [-r] [-f]\n");
			return 2;
		}
	}
	if (!force) {
		dprintf(2, "poweroff: not started by pvguest's init; -f does it all the same\n");
		return 1;
	}
	return program_fail("reboot", sys_reboot(command));
}
