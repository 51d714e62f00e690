/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device on a disk. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.
 */
#ifndef VDEV_VIRTIO_BLK_H
#define VDEV_VIRTIO_BLK_H

#include <virtio/blk.h>
#include "vdev/disk.h"
#include "vdev/virtio_mmio.h"

#define VIRTIO_BLK_BOUNCE_BYTES	(64UL << 10)	/* of a transfer to a disk of the host */

struct virtio_blk;

/* A request under way. On a disk in memory there is one at a time, done in slices if it is long. */
struct virtio_blk_request {
	struct virtio_blk *blk;		/* whose it is */
	bool busy;
	bool started;			/* its transfer is under way */
	bool orphan;			/* of nobody: the driver has reset the device meanwhile */
	uint32_t type;
	uint8_t status;
	uint64_t position, left;	/* bytes: where on the disk, and how many are to be done */
	uint64_t cost;			/* of it, in bytes, beside its data */
	struct virtqueue_cursor cursor;
	struct virtqueue_chain chain;
	/* Disks of the host: the owner gives each a buffer of VIRTIO_BLK_BOUNCE_BYTES, and done. */
	struct disk_transfer transfer;
};

struct virtio_blk {
	struct virtio virtio;
	struct disk *disk;
	struct virtio_blk_config config;
	char id[VIRTIO_BLK_ID_BYTES];
	struct virtio_blk_request *slots;	/* the owner's; one for a disk in memory */
	unsigned slot_count;
	uint64_t requests;		/* since the beginning */
};

/* Reset state; id is cut to 20 bytes. Disk and slots are the caller's. */
void virtio_blk_init(struct virtio_blk *blk, struct disk *disk, const char *id,
		     struct virtio_blk_request *slots, unsigned slot_count,
		     const struct virtqueue_memory *memory,
		     void (*interrupt)(void *arg, bool level), void *arg);
/* A slot's transfer is done: the owner's callback says so, with its lock held. */
void virtio_blk_done(struct virtio_blk *blk, struct virtio_blk_request *request, int err);
/* No transfer is under way. */
bool virtio_blk_is_idle(const struct virtio_blk *blk);

#endif
