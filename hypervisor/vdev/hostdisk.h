/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that is one of the host's, or a part of it.
 */
#ifndef VDEV_HOSTDISK_H
#define VDEV_HOSTDISK_H

#include "drv/host_blk.h"
#include "vdev/disk.h"

/* kalloc'ed: `sectors` of the device from `first` on. Return: NULL without memory. */
struct disk *hostdisk_create(struct host_blk *blk, uint64_t first, uint64_t sectors,
			     bool read_only);

#endif
