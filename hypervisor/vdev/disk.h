/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a block device stands on: so many sectors that can be read, written, zeroed and flushed.
 */
#ifndef VDEV_DISK_H
#define VDEV_DISK_H

#include "lib/types.h"

#define DISK_SECTOR_SHIFT	9

struct disk;

/* Ranges lie inside the disk; the caller saw to it. The device's lock is held. */
struct disk_ops {
	/* Return: 0, -EIO; -ENOSPC from what writes: there is no memory or no room. */
	int (*read)(struct disk *disk, uint64_t offset, void *to, size_t size);
	int (*write)(struct disk *disk, uint64_t offset, const void *from, size_t size);
	/* From now on the range reads 0; what held it is given back where that is possible. */
	int (*zero)(struct disk *disk, uint64_t offset, uint64_t size);
	int (*flush)(struct disk *disk);
	void (*destroy)(struct disk *disk);
};

struct disk {
	const struct disk_ops *ops;
	uint64_t sectors;
	bool read_only;
};

#endif
