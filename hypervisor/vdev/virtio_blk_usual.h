/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block requests that drivers mostly make, carried out at once on a disk in memory. Pure.
 * Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.6. vdev/virtio_blk.c does all the others.
 */
#ifndef VDEV_VIRTIO_BLK_USUAL_H
#define VDEV_VIRTIO_BLK_USUAL_H

#include "vdev/virtio_blk.h"

#define QUEUE_REQUESTS		0
#define REQUEST_COST		1024UL		/* of a request, in bytes, beside its data */
#define SEGMENT_COST		64UL		/* of each of its buffers */

static inline struct virtqueue *queue_of(struct virtio_blk *blk)
{
	return &blk->virtio.queues[QUEUE_REQUESTS];
}

static inline bool on_disk(const struct virtio_blk *blk, uint64_t sector, uint64_t sectors)
{
	return sector <= blk->disk->sectors && sectors <= blk->disk->sectors - sector;
}

static inline uint8_t status_of(int err)
{
	return err ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

/* There is room for a header and a status: it is a request. */
static inline bool is_request(const struct virtqueue_chain *chain)
{
	return chain->out_bytes >= sizeof(struct virtio_blk_header) && chain->in_bytes != 0;
}

/* The header of a request whose chain was taken, wherever it lies. */
static __attribute__((noinline)) struct virtio_blk_header
header_load(struct virtio_blk *blk, const struct virtqueue_chain *chain)
{
	struct virtqueue_cursor out = virtqueue_out(chain);
	struct virtio_blk_header header = { 0 };

	virtqueue_read(queue_of(blk), chain, &out, &header, sizeof(header));
	return header;
}

/* It is a request in the three buffers of 5.2.6, each in one piece. Whichever way the data goes. */
static inline bool is_usual(const struct virtqueue_chain *chain)
{
	const struct virtqueue_segment *s = chain->segments;

	return chain->count == 3 && chain->out_count - 1 < 2 &&
	       s[0].size == sizeof(struct virtio_blk_header) && s[1].size != 0 && s[2].size == 1 &&
	       s[1].at != NULL && s[2].at != NULL && s[0].at != NULL &&
	       IS_ALIGNED((uintptr_t)s[0].at, sizeof(uint64_t));
}

/* The header of a usual request; each word is loaded once. */
static inline struct virtio_blk_header header_usual(const struct virtqueue_chain *chain)
{
	const uint64_t *words = (const uint64_t *)(const void *)chain->segments[0].at;

	return (struct virtio_blk_header){ .type = (uint32_t)READ_ONCE(words[0]),
					   .sector = READ_ONCE(words[1]) };
}

/*
 * A usual request is for sectors that there are, no more than may be done at once, and its data
 * goes the right way. All else, and what must fail, is request_begin()'s.
 */
static inline bool is_good(const struct virtio_blk *blk, const struct virtqueue_chain *chain,
			   struct virtio_blk_header header, size_t budget)
{
	uint64_t size = chain->segments[1].size;

	_Static_assert(VIRTIO_BLK_T_IN == 0 && VIRTIO_BLK_T_OUT == 1, "one buffer more to read");
	return chain->out_count == header.type + 1 && size <= budget &&
	       size % VIRTIO_BLK_SECTOR == 0 &&
	       on_disk(blk, header.sector, size >> VIRTIO_BLK_SECTOR_SHIFT) &&
	       !(header.type == VIRTIO_BLK_T_OUT && blk->disk->read_only);
}

/* Do it. Return: 0, -EINVAL. */
static inline int request_usual(struct virtio_blk *blk, const struct virtqueue_chain *chain,
				struct virtio_blk_header header)
{
	const struct virtqueue_segment *s = chain->segments;
	uint64_t position = header.sector << VIRTIO_BLK_SECTOR_SHIFT;
	struct disk *disk = blk->disk;
	int err;

	blk->requests++;
	if (header.type == VIRTIO_BLK_T_IN)
		err = disk->ops->read(disk, position, s[1].at, s[1].size);
	else
		err = disk->ops->write(disk, position, s[1].at, s[1].size);
	if (unlikely(err)) {
		*s[2].at = VIRTIO_BLK_S_IOERR;
		/* Of a read the status is not the first byte. */
		return virtqueue_give(queue_of(blk), chain->head, header.type == VIRTIO_BLK_T_OUT);
	}
	*s[2].at = VIRTIO_BLK_S_OK;
	return virtqueue_give(queue_of(blk), chain->head, (uint32_t)chain->in_bytes);
}

#endif
