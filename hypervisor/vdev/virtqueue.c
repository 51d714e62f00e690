/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of a split virtqueue in guest memory. Pure. Virtual I/O Device (VIRTIO)
 * Version 1.2, section 2.7.
 *
 * Each field that the guest owns is loaded once into a local. Where rings and buffers are in the
 * host is looked up when the queue starts and when a chain is taken, and again when guest memory
 * has moved since (its epoch).
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtqueue.h"

void virtqueue_init(struct virtqueue *queue, const struct virtqueue_memory *memory)
{
	*queue = (struct virtqueue){ .memory = memory, .size = VIRTQUEUE_SIZE_MAX };
}

void virtqueue_reset(struct virtqueue *queue)
{
	virtqueue_init(queue, queue->memory);
}

/* ---- Fields of the rings ---- */

static void *in_one_piece(const struct virtqueue *queue, uint64_t gpa, size_t size)
{
	size_t got = 0;
	void *at = queue->memory->map(queue->memory->arg, gpa, size, &got);

	return got == size ? at : NULL;
}

static void rings_find(struct virtqueue *queue, uint64_t epoch)
{
	queue->epoch = epoch;
	queue->desc_at = in_one_piece(queue, queue->desc, VIRTQ_DESC_SIZE(queue->size));
	queue->avail_at = in_one_piece(queue, queue->avail, VIRTQ_AVAIL_SIZE(queue->size));
	queue->used_at = in_one_piece(queue, queue->used, VIRTQ_USED_SIZE(queue->size));
}

static inline uint64_t epoch_now(const struct virtqueue *queue)
{
	return queue->memory->epoch == NULL ? 0 : *queue->memory->epoch;
}

/* At the beginning of each call that touches the rings. */
static inline void rings_check(struct virtqueue *queue)
{
	uint64_t epoch = epoch_now(queue);

	if (unlikely(queue->epoch != epoch))
		rings_find(queue, epoch);
}

/* Aligned fields never cross a page, so one that is RAM is contiguous. */
static inline void *avail_field(const struct virtqueue *queue, uint64_t offset, size_t size)
{
	return likely(queue->avail_at != NULL) ? queue->avail_at + offset :
						 in_one_piece(queue, queue->avail + offset, size);
}

static inline void *used_field(const struct virtqueue *queue, uint64_t offset, size_t size)
{
	return likely(queue->used_at != NULL) ? queue->used_at + offset :
						in_one_piece(queue, queue->used + offset, size);
}

static inline bool avail_load(const struct virtqueue *queue, uint64_t offset, uint16_t *value)
{
	const uint16_t *at = avail_field(queue, offset, sizeof(*at));

	if (at == NULL)
		return false;
	*value = __atomic_load_n(at, __ATOMIC_RELAXED);
	return true;
}

static inline bool used_store16(const struct virtqueue *queue, uint64_t offset, uint16_t value)
{
	uint16_t *at = used_field(queue, offset, sizeof(*at));

	if (at != NULL)
		__atomic_store_n(at, value, __ATOMIC_RELAXED);
	return at != NULL;
}

static inline bool used_store32(const struct virtqueue *queue, uint64_t offset, uint32_t value)
{
	uint32_t *at = used_field(queue, offset, sizeof(*at));

	if (at != NULL)
		__atomic_store_n(at, value, __ATOMIC_RELAXED);
	return at != NULL;
}

static bool all_ram(const struct virtqueue *queue, uint64_t gpa, uint64_t size)
{
	size_t got;

	return size == 0 || queue->memory->map(queue->memory->arg, gpa, size, &got) != NULL;
}

/* ---- Set-up ---- */

int virtqueue_start(struct virtqueue *queue)
{
	unsigned size = queue->size;

	if (size == 0 || size > VIRTQUEUE_SIZE_MAX || (size & (size - 1)) != 0)
		return -EINVAL;
	if (!IS_ALIGNED(queue->desc, VIRTQ_DESC_ALIGN) ||
	    !IS_ALIGNED(queue->avail, VIRTQ_AVAIL_ALIGN) ||
	    !IS_ALIGNED(queue->used, VIRTQ_USED_ALIGN))
		return -EINVAL;
	if (!all_ram(queue, queue->desc, VIRTQ_DESC_SIZE(size)) ||
	    !all_ram(queue, queue->avail, VIRTQ_AVAIL_SIZE(size)) ||
	    !all_ram(queue, queue->used, VIRTQ_USED_SIZE(size)))
		return -EINVAL;
	queue->next_avail = queue->next_used = queue->told_used = 0;
	queue->told = false;
	queue->ready = true;
	rings_find(queue, epoch_now(queue));
	return 0;
}

/* ---- Descriptor chains ---- */

/* Add a descriptor's buffer. Return: 0, -EINVAL. */
static int chain_add(const struct virtqueue *queue, struct virtqueue_chain *chain,
		     const struct virtq_desc *desc)
{
	bool in = (desc->flags & VIRTQ_DESC_F_WRITE) != 0;
	size_t got = 0;
	void *at = NULL;

	/* What is read comes before what is written (2.7.4.2). */
	if (!in && chain->count != chain->out_count)
		return -EINVAL;
	if (desc->len != 0)
		at = queue->memory->map(queue->memory->arg, desc->addr, desc->len, &got);
	if (chain->count == VIRTQUEUE_SIZE_MAX || (desc->len != 0 && at == NULL))
		return -EINVAL;
	chain->segments[chain->count++] = (struct virtqueue_segment){
		desc->addr, got == desc->len ? at : NULL, desc->len };
	if (in) {
		chain->in_bytes += desc->len;
	} else {
		chain->out_count++;
		chain->out_bytes += desc->len;
	}
	return 0;
}

/* One table of descriptors: the queue's own, or an indirect one. */
struct table {
	uint64_t gpa;
	unsigned count;
	bool indirect;
};

/* An indirect table may stand anywhere: its entries may lie across pages. */
static bool load_bytes(const struct virtqueue *queue, uint64_t gpa, void *to, size_t size)
{
	size_t got;

	for (size_t done = 0; done < size; done += got) {
		const void *at = queue->memory->map(queue->memory->arg, gpa + done, size - done,
						    &got);

		if (at == NULL)
			return false;
		memcpy((char *)to + done, at, got);
	}
	return true;
}

static bool load_desc(const struct virtqueue *queue, const struct table *table, unsigned index,
		      struct virtq_desc *out)
{
	uint64_t gpa = table->gpa + index * sizeof(*out), second;
	const uint64_t *words;

	if (index >= table->count)
		return false;
	if (table->indirect || queue->desc_at == NULL)
		return load_bytes(queue, gpa, out, sizeof(*out));
	words = (const uint64_t *)(const void *)&queue->desc_at[index];
	second = READ_ONCE(words[1]);
	out->addr = READ_ONCE(words[0]);
	out->len = (uint32_t)second;
	out->flags = (uint16_t)(second >> 32);
	out->next = (uint16_t)(second >> 48);
	return true;
}

/* An indirect descriptor ends its table and is not nested (2.7.5.3.1). Return: 1, -EINVAL. */
static int enter_indirect(const struct virtqueue *queue, struct table *table,
			  const struct virtq_desc *desc)
{
	if (!queue->indirect || table->indirect || desc->flags & VIRTQ_DESC_F_NEXT ||
	    desc->len == 0 || desc->len % sizeof(*desc) != 0)
		return -EINVAL;
	*table = (struct table){ desc->addr, (unsigned)(desc->len / sizeof(*desc)), true };
	return 1;
}

/*
 * Follow a chain to its end, or to the indirect table that goes on with it: then 1. A table's
 * chain is no longer than the table, which is how a loop is noticed.
 */
static int follow(const struct virtqueue *queue, struct table *table, unsigned index,
		  struct virtqueue_chain *chain)
{
	for (unsigned left = MIN(table->count, VIRTQUEUE_SIZE_MAX); left > 0; left--) {
		struct virtq_desc desc;

		if (!load_desc(queue, table, index, &desc))
			return -EINVAL;
		if (desc.flags & VIRTQ_DESC_F_INDIRECT)
			return enter_indirect(queue, table, &desc);
		if (chain_add(queue, chain, &desc))
			return -EINVAL;
		if (!(desc.flags & VIRTQ_DESC_F_NEXT))
			return 0;
		index = desc.next;
	}
	return -EINVAL;
}

static int chain_load(const struct virtqueue *queue, struct virtqueue_chain *chain)
{
	struct table table = { queue->desc, queue->size, false };
	struct virtq_desc desc;
	int more;

	/* Frames mostly are one buffer. */
	if (!load_desc(queue, &table, chain->head, &desc))
		return -EINVAL;
	if (!(desc.flags & (VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_INDIRECT)))
		return chain_add(queue, chain, &desc);
	more = follow(queue, &table, chain->head, chain);
	return more == 1 ? follow(queue, &table, 0, chain) : more;
}

int virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	uint16_t idx, head;

	chain->count = chain->out_count = 0;
	chain->out_bytes = chain->in_bytes = 0;
	if (!queue->ready)
		return 0;
	rings_check(queue);
	chain->epoch = queue->epoch;
	if (!avail_load(queue, VIRTQ_AVAIL_IDX, &idx))
		return -EINVAL;
	if (idx == queue->next_avail)
		return 0;
	if ((uint16_t)(idx - queue->next_avail) > queue->size)
		return -EINVAL;
	/*
	 * The driver wrote the entry and the descriptors, then idx (2.7.13.3). Pairs with its
	 * barrier: what was written before idx must be read after it.
	 */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!avail_load(queue, VIRTQ_AVAIL_RING + 2UL * (queue->next_avail & (queue->size - 1)),
			&head))
		return -EINVAL;
	chain->head = head;
	if (chain_load(queue, chain))
		return -EINVAL;
	queue->next_avail++;
	return 1;
}

void virtqueue_untake(struct virtqueue *queue)
{
	queue->next_avail--;
}

/* The used ring is not in one piece, or memory has moved. */
static __attribute__((noinline)) int give_in_pieces(struct virtqueue *queue, uint16_t head,
						    uint32_t written_bytes)
{
	uint64_t entry = VIRTQ_USED_RING + 8UL * (queue->next_used & (queue->size - 1));

	rings_check(queue);
	if (!used_store32(queue, entry, head) || !used_store32(queue, entry + 4, written_bytes))
		return -EINVAL;
	queue->next_used++;
	/* As below. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return used_store16(queue, VIRTQ_USED_IDX, queue->next_used) ? 0 : -EINVAL;
}

int virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written_bytes)
{
	uint64_t entry = VIRTQ_USED_RING + 8UL * (queue->next_used & (queue->size - 1));
	volatile uint32_t *at;

	if (!queue->ready)
		return 0;
	if (unlikely(queue->used_at == NULL || queue->epoch != epoch_now(queue)))
		return give_in_pieces(queue, head, written_bytes);
	/* Two stores: an entry is aligned to 4. */
	at = (volatile uint32_t *)(void *)(queue->used_at + entry);
	at[0] = head;
	at[1] = written_bytes;
	queue->next_used++;
	/* Pairs with the driver's barrier after its load of idx: data and entry come first. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(volatile uint16_t *)(void *)(queue->used_at + VIRTQ_USED_IDX) = queue->next_used;
	return 0;
}

bool virtqueue_wants_interrupt(struct virtqueue *queue)
{
	uint16_t old = queue->told_used, now = queue->next_used, word = 0;
	bool told = queue->told;

	if (!queue->ready)
		return false;
	rings_check(queue);
	/*
	 * The driver stores used_event or flags and then looks at idx again; we stored idx and look
	 * at its wish. Without a full fence between, both could miss the other's store (2.7.7).
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!queue->event_idx) {
		avail_load(queue, VIRTQ_AVAIL_FLAGS, &word);
		return !(word & VIRTQ_AVAIL_F_NO_INTERRUPT);
	}
	if (!avail_load(queue, VIRTQ_AVAIL_RING + 2UL * queue->size, &word))
		return false;
	queue->told_used = now;
	queue->told = true;
	/* Did next_used pass used_event since the driver was looked after last? */
	return !told || (uint16_t)(now - word - 1) < (uint16_t)(now - old);
}

void virtqueue_notify_off(struct virtqueue *queue)
{
	/* With event indices an old avail_event does it. */
	if (!queue->ready || queue->event_idx)
		return;
	rings_check(queue);
	used_store16(queue, VIRTQ_USED_FLAGS, VIRTQ_USED_F_NO_NOTIFY);
}

bool virtqueue_notify_on(struct virtqueue *queue)
{
	uint16_t idx = 0;

	if (!queue->ready)
		return false;
	rings_check(queue);
	if (queue->event_idx)
		used_store16(queue, VIRTQ_USED_RING + 8UL * queue->size, queue->next_avail);
	else
		used_store16(queue, VIRTQ_USED_FLAGS, 0);
	/*
	 * The driver stores idx and then looks at our wish; we stored the wish and look at idx.
	 * A full fence between, or a chain could wait for a notification that never comes.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return avail_load(queue, VIRTQ_AVAIL_IDX, &idx) && idx != queue->next_avail;
}

/* ---- The bytes of a chain ---- */

struct virtqueue_cursor virtqueue_out(const struct virtqueue_chain *chain)
{
	return (struct virtqueue_cursor){ .end = chain->out_count };
}

struct virtqueue_cursor virtqueue_in(const struct virtqueue_chain *chain)
{
	return (struct virtqueue_cursor){ .segment = chain->out_count, .end = chain->count };
}

/* A buffer that is not in one piece, or memory that has moved; the cursor is in segment. */
static __attribute__((noinline)) void *map_piece(const struct virtqueue *queue,
						 struct virtqueue_cursor *cursor,
						 const struct virtqueue_segment *segment,
						 size_t size, size_t *got)
{
	void *at = queue->memory->map(queue->memory->arg, segment->gpa + cursor->offset, size, got);

	if (at != NULL)
		cursor->offset += (uint32_t)*got;
	return at;
}

void *virtqueue_map(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		    struct virtqueue_cursor *cursor, size_t size, size_t *got)
{
	const struct virtqueue_segment *segment = &chain->segments[cursor->segment];
	uint32_t offset = cursor->offset;

	*got = 0;
	if (size == 0)
		return NULL;
	for (;; segment++) {
		if (cursor->segment >= cursor->end)
			return NULL;
		if (likely(offset != segment->size))
			break;
		cursor->segment++;
		cursor->offset = offset = 0;
	}
	size = MIN(size, segment->size - offset);
	if (unlikely(segment->at == NULL || chain->epoch != epoch_now(queue)))
		return map_piece(queue, cursor, segment, size, got);
	*got = size;
	cursor->offset = offset + (uint32_t)size;
	return segment->at + offset;
}

size_t virtqueue_read(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		      struct virtqueue_cursor *cursor, void *to, size_t size)
{
	size_t done = 0, got;

	while (done < size) {
		const void *from = virtqueue_map(queue, chain, cursor, size - done, &got);

		if (from == NULL)
			break;
		memcpy((char *)to + done, from, got);
		done += got;
	}
	return done;
}

size_t virtqueue_write(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		       struct virtqueue_cursor *cursor, const void *from, size_t size)
{
	size_t done = 0, got;

	while (done < size) {
		void *to = virtqueue_map(queue, chain, cursor, size - done, &got);

		if (to == NULL)
			break;
		memcpy(to, (const char *)from + done, got);
		done += got;
	}
	return done;
}

void virtqueue_skip(const struct virtqueue_chain *chain, struct virtqueue_cursor *cursor,
		    uint64_t size)
{
	while (cursor->segment < cursor->end) {
		uint32_t left = chain->segments[cursor->segment].size - cursor->offset;

		if (size < left) {
			cursor->offset += (uint32_t)size;
			return;
		}
		size -= left;
		cursor->segment++;
		cursor->offset = 0;
	}
}
