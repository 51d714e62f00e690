/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices as files: /dev/vda, /dev/vda1.
 * Linux, include/uapi/linux/fs.h (the ioctls).
 */
#ifndef FS_BLOCKDEV_H
#define FS_BLOCKDEV_H

#include "lib/types.h"

/* Enters all block devices in /dev. */
void blockdev_init(void);
/* Mounts the disk of that name ("/dev/vda1") instead of the root file system. */
int blockdev_mount_root(const char *name, const char *type, uint64_t flags);
/* What was written to the devices themselves. */
void blockdev_sync_all(void);

#endif
