/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a block device stands on: so many sectors that can be read, written and flushed. A disk in
 * memory does it at once; one of the host's starts a transfer and tells when it is done.
 */
#ifndef VDEV_DISK_H
#define VDEV_DISK_H

#include "drv/host_blk.h"
#include "lib/types.h"

#define DISK_SECTOR_SHIFT	9

struct disk;

enum disk_kind { DISK_READ, DISK_WRITE, DISK_FLUSH };

/* A transfer of whole sectors between the disk and a buffer that is contiguous in the host. */
struct disk_transfer {
	enum disk_kind kind;
	uint64_t offset;		/* bytes on the disk */
	void *buffer;
	size_t size;
	/* No lock held. err: 0, -EIO. */
	void (*done)(struct disk_transfer *transfer, int err);
	struct host_blk_request request;	/* the disk's own */
};

/* Ranges lie inside the disk; the caller saw to it, and holds the device's lock. */
struct disk_ops {
	/*
	 * At once. Return: 0, -EIO; -ENOSPC from what writes: there is no memory or no room.
	 * zero: from now on the range reads 0; what held it is given back where that is possible.
	 */
	int (*read)(struct disk *disk, uint64_t offset, void *to, size_t size);
	int (*write)(struct disk *disk, uint64_t offset, const void *from, size_t size);
	int (*zero)(struct disk *disk, uint64_t offset, uint64_t size);
	int (*flush)(struct disk *disk);
	/* Or: start a transfer; none of the above is there then. */
	void (*start)(struct disk *disk, struct disk_transfer *transfer);
	/* Look whether transfers are done, instead of waiting for the interrupt. No lock held. */
	void (*poll)(struct disk *disk);
	void (*destroy)(struct disk *disk);
};

struct disk {
	const struct disk_ops *ops;
	uint64_t sectors;
	bool read_only;
	bool flush;			/* what is written may be in a cache until it is flushed */
};

#endif
