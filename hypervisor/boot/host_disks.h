/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's disks: found at boot, given to VMs whole or by partition.
 */
#ifndef BOOT_HOST_DISKS_H
#define BOOT_HOST_DISKS_H

#include "boot/host_dt.h"
#include "vm/config.h"

/* Start the block devices among the machine's virtio windows; PLIC and console are there. */
void host_disks_init(const struct host_info *host);
/*
 * Fill in what a device's config says of a host disk. A range that may be written is one VM's.
 * Return: 0; -ENOENT, -EINVAL, -EBUSY with one line in why.
 */
int host_disks_claim(struct vdev_config *device, char *why, size_t why_size);
/* A VM that was refused or has ended gives back what its device has claimed, if it has. */
void host_disks_release(const struct vdev_config *device);

#endif
