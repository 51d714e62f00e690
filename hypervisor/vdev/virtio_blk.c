/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device on a disk. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.
 *
 * Requests are carried out in the driver's notification, in their order. What one notification may
 * cost is bounded: if there is more, the driver's store is repeated, and between two of them its
 * vCPU can be interrupted and preempted as anywhere.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtio_blk.h"

#define QUEUE_REQUESTS		0
#define SLICE_BYTES		(256UL << 10)	/* for one notification */
#define REQUEST_COST		1024UL		/* of a request, in bytes, beside its data */
#define SEGMENT_COST		64UL		/* of each of its buffers */
#define RANGE_SECTORS_MAX	(32768U)	/* of discard and write zeroes: 16 MiB */

static struct virtio_blk *blk_of(struct virtio *dev)
{
	return container_of(dev, struct virtio_blk, virtio);
}

static bool on_disk(const struct virtio_blk *blk, uint64_t sector, uint64_t sectors)
{
	return sector <= blk->disk->sectors && sectors <= blk->disk->sectors - sector;
}

static uint8_t status_of(int err)
{
	return err ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

/* ---- Kinds of requests; each sets status, and left if there is data to move ---- */

static void begin_data(struct virtio_blk *blk, uint64_t sector, uint64_t bytes)
{
	if (bytes % VIRTIO_BLK_SECTOR != 0 ||
	    !on_disk(blk, sector, bytes >> VIRTIO_BLK_SECTOR_SHIFT)) {
		blk->status = VIRTIO_BLK_S_IOERR;
		return;
	}
	blk->position = sector << VIRTIO_BLK_SECTOR_SHIFT;
	blk->left = bytes;
}

static void begin_write(struct virtio_blk *blk, uint64_t sector)
{
	if (blk->disk->read_only)
		blk->status = VIRTIO_BLK_S_IOERR;
	else
		begin_data(blk, sector, blk->chain.out_bytes - sizeof(struct virtio_blk_header));
}

static void get_id(struct virtio_blk *blk)
{
	struct virtqueue_cursor in = virtqueue_in(&blk->chain);

	virtqueue_write(&blk->virtio.queues[QUEUE_REQUESTS], &blk->chain, &in, blk->id,
			MIN(sizeof(blk->id), blk->chain.in_bytes - 1));
}

/* Discard, or write zeroes: one range, as config says. */
static void zero_range(struct virtio_blk *blk)
{
	uint32_t allowed = blk->type == VIRTIO_BLK_T_DISCARD ? 0 : VIRTIO_BLK_RANGE_UNMAP;
	struct virtio_blk_range range;

	blk->status = VIRTIO_BLK_S_IOERR;
	if (blk->disk->read_only ||
	    blk->chain.out_bytes != sizeof(struct virtio_blk_header) + sizeof(range) ||
	    virtqueue_read(&blk->virtio.queues[QUEUE_REQUESTS], &blk->chain, &blk->cursor, &range,
			   sizeof(range)) != sizeof(range))
		return;
	if (range.flags & ~allowed)
		blk->status = VIRTIO_BLK_S_UNSUPP;
	else if (range.sectors <= RANGE_SECTORS_MAX && on_disk(blk, range.sector, range.sectors))
		blk->status = status_of(
			blk->disk->ops->zero(blk->disk, range.sector << VIRTIO_BLK_SECTOR_SHIFT,
					     (uint64_t)range.sectors << VIRTIO_BLK_SECTOR_SHIFT));
}

/* Read the header of the chain that was taken. Return: 0; -EINVAL: it is no request at all. */
static int request_begin(struct virtio_blk *blk)
{
	struct virtqueue_chain *chain = &blk->chain;
	struct virtio_blk_header header;

	blk->cursor = virtqueue_out(chain);
	if (chain->in_bytes == 0 ||
	    virtqueue_read(&blk->virtio.queues[QUEUE_REQUESTS], chain, &blk->cursor, &header,
			   sizeof(header)) != sizeof(header))
		return -EINVAL;
	blk->busy = true;
	blk->requests++;
	blk->type = header.type;
	blk->status = VIRTIO_BLK_S_OK;
	blk->left = 0;
	switch (header.type) {
	case VIRTIO_BLK_T_IN:
		blk->cursor = virtqueue_in(chain);
		begin_data(blk, header.sector, chain->in_bytes - 1);
		break;
	case VIRTIO_BLK_T_OUT:
		begin_write(blk, header.sector);
		break;
	case VIRTIO_BLK_T_FLUSH:
		blk->status = status_of(blk->disk->ops->flush(blk->disk));
		break;
	case VIRTIO_BLK_T_GET_ID:
		get_id(blk);
		break;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		zero_range(blk);
		break;
	default:
		blk->status = VIRTIO_BLK_S_UNSUPP;
		break;
	}
	return 0;
}

/* ---- Its course ---- */

/* Move the next piece of data, which is contiguous in the host. */
static int piece_move(struct virtio_blk *blk, void *at, size_t size)
{
	const struct disk_ops *ops = blk->disk->ops;

	if (at == NULL)
		return -EIO;
	if (blk->type == VIRTIO_BLK_T_IN)
		return ops->read(blk->disk, blk->position, at, size);
	return ops->write(blk->disk, blk->position, at, size);
}

/* Move data until there is none left or the budget is used up. */
static void request_move(struct virtio_blk *blk, size_t *budget)
{
	const struct virtqueue *queue = &blk->virtio.queues[QUEUE_REQUESTS];

	while (blk->left > 0 && *budget > 0) {
		size_t got;
		void *at = virtqueue_map(queue, &blk->chain, &blk->cursor,
					 MIN(blk->left, *budget), &got);

		if (piece_move(blk, at, got)) {
			blk->status = VIRTIO_BLK_S_IOERR;
			blk->left = 0;
			return;
		}
		blk->position += got;
		blk->left -= got;
		*budget -= got;
	}
}

/* The status is the last byte that we write, wherever it lies. Return: 0, -EINVAL. */
static int request_end(struct virtio_blk *blk)
{
	struct virtqueue *queue = &blk->virtio.queues[QUEUE_REQUESTS];
	struct virtqueue_cursor in = virtqueue_in(&blk->chain);

	virtqueue_skip(&blk->chain, &in, blk->chain.in_bytes - 1);
	virtqueue_write(queue, &blk->chain, &in, &blk->status, 1);
	blk->busy = false;
	return virtqueue_give(queue, blk->chain.head,
			      (uint32_t)MIN(blk->chain.in_bytes, (uint64_t)UINT32_MAX));
}

/* Work on the queue until it is empty: 0; the budget is used up: -EAGAIN; or -EINVAL. */
static int requests_run(struct virtio_blk *blk, size_t budget)
{
	struct virtqueue *queue = &blk->virtio.queues[QUEUE_REQUESTS];

	for (;;) {
		if (!blk->busy) {
			int took;

			if (budget == 0)
				return -EAGAIN;
			took = virtqueue_take(queue, &blk->chain);
			if (took <= 0)
				return took;
			if (request_begin(blk))
				return -EINVAL;
			budget -= MIN(budget, REQUEST_COST + SEGMENT_COST * blk->chain.count);
		}
		request_move(blk, &budget);
		if (blk->left > 0)
			return -EAGAIN;
		if (request_end(blk))
			return -EINVAL;
	}
}

static int blk_notify(struct virtio *dev, unsigned index)
{
	struct virtio_blk *blk = blk_of(dev);
	struct virtqueue *queue = &dev->queues[index];
	uint16_t before = queue->next_used;
	int err;

	virtqueue_notify_off(queue);
	err = requests_run(blk, SLICE_BYTES);
	/* More that came before we asked to be told has no notification of its own. */
	if (err == 0 && virtqueue_notify_on(queue))
		err = -EAGAIN;
	if (queue->next_used != before)
		virtio_used(dev, index);
	if (err == -EINVAL)
		virtio_broken(dev);
	return err == -EAGAIN ? err : 0;
}

static void blk_reset(struct virtio *dev, unsigned queue)
{
	(void)queue;
	blk_of(dev)->busy = false;
}

static const struct virtio_class blk_class = {
	.id = VIRTIO_ID_BLOCK,
	.queue_count = 1,
	.notify = blk_notify,
	.reset = blk_reset,
};

void virtio_blk_init(struct virtio_blk *blk, struct disk *disk, const char *id,
		     const struct virtqueue_memory *memory,
		     void (*interrupt)(void *arg, bool level), void *arg)
{
	uint64_t features = VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH |
			    (disk->read_only ? VIRTIO_BLK_F_RO :
					       VIRTIO_BLK_F_DISCARD | VIRTIO_BLK_F_WRITE_ZEROES);

	memset(blk, 0, sizeof(*blk));
	blk->disk = disk;
	memcpy(blk->id, id, strnlen(id, sizeof(blk->id)));
	blk->config = (struct virtio_blk_config){
		.capacity = disk->sectors,
		.seg_max = VIRTQUEUE_SIZE_MAX - 2,
		.blk_size = VIRTIO_BLK_SECTOR,
		.num_queues = 1,
		.max_discard_sectors = RANGE_SECTORS_MAX,
		.max_discard_seg = 1,
		.discard_sector_alignment = 8,
		.max_write_zeroes_sectors = RANGE_SECTORS_MAX,
		.max_write_zeroes_seg = 1,
		.write_zeroes_may_unmap = 1,
	};
	virtio_init(&blk->virtio, &blk_class, features, &blk->config, sizeof(blk->config), memory,
		    interrupt, arg);
}
