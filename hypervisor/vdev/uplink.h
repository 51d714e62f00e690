/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's network device as a port of a switch: the VMs' way out of the machine.
 */
#ifndef VDEV_UPLINK_H
#define VDEV_UPLINK_H

#include "drv/host_net.h"

/* Make a device that was started a port of the default switch. Return: 0, -ENOMEM. By boot. */
int uplink_create(struct host_net *net);
/* The device's interrupt; arg is what uplink_create() was given. No lock held. */
void uplink_interrupt(void *net);

#endif
