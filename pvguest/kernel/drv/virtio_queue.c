/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues, the driver's side.
 * Virtual I/O Device (VIRTIO) 1.2, 2.7 "Split Virtqueues".
 */
#include "drv/virtio.h"

#include "mm/layout.h"

/* The rings by words of 16 bits: flags, index, then the ring itself, then the event index. */
bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_part *parts, uint16_t count,
		      void *token)
{
	uint16_t head = queue->free_head, at = head;

	if (queue->free_count < count)
		return false;
	for (uint16_t i = 0; i < count; i++) {
		struct virtq_desc *desc = &queue->desc[at];

		desc->addr = virt_to_phys(parts[i].data);
		desc->len = parts[i].length;
		desc->flags = (uint16_t)((parts[i].write ? VIRTQ_DESC_F_WRITE : 0) |
					 (i + 1 < count ? VIRTQ_DESC_F_NEXT : 0));
		at = desc->next;
	}
	queue->free_head = at;
	queue->free_count = (uint16_t)(queue->free_count - count);
	queue->tokens[head] = token;
	queue->avail[2 + queue->avail_index % queue->size] = head;
	queue->avail_index++;
	return true;
}

/* With event indices the device says behind which request it wants to be told. */
static bool virtio_queue_wants_kick(const struct virtio_device *device,
				    const struct virtio_queue *queue)
{
	uint16_t event;

	if (!virtio_has(device, VIRTIO_F_EVENT_IDX))
		return !(queue->used[0] & VIRTQ_USED_F_NO_NOTIFY);
	event = queue->used[2 + queue->size * 4U];
	return (uint16_t)(queue->avail_index - event - 1) <
	       (uint16_t)(queue->avail_index - queue->kicked);
}

void virtio_queue_kick(struct virtio_device *device, struct virtio_queue *queue)
{
	if (queue->avail_index == queue->kicked)
		return;
	/* The requests before the index that announces them. */
	virtio_barrier();
	queue->avail[1] = queue->avail_index;
	/* The index before the look at what the device wants, or both sides wait for ever. */
	virtio_barrier();
	if (virtio_queue_wants_kick(device, queue))
		virtio_notify(device);
	queue->kicked = queue->avail_index;
}

void *virtio_queue_take(struct virtio_queue *queue)
{
	volatile uint32_t *ring = (volatile uint32_t *)(queue->used + 2);
	uint16_t at;
	uint32_t id;
	void *token;

	if (queue->used[1] == queue->used_index) {
		/* An interrupt at the next one, please; and it may be there already. */
		queue->avail[2 + queue->size] = queue->used_index;
		virtio_barrier();
		if (queue->used[1] == queue->used_index)
			return NULL;
	}
	/* The index before what it announces. */
	virtio_barrier();
	id = ring[queue->used_index % queue->size * 2U];
	queue->used_index++;
	if (id >= queue->size || !queue->tokens[id])
		return NULL;
	token = queue->tokens[id];
	queue->tokens[id] = NULL;
	for (at = (uint16_t)id, queue->free_count++; queue->desc[at].flags & VIRTQ_DESC_F_NEXT;
	     at = queue->desc[at].next)
		queue->free_count++;
	queue->desc[at].next = queue->free_head;
	queue->free_head = (uint16_t)id;
	return token;
}
