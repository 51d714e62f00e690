/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a descriptor chain that has been taken. Pure. Virtual I/O Device (VIRTIO) Version
 * 1.2, section 2.7.4.
 */
#include "lib/string.h"
#include "vdev/virtqueue.h"

struct virtqueue_cursor virtqueue_out(const struct virtqueue_chain *chain)
{
	return (struct virtqueue_cursor){ .end = chain->out_count };
}

struct virtqueue_cursor virtqueue_in(const struct virtqueue_chain *chain)
{
	return (struct virtqueue_cursor){ .segment = chain->out_count, .end = chain->count };
}

/* A buffer that is not in one piece; the cursor is in segment. */
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
	if (unlikely(segment->at == NULL))
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
