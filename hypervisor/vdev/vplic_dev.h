/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC of a VM: vplic behind a window, its contexts wired to vCPUs.
 */
#ifndef VDEV_VPLIC_DEV_H
#define VDEV_VPLIC_DEV_H

#include "vm/vm.h"

/* Build the device and make it the VM's interrupt controller. Return: 0, -ENOMEM, -EINVAL. */
int vplic_dev_create(struct vm *vm, const struct vdev_config *config);
/*
 * A device of the VM drives its interrupt line; from any hart, with at most device locks held
 * (a device's lock nests outside the PLIC's). Without a PLIC, or for source 0: nothing.
 */
void vplic_dev_set_level(struct vm *vm, unsigned source, bool level);

#endif
