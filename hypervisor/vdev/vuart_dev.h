/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial port of a VM: vuart behind a window, its line the VM's console.
 */
#ifndef VDEV_VUART_DEV_H
#define VDEV_VUART_DEV_H

#include "vm/vm.h"

/*
 * Build the device; the first one of a VM has the console's input. vm->console must exist.
 * Return: 0, -ENOMEM.
 */
int vuart_dev_create(struct vm *vm, const struct vdev_config *config);

#endif
