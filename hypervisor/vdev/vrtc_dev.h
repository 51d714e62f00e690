/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-time clock of a VM: vrtc behind a window, with the machine's time.
 */
#ifndef VDEV_VRTC_DEV_H
#define VDEV_VRTC_DEV_H

#include "vm/vm.h"

/* Build the device. Return: 0, -ENOMEM. */
int vrtc_dev_create(struct vm *vm, const struct vdev_config *config);

#endif
