/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated devices of a VM: built from its tree, reached by the guest through their windows.
 */
#ifndef VDEV_VDEV_H
#define VDEV_VDEV_H

#include "vm/vm.h"

/*
 * Build every device that vm->config.devices names, and the console that they write to; sets
 * vm->intc, vm->uart and vm->console. Called once, after vm_create() and before vm_start().
 * Return: 0; -ENOMEM or -EINVAL with one line in why. What was built stays with the VM and goes
 * with it (vdev_ops.destroy).
 */
int vdev_create_all(struct vm *vm, char *why, size_t why_size);

#endif
