/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device on a disk. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.
 */
#ifndef VDEV_VIRTIO_BLK_H
#define VDEV_VIRTIO_BLK_H

#include <virtio/blk.h>
#include "vdev/disk.h"
#include "vdev/virtio_mmio.h"

struct virtio_blk {
	struct virtio virtio;
	struct disk *disk;
	struct virtio_blk_config config;
	char id[VIRTIO_BLK_ID_BYTES];

	/* The request under way: one that is long is done in slices. */
	bool busy;
	uint32_t type;
	uint8_t status;
	uint64_t position, left;	/* bytes: where on the disk, and how many are to be done */
	struct virtqueue_cursor cursor;
	struct virtqueue_chain chain;

	uint64_t requests;		/* since the beginning */
};

/* Reset state; id is cut to 20 bytes. The disk is the caller's to destroy. */
void virtio_blk_init(struct virtio_blk *blk, struct disk *disk, const char *id,
		     const struct virtqueue_memory *memory,
		     void (*interrupt)(void *arg, bool level), void *arg);

#endif
