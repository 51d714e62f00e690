/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtio block devices: requests are queued and completed by interrupt. Virtual I/O
 * Device (VIRTIO) Version 1.2, sections 2.7, 3.1, 4.2 and 5.2; MMIO transport, modern only.
 */
#ifndef DRV_HOST_BLK_H
#define DRV_HOST_BLK_H

#include <virtio/blk.h>
#include <virtio/virtio.h>
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/types.h"

#define HOST_BLK_QUEUE		64U
#define HOST_BLK_SLOTS		(HOST_BLK_QUEUE / 3)	/* header, data, status */

struct host_blk_request {
	struct list_head link;		/* the driver's, while it is under way */
	uint32_t type;			/* VIRTIO_BLK_T_IN, OUT or FLUSH */
	uint64_t sector;
	void *buffer;			/* in the direct map, contiguous; size bytes, 0 for FLUSH */
	uint32_t size;
	int err;			/* when it is done: 0, -EIO */
	/* It is done; no lock held. It may be submitted again. */
	void (*done)(struct host_blk_request *request);
};

/* What driver and device share: one page of memory. */
struct host_blk_rings {
	struct virtq_desc desc[HOST_BLK_QUEUE];
	struct {
		uint16_t flags, idx, ring[HOST_BLK_QUEUE], used_event;
	} avail;
	struct {
		uint16_t flags, idx;
		struct {
			uint32_t id, len;
		} ring[HOST_BLK_QUEUE];
		uint16_t avail_event;
	} used __attribute__((aligned(4)));
	struct virtio_blk_header headers[HOST_BLK_SLOTS];
	uint8_t status[HOST_BLK_SLOTS];
};
_Static_assert(sizeof(struct host_blk_rings) <= 4096, "one page");

struct host_blk {
	uint8_t *base;
	uint64_t sectors;
	bool read_only, flush;

	struct spinlock lock;		/* guards what follows */
	struct host_blk_rings *rings;
	struct host_blk_request *slots[HOST_BLK_SLOTS];	/* NULL: free */
	struct list_head waiting;	/* for a slot */
	uint16_t used_seen;
};

/*
 * Start the device whose registers are mapped at base, with a zeroed page for its rings.
 * Return: 0; -ENODEV: no block device is there; -EINVAL: it is a legacy one, or does not agree.
 */
int host_blk_init(struct host_blk *blk, void *base, void *page);
/* Queue a request. From any hart; a device's lock may be held. */
void host_blk_submit(struct host_blk *blk, struct host_blk_request *request);
/* Take what is done. The interrupt's handler, with no lock held; also to poll. */
void host_blk_interrupt(void *blk);
/* One request from its beginning to its end, by polling. Return: 0, -EIO. */
int host_blk_sync(struct host_blk *blk, uint32_t type, uint64_t sector, void *buffer,
		  uint32_t size);

#endif
