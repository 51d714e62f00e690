/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the virtual machines that the archive holds, and the end of the last one.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "boot/host_dt.h"
#include "vm/vm.h"

/*
 * Build and start every VM whose tree is in the archive (the initrd). A VM that cannot be is
 * refused with one line, and the others start. Boot hart, once.
 */
void boot_vms(const struct host_info *host);
/* The monitor's order: the VM whose tree has this name, which has ended; says so, or why not. */
void boot_vm_create(const char *name);
/* A VM has ended on every hart: say so, and leave if it was the last; or reset it, to reboot. */
void boot_vm_ended(struct vm *vm);
/* A step on a rebooting or created VM's way to run; by its vCPU 0. */
void boot_vm_prepare(struct vm *vm);
/* The monitor's order to end the machine; its VMs have been told to stop. */
void boot_poweroff(void);

#endif
