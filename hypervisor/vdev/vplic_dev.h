/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC of a VM: vplic behind a window, its contexts wired to vCPUs.
 */
#ifndef VDEV_VPLIC_DEV_H
#define VDEV_VPLIC_DEV_H

#include "vm/vm.h"

/* Build the device and make it the VM's interrupt controller. Return: 0, -ENOMEM, -EINVAL. */
int vplic_dev_create(struct vm *vm, const struct vdev_config *config);

#endif
