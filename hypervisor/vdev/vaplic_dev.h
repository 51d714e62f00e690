/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The APLIC of a VM: vaplic behind a window, its MSIs sent to the VM's IMSICs.
 */
#ifndef VDEV_VAPLIC_DEV_H
#define VDEV_VAPLIC_DEV_H

#include "vm/vm.h"

/* -ENOMEM, -EINVAL */
int vaplic_dev_create(struct vm *vm, const struct vdev_config *config);

#endif
