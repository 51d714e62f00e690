/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device on a disk. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.
 *
 * On a disk in memory requests are carried out in the driver's notification, in their order. What
 * one notification may cost is bounded: if there is more, the driver's store is repeated, and
 * between two of them its vCPU can be interrupted and preempted as anywhere.
 *
 * On a disk of the host as many requests are under way as there are slots; data goes through the
 * slot's buffer, so that the host's device never writes into a guest's memory, which the guest, its
 * reset or its end may have given another use by then.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtio_blk.h"
#include "vdev/virtio_blk_usual.h"

#define SLICE_BYTES		(256UL << 10)	/* for one notification */
#define DONE_BYTES		(16UL << 10)	/* at the end of a transfer, in nobody's time */
#define ZERO_COST		8UL		/* of each sector that is zeroed */
#define RANGE_SECTORS_MAX	32768U		/* of discard and write zeroes: 16 MiB */

static struct virtio_blk *blk_of(struct virtio *dev)
{
	return container_of(dev, struct virtio_blk, virtio);
}

/* ---- Kinds of requests; each sets status, and left if there is data to move ---- */

static void begin_data(struct virtio_blk *blk, struct virtio_blk_request *r, uint64_t sector,
		       uint64_t bytes)
{
	if (bytes % VIRTIO_BLK_SECTOR != 0 ||
	    !on_disk(blk, sector, bytes >> VIRTIO_BLK_SECTOR_SHIFT)) {
		r->status = VIRTIO_BLK_S_IOERR;
		return;
	}
	r->position = sector << VIRTIO_BLK_SECTOR_SHIFT;
	r->left = bytes;
}

static void begin_write(struct virtio_blk *blk, struct virtio_blk_request *r, uint64_t sector)
{
	if (blk->disk->read_only)
		r->status = VIRTIO_BLK_S_IOERR;
	else
		begin_data(blk, r, sector, r->chain.out_bytes - sizeof(struct virtio_blk_header));
}

static void get_id(struct virtio_blk *blk, struct virtio_blk_request *r)
{
	struct virtqueue_cursor in = virtqueue_in(&r->chain);

	virtqueue_write(queue_of(blk), &r->chain, &in, blk->id,
			MIN(sizeof(blk->id), r->chain.in_bytes - 1));
}

/* Discard, or write zeroes: one range, as config says. */
static void zero_range(struct virtio_blk *blk, struct virtio_blk_request *r)
{
	uint32_t allowed = r->type == VIRTIO_BLK_T_DISCARD ? 0 : VIRTIO_BLK_RANGE_UNMAP;
	struct virtio_blk_range range;

	r->status = VIRTIO_BLK_S_UNSUPP;
	if (blk->disk->ops->zero == NULL)
		return;
	r->status = VIRTIO_BLK_S_IOERR;
	if (blk->disk->read_only ||
	    r->chain.out_bytes != sizeof(struct virtio_blk_header) + sizeof(range) ||
	    virtqueue_read(queue_of(blk), &r->chain, &r->cursor, &range, sizeof(range)) !=
		    sizeof(range))
		return;
	if (range.flags & ~allowed) {
		r->status = VIRTIO_BLK_S_UNSUPP;
	} else if (range.sectors <= RANGE_SECTORS_MAX &&
		   on_disk(blk, range.sector, range.sectors)) {
		r->cost += ZERO_COST * range.sectors;
		r->status = status_of(
			blk->disk->ops->zero(blk->disk, range.sector << VIRTIO_BLK_SECTOR_SHIFT,
					     (uint64_t)range.sectors << VIRTIO_BLK_SECTOR_SHIFT));
	}
}

/* Begin with a request whose chain was taken. Out of line, as what follows: it is not the usual. */
static __attribute__((noinline)) void request_begin(struct virtio_blk *blk,
						    struct virtio_blk_request *r,
						    struct virtio_blk_header header)
{
	blk->requests++;
	r->busy = true;
	r->type = header.type;
	r->status = VIRTIO_BLK_S_OK;
	r->left = 0;
	r->cost = REQUEST_COST + SEGMENT_COST * r->chain.count;
	r->cursor = virtqueue_out(&r->chain);
	virtqueue_skip(&r->chain, &r->cursor, sizeof(header));
	switch (header.type) {
	case VIRTIO_BLK_T_IN:
		r->cursor = virtqueue_in(&r->chain);
		begin_data(blk, r, header.sector, r->chain.in_bytes - 1);
		break;
	case VIRTIO_BLK_T_OUT:
		begin_write(blk, r, header.sector);
		break;
	case VIRTIO_BLK_T_FLUSH:
		if (blk->disk->ops->flush != NULL)
			r->status = status_of(blk->disk->ops->flush(blk->disk));
		break;
	case VIRTIO_BLK_T_GET_ID:
		get_id(blk, r);
		break;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		zero_range(blk, r);
		break;
	default:
		r->status = VIRTIO_BLK_S_UNSUPP;
		break;
	}
}

/*
 * Bytes that are written from the chain's first one on (2.7.8.2): what was asked for, if all went
 * well, and the status, if it stands right behind that.
 */
static uint32_t written_bytes(const struct virtio_blk *blk, const struct virtio_blk_request *r)
{
	uint64_t room = r->chain.in_bytes - 1, data = 0;

	if (r->status == VIRTIO_BLK_S_OK && r->type == VIRTIO_BLK_T_IN)
		data = room;
	else if (r->status == VIRTIO_BLK_S_OK && r->type == VIRTIO_BLK_T_GET_ID)
		data = MIN(room, sizeof(blk->id));
	return (uint32_t)MIN(data == room ? room + 1 : data, (uint64_t)UINT32_MAX);
}

/* The status is the last byte that we write, wherever it lies. Return: 0, -EINVAL. */
static int request_end(struct virtio_blk *blk, struct virtio_blk_request *r)
{
	struct virtqueue_cursor in = virtqueue_in(&r->chain);
	size_t got;
	uint8_t *at;

	virtqueue_skip(&r->chain, &in, r->chain.in_bytes - 1);
	at = virtqueue_map(queue_of(blk), &r->chain, &in, 1, &got);
	if (at != NULL)
		*at = r->status;
	r->busy = false;
	return virtqueue_give(queue_of(blk), r->chain.head, written_bytes(blk, r));
}

/* ---- A disk in memory ---- */

/* Move the next piece of data, which is contiguous in the host. */
static int piece_move(struct virtio_blk *blk, struct virtio_blk_request *r, void *at, size_t size)
{
	const struct disk_ops *ops = blk->disk->ops;

	if (at == NULL)
		return -EIO;
	if (r->type == VIRTIO_BLK_T_IN)
		return ops->read(blk->disk, r->position, at, size);
	return ops->write(blk->disk, r->position, at, size);
}

/* Move data until there is none left or the budget is used up. */
static void request_move(struct virtio_blk *blk, struct virtio_blk_request *r, size_t *budget)
{
	while (r->left > 0 && *budget > 0) {
		size_t got;
		void *at = virtqueue_map(queue_of(blk), &r->chain, &r->cursor,
					 MIN(r->left, *budget), &got);

		if (piece_move(blk, r, at, got)) {
			r->status = VIRTIO_BLK_S_IOERR;
			r->left = 0;
			return;
		}
		r->position += got;
		r->left -= got;
		*budget -= got;
	}
}

/* Go on with a request until its end: 0; or the budget is used up: -EAGAIN; or -EINVAL. */
static __attribute__((noinline)) int request_go_on(struct virtio_blk *blk,
						   struct virtio_blk_request *r, size_t *budget)
{
	request_move(blk, r, budget);
	return r->left > 0 ? -EAGAIN : request_end(blk, r);
}

/* Work on the queue until it is empty: 0; the budget is used up: -EAGAIN; or -EINVAL. */
static int run_at_once(struct virtio_blk *blk, size_t budget)
{
	struct virtio_blk_request *r = &blk->slots[0];
	int err = r->busy ? request_go_on(blk, r, &budget) : 0;

	while (!err && budget > 0) {
		struct virtio_blk_header header;
		uint64_t cost;
		bool usual;

		err = virtqueue_take(queue_of(blk), &r->chain);
		if (err <= 0)
			return err;
		usual = is_usual(&r->chain);
		if (!usual && !is_request(&r->chain))
			return -EINVAL;
		header = usual ? header_usual(&r->chain) : header_load(blk, &r->chain);
		if (likely(usual && is_good(blk, &r->chain, header, budget))) {
			cost = REQUEST_COST + 3 * SEGMENT_COST + r->chain.segments[1].size;
			err = request_usual(blk, &r->chain, header);
			budget -= MIN(budget, cost);
		} else {
			request_begin(blk, r, header);
			budget -= MIN(budget, r->cost);
			err = request_go_on(blk, r, &budget);
		}
	}
	return err ? err : -EAGAIN;
}

/* ---- A disk of the host ---- */

/*
 * Does what is left of the request, all of whose data has been moved, begin with a flush? So it
 * does for a driver that has not taken VIRTIO_BLK_F_FLUSH, for which what is written is on the disk
 * (5.2.6.2).
 */
static bool is_flush_next(const struct virtio_blk *blk, const struct virtio_blk_request *r)
{
	if (!blk->disk->flush || r->status != VIRTIO_BLK_S_OK)
		return false;
	if (r->type == VIRTIO_BLK_T_FLUSH)
		return !r->started;
	return r->started && r->transfer.kind == DISK_WRITE &&
	       !(blk->virtio.driver_features & VIRTIO_BLK_F_FLUSH);
}

/* Start the request's next transfer, or end it. Return: 0, -EINVAL. */
static int request_go(struct virtio_blk *blk, struct virtio_blk_request *r)
{
	struct disk_transfer *t = &r->transfer;
	bool flush = r->left == 0 && is_flush_next(blk, r);

	if (r->left == 0 && !flush)
		return request_end(blk, r);
	t->kind = flush ? DISK_FLUSH : r->type == VIRTIO_BLK_T_IN ? DISK_READ : DISK_WRITE;
	t->offset = r->position;
	t->size = MIN(r->left, VIRTIO_BLK_BOUNCE_BYTES);
	if (t->kind == DISK_WRITE && virtqueue_read(queue_of(blk), &r->chain, &r->cursor,
						    t->buffer, t->size) != t->size) {
		r->status = VIRTIO_BLK_S_IOERR;
		return request_end(blk, r);
	}
	r->started = true;
	blk->disk->ops->start(blk->disk, t);
	return 0;
}

/*
 * None while a request of before a reset is under way: it would be as late as the disk likes, and
 * must not overwrite what the new driver writes there.
 */
static struct virtio_blk_request *free_slot(struct virtio_blk *blk)
{
	struct virtio_blk_request *found = NULL;

	for (unsigned i = 0; i < blk->slot_count; i++) {
		if (blk->slots[i].orphan)
			return NULL;
		if (!blk->slots[i].busy)
			found = &blk->slots[i];
	}
	return found;
}

/*
 * Start requests while there are slots: 0 then, and when the queue is empty; -EAGAIN after so many;
 * or -EINVAL.
 */
static int run_by_slots(struct virtio_blk *blk, size_t budget)
{
	while (budget > 0) {
		struct virtio_blk_request *r = free_slot(blk);
		int took;

		if (r == NULL)
			return 0;
		took = virtqueue_take(queue_of(blk), &r->chain);
		if (took <= 0)
			return took;
		if (!is_request(&r->chain))
			return -EINVAL;
		r->started = false;
		request_begin(blk, r, header_load(blk, &r->chain));
		if (request_go(blk, r))
			return -EINVAL;
		budget -= MIN(budget, r->cost + MIN(r->left, VIRTIO_BLK_BOUNCE_BYTES));
	}
	return -EAGAIN;
}

/*
 * There are requests and slots, but no time. Nobody will notify us of them, so the disk calls us
 * back: by a read of a sector that nobody wants.
 */
static void go_on_later(struct virtio_blk *blk)
{
	struct virtio_blk_request *r = free_slot(blk);

	if (r == NULL)
		return;
	r->busy = r->orphan = true;
	r->transfer.kind = DISK_READ;
	r->transfer.offset = 0;
	r->transfer.size = VIRTIO_BLK_SECTOR;
	blk->disk->ops->start(blk->disk, &r->transfer);
}

/* ---- The queue ---- */

/* After some of it: tell the driver what came back, or that it broke the rules. Return: err. */
static inline int work_end(struct virtio_blk *blk, uint16_t used_before, int err)
{
	if (queue_of(blk)->next_used != used_before)
		virtio_used(&blk->virtio, QUEUE_REQUESTS);
	if (unlikely(err == -EINVAL))
		virtio_broken(&blk->virtio);
	return err;
}

static int work_at_once(struct virtio_blk *blk, size_t budget)
{
	struct virtqueue *queue = queue_of(blk);
	uint16_t before = queue->next_used;
	int err;

	virtqueue_notify_off(queue);
	err = run_at_once(blk, budget);
	/* More that came before we asked to be told has no notification of its own. */
	if (err == 0 && virtqueue_notify_on(queue))
		err = -EAGAIN;
	return work_end(blk, before, err);
}

static __attribute__((noinline)) int work_by_slots(struct virtio_blk *blk, uint16_t used_before,
						   size_t budget)
{
	struct virtqueue *queue = queue_of(blk);
	int err;

	virtqueue_notify_off(queue);
	err = run_by_slots(blk, budget);
	/* Without a slot we ask for no notification: whoever frees it looks for more. */
	if (err != -EINVAL)
		err = free_slot(blk) != NULL && virtqueue_notify_on(queue) ? -EAGAIN : 0;
	return work_end(blk, used_before, err);
}

static int blk_notify(struct virtio *dev, unsigned index)
{
	struct virtio_blk *blk = blk_of(dev);
	int err;

	if (blk->disk->ops->start != NULL)
		err = work_by_slots(blk, dev->queues[index].next_used, SLICE_BYTES);
	else
		err = work_at_once(blk, SLICE_BYTES);
	return err == -EAGAIN ? err : 0;
}

/* A transfer's data and result into the request. */
static void transfer_end(struct virtio_blk *blk, struct virtio_blk_request *r, int err)
{
	struct disk_transfer *t = &r->transfer;

	if (!err && t->kind == DISK_READ &&
	    virtqueue_write(queue_of(blk), &r->chain, &r->cursor, t->buffer, t->size) != t->size)
		err = -EIO;
	if (err)
		r->status = VIRTIO_BLK_S_IOERR;
	r->left = err ? 0 : r->left - t->size;
	r->position += t->size;
}

void virtio_blk_done(struct virtio_blk *blk, struct virtio_blk_request *request, int err)
{
	uint16_t before = queue_of(blk)->next_used;
	bool orphan = request->orphan;

	request->orphan = false;
	if (orphan || !virtio_is_live(&blk->virtio)) {
		request->busy = false;
	} else {
		transfer_end(blk, request, err);
		if (request_go(blk, request))
			virtio_broken(&blk->virtio);
	}
	/* What waited for the slot. */
	if (virtio_is_live(&blk->virtio) && work_by_slots(blk, before, DONE_BYTES) == -EAGAIN)
		go_on_later(blk);
}

bool virtio_blk_is_idle(const struct virtio_blk *blk)
{
	for (unsigned i = 0; i < blk->slot_count; i++)
		if (blk->slots[i].busy && blk->disk->ops->start != NULL)
			return false;
	return true;
}

static void blk_reset(struct virtio *dev, unsigned queue)
{
	struct virtio_blk *blk = blk_of(dev);

	(void)queue;
	for (unsigned i = 0; i < blk->slot_count; i++) {
		/* A transfer that is under way frees its slot when it is done. */
		if (blk->disk->ops->start != NULL)
			blk->slots[i].orphan = blk->slots[i].busy;
		else
			blk->slots[i].busy = false;
	}
}

static const struct virtio_class blk_class = {
	.id = VIRTIO_ID_BLOCK,
	.queue_count = 1,
	.notify = blk_notify,
	.reset = blk_reset,
};

static uint64_t features_of(const struct disk *disk)
{
	uint64_t features = VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_BLK_SIZE;

	if (disk->flush)
		features |= VIRTIO_BLK_F_FLUSH;
	if (disk->read_only)
		features |= VIRTIO_BLK_F_RO;
	else if (disk->ops->zero != NULL)
		features |= VIRTIO_BLK_F_DISCARD | VIRTIO_BLK_F_WRITE_ZEROES;
	return features;
}

void virtio_blk_init(struct virtio_blk *blk, struct disk *disk, const char *id,
		     struct virtio_blk_request *slots, unsigned slot_count,
		     const struct virtqueue_memory *memory,
		     void (*interrupt)(void *arg, bool level), void *arg)
{
	memset(blk, 0, sizeof(*blk));
	blk->disk = disk;
	blk->slots = slots;
	blk->slot_count = slot_count;
	for (unsigned i = 0; i < slot_count; i++)
		slots[i].blk = blk;
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
	virtio_init(&blk->virtio, &blk_class, features_of(disk), &blk->config,
		    sizeof(blk->config), memory, interrupt, arg);
}
