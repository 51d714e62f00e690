/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of a split virtqueue in guest memory. Pure. Virtual I/O Device (VIRTIO)
 * Version 1.2, section 2.7.
 *
 * Each field that the guest owns is loaded once into a local. Where rings and buffers are in the
 * host is looked up once, when the queue starts and when a chain is taken.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/hvmap.h"
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

/* Of a ring in one piece. */
static inline uint16_t load16(const uint8_t *ring, uint64_t offset)
{
	return __atomic_load_n((const uint16_t *)(const void *)(ring + offset), __ATOMIC_RELAXED);
}

static inline void store16(uint8_t *ring, uint64_t offset, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)(ring + offset), value, __ATOMIC_RELAXED);
}

/* Of any. Return: the field is RAM. */
static bool avail_load(const struct virtqueue *queue, uint64_t offset, uint16_t *value)
{
	const uint8_t *at = avail_field(queue, offset, sizeof(*value));

	if (at != NULL)
		*value = load16(at, 0);
	return at != NULL;
}

static bool used_store16(const struct virtqueue *queue, uint64_t offset, uint16_t value)
{
	uint8_t *at = used_field(queue, offset, sizeof(value));

	if (at != NULL)
		store16(at, 0, value);
	return at != NULL;
}

static bool used_store32(const struct virtqueue *queue, uint64_t offset, uint32_t value)
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
	queue->desc_at = in_one_piece(queue, queue->desc, VIRTQ_DESC_SIZE(size));
	queue->avail_at = in_one_piece(queue, queue->avail, VIRTQ_AVAIL_SIZE(size));
	queue->used_at = in_one_piece(queue, queue->used, VIRTQ_USED_SIZE(size));
	queue->plain = queue->avail_at != NULL && queue->used_at != NULL;
	return 0;
}

/* ---- Descriptor chains ---- */

/* One table of descriptors: the queue's own, or an indirect one. */
struct table {
	const uint64_t *words;		/* in the host; NULL: in pieces, or not aligned there */
	uint64_t gpa;
	unsigned count;
	bool indirect;
};

/* A descriptor, loaded: struct virtq_desc in registers. */
struct desc {
	uint64_t addr, rest;
};

#define DESC_LEN(rest)		((uint32_t)(rest))
#define DESC_FLAGS(rest)	((rest) >> 32)	/* in the low bits */
#define DESC_NEXT(rest)		((unsigned)((rest) >> 48))
/* One that no driver may write (2.7.5.3.1): for a descriptor that is not there. */
#define DESC_NONE		((uint64_t)(VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT) << 32)

/* Where size bytes of guest memory are in the host, if they lie in one of its chunks; or NULL. */
static inline bool chunk_find(const struct virtqueue_memory *memory, uint64_t gpa, uint64_t size,
			      uint8_t **at)
{
	uint64_t offset = gpa - memory->gpa, in_chunk = offset & (PAGE_2M_SIZE - 1);

	if (unlikely(offset >= memory->size || in_chunk + size > PAGE_2M_SIZE)) {
		*at = NULL;
		return false;
	}
	*at = (uint8_t *)hva_from_hpa(memory->chunks[offset >> PAGE_2M_SHIFT]) + in_chunk;
	return true;
}

/*
 * Look for the buffers of a chain that are in no chunk; one of no bytes may be anywhere. Return: 1;
 * -EINVAL: not all are RAM.
 */
static __attribute__((noinline)) int segments_find(const struct virtqueue_memory *memory,
						   struct virtqueue_chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++) {
		struct virtqueue_segment *segment = &chain->segments[i];
		size_t got = 0;
		void *at;

		if (segment->at != NULL || segment->size == 0)
			continue;
		at = memory->map(memory->arg, segment->gpa, segment->size, &got);
		if (at == NULL)
			return -EINVAL;
		segment->at = got == segment->size ? at : NULL;
	}
	return 1;
}

/* An indirect table may stand anywhere: its entries may lie across pages. */
static struct desc desc_load_in_pieces(const struct virtqueue_memory *memory, uint64_t gpa)
{
	struct desc desc;
	size_t got;

	for (size_t done = 0; done < sizeof(desc); done += got) {
		const void *at = memory->map(memory->arg, gpa + done, sizeof(desc) - done, &got);

		if (at == NULL)
			return (struct desc){ 0, DESC_NONE };
		memcpy((char *)&desc + done, at, got);
	}
	return desc;
}

/* Each word is loaded once: what is judged is what is used. */
static inline struct desc desc_load(const struct virtqueue_memory *memory,
				    const struct table *table, unsigned index, bool in_pieces)
{
	const uint64_t *words = table->words;

	if (unlikely(index >= table->count))
		return (struct desc){ 0, DESC_NONE };
	if (in_pieces && words == NULL)
		return desc_load_in_pieces(memory,
					   table->gpa + index * sizeof(struct virtq_desc));
	words += 2UL * index;
	return (struct desc){ READ_ONCE(words[0]), READ_ONCE(words[1]) };
}

/* An indirect descriptor ends its table and is not nested (2.7.5.3.1). Return: it is a good one. */
static inline bool table_enter(const struct virtqueue *queue,
			       const struct virtqueue_memory *memory, struct table *table,
			       struct desc desc)
{
	uint32_t len = DESC_LEN(desc.rest);
	uint8_t *at;

	if (!queue->indirect || table->indirect || DESC_FLAGS(desc.rest) & VIRTQ_DESC_F_NEXT ||
	    len == 0 || len % sizeof(struct virtq_desc) != 0)
		return false;
	if (!chunk_find(memory, desc.addr, len, &at) ||
	    !IS_ALIGNED((uintptr_t)at, sizeof(uint64_t)))
		at = NULL;
	*table = (struct table){ (const uint64_t *)(const void *)at, desc.addr,
				 len / (unsigned)sizeof(struct virtq_desc), true };
	return true;
}

/*
 * Follow a chain from its head, also through the indirect table that may end it. No chain has more
 * buffers than a queue can have, which is how a loop is noticed. Return: 1; -EINVAL; -EAGAIN: a
 * table is in pieces, which the caller has not reckoned with.
 */
static inline __attribute__((always_inline)) int
chain_walk(struct virtqueue *queue, struct virtqueue_chain *chain, bool in_pieces)
{
	const struct virtqueue_memory memory = *queue->memory;
	struct table table = { (const uint64_t *)(const void *)queue->desc_at, queue->desc,
			       queue->size, false };
	struct virtqueue_segment *segment = chain->segments;
	unsigned index = chain->head, count = 0;
	uint64_t bytes = 0, kind = 0, flags;
	bool all_found = true;

	if (!in_pieces && unlikely(table.words == NULL))
		return -EAGAIN;
	do {
		struct desc desc = desc_load(&memory, &table, index, in_pieces);

		flags = DESC_FLAGS(desc.rest);
		index = DESC_NEXT(desc.rest);
		if (flags & VIRTQ_DESC_F_INDIRECT) {
			if (!table_enter(queue, &memory, &table, desc))
				return -EINVAL;
			if (!in_pieces && unlikely(table.words == NULL))
				return -EAGAIN;
			index = 0;
			flags = VIRTQ_DESC_F_NEXT;
			continue;
		}
		if ((flags & VIRTQ_DESC_F_WRITE) != kind) {
			/* What is read comes before what is written (2.7.4.2). */
			if (kind != 0)
				return -EINVAL;
			kind = VIRTQ_DESC_F_WRITE;
			chain->out_count = count;
			chain->out_bytes = bytes;
			bytes = 0;
		}
		if (unlikely(count == VIRTQUEUE_SIZE_MAX))
			return -EINVAL;
		segment->gpa = desc.addr;
		segment->size = DESC_LEN(desc.rest);
		if (!chunk_find(&memory, desc.addr, DESC_LEN(desc.rest), &segment->at))
			all_found = false;
		bytes += DESC_LEN(desc.rest);
		segment++;
		count++;
	} while (flags & VIRTQ_DESC_F_NEXT);
	chain->count = count;
	chain->in_bytes = bytes;
	if (kind == 0) {
		chain->out_count = count;
		chain->out_bytes = bytes;
		chain->in_bytes = 0;
	}
	queue->next_avail++;
	return likely(all_found) ? 1 : segments_find(queue->memory, chain);
}

static __attribute__((noinline)) int chain_load_in_pieces(struct virtqueue *queue,
							  struct virtqueue_chain *chain)
{
	return chain_walk(queue, chain, true);
}

/*
 * Load the chain at its head. If a table is in pieces, it is begun again: nothing that was loaded
 * before counts. Return: 1, -EINVAL.
 */
static __attribute__((noinline)) int chain_load(struct virtqueue *queue,
						struct virtqueue_chain *chain)
{
	int took = chain_walk(queue, chain, false);

	return unlikely(took == -EAGAIN) ? chain_load_in_pieces(queue, chain) : took;
}

/* An available ring that is not in one piece, or a queue that is not ready. */
static __attribute__((noinline)) int take_unusual(struct virtqueue *queue,
						  struct virtqueue_chain *chain)
{
	uint16_t idx, next = queue->next_avail;

	if (!queue->ready)
		return 0;
	if (!avail_load(queue, VIRTQ_AVAIL_IDX, &idx))
		return -EINVAL;
	if (idx == next)
		return 0;
	if ((uint16_t)(idx - next) > queue->size)
		return -EINVAL;
	/* As below. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!avail_load(queue, VIRTQ_AVAIL_RING + 2UL * (next & (queue->size - 1)), &chain->head))
		return -EINVAL;
	return chain_load_in_pieces(queue, chain);
}

int virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	uint16_t idx, next = queue->next_avail;
	const uint8_t *avail = queue->avail_at;
	unsigned size = queue->size;

	if (unlikely(!queue->plain))
		return take_unusual(queue, chain);
	idx = load16(avail, VIRTQ_AVAIL_IDX);
	if (idx == next)
		return 0;
	if ((uint16_t)(idx - next) > size)
		return -EINVAL;
	/*
	 * The driver wrote the entry and the descriptors, then idx (2.7.13.3). Pairs with its
	 * barrier: what was written before idx must be read after it.
	 */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	chain->head = load16(avail, VIRTQ_AVAIL_RING + 2UL * (next & (size - 1)));
	return chain_load(queue, chain);
}

void virtqueue_untake(struct virtqueue *queue)
{
	queue->next_avail--;
}

/* A used ring that is not in one piece, or a queue that is not ready. */
static __attribute__((noinline)) int give_unusual(struct virtqueue *queue, uint16_t head,
						  uint32_t written_bytes)
{
	uint64_t entry = VIRTQ_USED_RING + 8UL * (queue->next_used & (queue->size - 1));

	if (!queue->ready)
		return 0;
	if (!used_store32(queue, entry, head) || !used_store32(queue, entry + 4, written_bytes))
		return -EINVAL;
	queue->next_used++;
	/* As below. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return used_store16(queue, VIRTQ_USED_IDX, queue->next_used) ? 0 : -EINVAL;
}

int virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written_bytes)
{
	uint16_t next = queue->next_used;
	uint8_t *used = queue->used_at;
	volatile uint32_t *entry;

	if (unlikely(!queue->plain))
		return give_unusual(queue, head, written_bytes);
	/* Two stores: an entry is aligned to 4. */
	entry = (volatile uint32_t *)(void *)(used + VIRTQ_USED_RING) +
		2UL * (next & (queue->size - 1));
	entry[0] = head;
	entry[1] = written_bytes;
	queue->next_used = ++next;
	/* Pairs with the driver's barrier after its load of idx: data and entry come first. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	store16(used, VIRTQ_USED_IDX, next);
	return 0;
}

/* Did next_used pass used_event since the driver was looked after last (2.7.7.1)? */
static inline bool event_passed(struct virtqueue *queue, uint16_t event)
{
	uint16_t old = queue->told_used, now = queue->next_used;
	bool told = queue->told;

	queue->told_used = now;
	queue->told = true;
	return !told || (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}

/* Rings that are not in one piece, a queue that is not ready, or flags instead of event indices. */
static __attribute__((noinline)) bool wants_interrupt_unusual(struct virtqueue *queue)
{
	uint16_t word = 0;

	if (!queue->ready)
		return false;
	/* As below. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!queue->event_idx) {
		avail_load(queue, VIRTQ_AVAIL_FLAGS, &word);
		return !(word & VIRTQ_AVAIL_F_NO_INTERRUPT);
	}
	return avail_load(queue, VIRTQ_AVAIL_RING + 2UL * queue->size, &word) &&
	       event_passed(queue, word);
}

bool virtqueue_wants_interrupt(struct virtqueue *queue)
{
	if (unlikely(!queue->plain || !queue->event_idx))
		return wants_interrupt_unusual(queue);
	/*
	 * The driver stores used_event or flags and then looks at idx again; we stored idx and look
	 * at its wish. Without a full fence between, both could miss the other's store (2.7.7).
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return event_passed(queue, load16(queue->avail_at, VIRTQ_AVAIL_RING + 2UL * queue->size));
}

void virtqueue_flag_off(struct virtqueue *queue)
{
	if (queue->ready)
		used_store16(queue, VIRTQ_USED_FLAGS, VIRTQ_USED_F_NO_NOTIFY);
}

/* Rings that are not in one piece, a queue that is not ready, or flags instead of event indices. */
static __attribute__((noinline)) bool notify_on_unusual(struct virtqueue *queue)
{
	uint16_t idx = 0;

	if (!queue->ready)
		return false;
	if (queue->event_idx)
		used_store16(queue, VIRTQ_USED_RING + 8UL * queue->size, queue->next_avail);
	else
		used_store16(queue, VIRTQ_USED_FLAGS, 0);
	/* As below. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return avail_load(queue, VIRTQ_AVAIL_IDX, &idx) && idx != queue->next_avail;
}

bool virtqueue_notify_on(struct virtqueue *queue)
{
	uint16_t next = queue->next_avail;

	if (unlikely(!queue->plain || !queue->event_idx))
		return notify_on_unusual(queue);
	store16(queue->used_at, VIRTQ_USED_RING + 8UL * queue->size, next);
	/*
	 * The driver stores idx and then looks at our wish; we stored the wish and look at idx.
	 * A full fence between, or a chain could wait for a notification that never comes.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load16(queue->avail_at, VIRTQ_AVAIL_IDX) != next;
}
