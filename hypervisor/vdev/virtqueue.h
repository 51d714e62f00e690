/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of a split virtqueue in guest memory. Pure; all that the guest wrote is judged
 * here and copied before use. Virtual I/O Device (VIRTIO) Version 1.2, section 2.7.
 *
 * The owner serialises all calls on one queue. Functions that return int give -EINVAL when the
 * driver broke the rules; the device then needs a reset (2.1.2).
 */
#ifndef VDEV_VIRTQUEUE_H
#define VDEV_VIRTQUEUE_H

#include <virtio/virtio.h>
#include "lib/types.h"

#define VIRTQUEUE_SIZE_MAX	256U

/*
 * Guest memory. Its pieces need not be contiguous in the host, and stay where they are: before they
 * go away, all queues are reset.
 */
struct virtqueue_memory {
	/*
	 * The host address of guest RAM [gpa, gpa + size); NULL if a part is no RAM. *got is how
	 * many bytes are contiguous there, at least 1 and at most size.
	 */
	void *(*map)(void *arg, uint64_t gpa, size_t size, size_t *got);
	void *arg;
	/*
	 * Most of it, [gpa, gpa + size), in chunks of 2 MiB: what lies inside one of them is found
	 * without a call. size 0: there is nothing of the kind.
	 */
	uint64_t gpa, size;
	const hpa_t *chunks;
};

struct virtqueue {
	const struct virtqueue_memory *memory;
	/* Set by the driver while the queue is not ready. */
	unsigned size;
	uint64_t desc, avail, used;	/* guest-physical */
	bool ready;
	bool event_idx, indirect;	/* negotiated */
	uint16_t next_avail;		/* the next entry of the available ring to take */
	uint16_t next_used;		/* the next entry of the used ring to fill */
	uint16_t told_used;		/* next_used when the driver was interrupted last */
	bool told;			/* told_used is valid */
	/* Where the rings are in the host; NULL: not in one piece. */
	struct virtq_desc *desc_at;
	uint8_t *avail_at, *used_at;
	bool plain;			/* it is ready, and both of these are in one piece */
};

struct virtqueue_segment {
	uint64_t gpa;
	uint8_t *at;			/* in the host; NULL: in pieces, or nowhere */
	uint32_t size;
};

/*
 * The buffers of one descriptor chain, copied out of guest memory: first those that the device
 * reads, then those that it writes. Every segment was found to be guest RAM.
 */
struct virtqueue_chain {
	uint16_t head;
	unsigned out_count, count;	/* segments to read; all */
	uint64_t out_bytes, in_bytes;
	struct virtqueue_segment segments[VIRTQUEUE_SIZE_MAX];
};

/* Where a walk over a chain's bytes stands. */
struct virtqueue_cursor {
	unsigned segment, end;		/* the next segment; where its part of the chain ends */
	uint32_t offset;		/* in the segment */
};

/* Reset state; the features are set when the driver has chosen them. */
void virtqueue_init(struct virtqueue *queue, const struct virtqueue_memory *memory);
/* The driver says QueueReady = 1: judge size and addresses. Return: 0, -EINVAL. */
int virtqueue_start(struct virtqueue *queue);
/* Back to what virtqueue_init() left. */
void virtqueue_reset(struct virtqueue *queue);

/* Take the next chain. Return: 1; 0 if there is none, -EINVAL: *chain is of no use. */
int virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain);
/* Undo the last virtqueue_take(): the chain will be taken again. */
void virtqueue_untake(struct virtqueue *queue);
/* Give a chain back with the number of bytes written to it. Return: 0, -EINVAL. */
int virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written_bytes);
/* After giving chains back: does the driver want an interrupt for them (2.7.7)? */
bool virtqueue_wants_interrupt(struct virtqueue *queue);
/* That by the used ring's flag. */
void virtqueue_flag_off(struct virtqueue *queue);
/* Ask the driver for no notifications, for as long as the ring is being worked on (2.7.10). */
static inline void virtqueue_notify_off(struct virtqueue *queue)
{
	/* With event indices an old avail_event does it. */
	if (!queue->event_idx)
		virtqueue_flag_off(queue);
}
/* Ask for a notification of the next chain. Return: whether one came meanwhile: go on with it. */
bool virtqueue_notify_on(struct virtqueue *queue);

/* The start of the bytes that the device reads, and of those that it writes. */
struct virtqueue_cursor virtqueue_out(const struct virtqueue_chain *chain);
struct virtqueue_cursor virtqueue_in(const struct virtqueue_chain *chain);
/*
 * The next at most size bytes at the cursor that are contiguous in the host; *got is how many.
 * Moves the cursor behind them. Return: NULL at the end of the chain.
 */
void *virtqueue_map(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		    struct virtqueue_cursor *cursor, size_t size, size_t *got);
/* Copy between a chain and a buffer, moving the cursor. Return: bytes copied. */
size_t virtqueue_read(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		      struct virtqueue_cursor *cursor, void *to, size_t size);
size_t virtqueue_write(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		       struct virtqueue_cursor *cursor, const void *from, size_t size);
/* Move the cursor over size bytes. */
void virtqueue_skip(const struct virtqueue_chain *chain, struct virtqueue_cursor *cursor,
		    uint64_t size);

#endif
