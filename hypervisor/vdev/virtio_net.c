/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device at a port of a switch. Pure. Virtual I/O Device (VIRTIO) Version 1.2,
 * section 5.1.
 *
 * A frame is copied once, from the sender's buffers into the receiver's. A receiver without a
 * buffer loses it, as on a wire.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtio_net.h"

#define BATCH_BYTES	(64UL << 10)	/* for one notification */
#define FRAME_COST	512UL		/* of a frame, in bytes, beside its data */
#define SEGMENT_COST	64UL		/* of each of its buffers */

static struct virtio_net *net_of(struct virtio *dev)
{
	return container_of(dev, struct virtio_net, virtio);
}

/* ---- Sending ---- */

/* The chain's bytes behind both headers as pieces; false if they are too many. */
static bool frame_pieces(struct virtio_net *net, struct virtqueue_cursor *cursor)
{
	const struct virtqueue *queue = &net->virtio.queues[VIRTIO_NET_TX];
	struct vswitch_frame *frame = &net->frame;
	uint32_t left = frame->size - VSWITCH_HEADER_BYTES;

	for (frame->count = 1; left > 0; frame->count++) {
		struct vswitch_piece *piece = &frame->pieces[frame->count];
		size_t got;

		if (frame->count == VSWITCH_PIECES)
			return false;
		piece->at = virtqueue_map(queue, &net->tx, cursor, left, &got);
		if (piece->at == NULL)
			return false;
		piece->size = (uint32_t)got;
		left -= piece->size;
	}
	return true;
}

/* Make a frame of the chain that was taken; false: it is none, and is lost. */
static bool frame_load(struct virtio_net *net)
{
	const struct virtqueue *queue = &net->virtio.queues[VIRTIO_NET_TX];
	uint64_t size = net->tx.out_bytes - sizeof(struct virtio_net_header);
	struct virtqueue_cursor cursor = virtqueue_out(&net->tx), body;
	struct vswitch_frame *frame = &net->frame;

	if (net->tx.out_bytes < sizeof(struct virtio_net_header) + VSWITCH_HEADER_BYTES ||
	    size > VSWITCH_FRAME_MAX)
		return false;
	virtqueue_skip(&net->tx, &cursor, sizeof(struct virtio_net_header));
	virtqueue_read(queue, &net->tx, &cursor, frame->header, VSWITCH_HEADER_BYTES);
	frame->size = (uint32_t)size;
	frame->pieces[0] = (struct vswitch_piece){ frame->header, VSWITCH_HEADER_BYTES };
	body = cursor;
	if (!frame_pieces(net, &body)) {
		size -= VSWITCH_HEADER_BYTES;
		if (virtqueue_read(queue, &net->tx, &cursor, net->flat, size) != size)
			return false;
		frame->pieces[1] = (struct vswitch_piece){ net->flat, (uint32_t)size };
		frame->count = 2;
	}
	return true;
}

/* Send until there is nothing left: 0; the budget is used up: -EAGAIN; or -EINVAL. */
static int send_all(struct virtio_net *net, uint64_t now)
{
	struct virtqueue *queue = &net->virtio.queues[VIRTIO_NET_TX];

	for (size_t budget = BATCH_BYTES; budget > 0;) {
		uint64_t cost;
		int took = virtqueue_take(queue, &net->tx);

		if (took <= 0)
			return took;
		cost = FRAME_COST;
		if (frame_load(net)) {
			unsigned copies = vswitch_forward(net->sw, &net->port, &net->frame, now);

			cost = (FRAME_COST + net->frame.size) * MAX(copies, 1U);
		}
		cost += SEGMENT_COST * net->tx.count;
		if (virtqueue_give(queue, net->tx.head, 0))
			return -EINVAL;
		budget -= MIN(budget, cost);
	}
	return -EAGAIN;
}

static int net_notify(struct virtio *dev, unsigned index)
{
	struct virtio_net *net = net_of(dev);
	struct virtqueue *queue = &dev->queues[index];
	uint16_t before = queue->next_used;
	int err;

	/* New receive buffers are found when there is a frame for them. */
	if (index == VIRTIO_NET_RX)
		return 0;
	virtqueue_notify_off(queue);
	err = send_all(net, net->now_ticks());
	if (err == 0 && virtqueue_notify_on(queue))
		err = -EAGAIN;
	vswitch_flush(net->sw);
	if (queue->next_used != before)
		virtio_used(dev, index);
	if (err == -EINVAL)
		virtio_broken(dev);
	return err == -EAGAIN ? err : 0;
}

/* ---- Receiving ---- */

/* Write a frame behind its header into the chain: both headers at once, then the other pieces. */
static void frame_store(struct virtio_net *net, const struct vswitch_frame *frame)
{
	/* Aligned as receivers' buffers mostly are: then it is copied in words. */
	_Alignas(uint64_t) struct {
		struct virtio_net_header net;
		uint8_t frame[VSWITCH_HEADER_BYTES];
	} head = { .net = { .num_buffers = 1 } };
	const struct virtqueue *queue = &net->virtio.queues[VIRTIO_NET_RX];
	struct virtqueue_cursor cursor = virtqueue_in(&net->rx);

	_Static_assert(sizeof(head) == sizeof(head.net) + VSWITCH_HEADER_BYTES, "no hole");
	memcpy(head.frame, frame->header, sizeof(head.frame));
	virtqueue_write(queue, &net->rx, &cursor, &head, sizeof(head));
	for (unsigned i = 1; i < frame->count; i++)
		virtqueue_write(queue, &net->rx, &cursor, frame->pieces[i].at,
				frame->pieces[i].size);
}

static bool net_receive(struct vswitch_port *port, const struct vswitch_frame *frame)
{
	struct virtio_net *net = container_of(port, struct virtio_net, port);
	struct virtqueue *queue = &net->virtio.queues[VIRTIO_NET_RX];
	uint32_t size = (uint32_t)sizeof(struct virtio_net_header) + frame->size;
	int took;

	if (!virtio_is_live(&net->virtio))
		return false;
	took = virtqueue_take(queue, &net->rx);
	if (took == 0)
		return false;
	if (took > 0 && net->rx.in_bytes < size) {
		virtqueue_untake(queue);
		return false;
	}
	if (took > 0) {
		frame_store(net, frame);
		took = virtqueue_give(queue, net->rx.head, size);
	}
	if (took < 0)
		virtio_broken(&net->virtio);
	return took >= 0;
}

static void net_flush(struct vswitch_port *port)
{
	struct virtio_net *net = container_of(port, struct virtio_net, port);

	virtio_used(&net->virtio, VIRTIO_NET_RX);
}

static const struct vswitch_port_ops net_port_ops = {
	.receive = net_receive,
	.flush = net_flush,
};

/* ---- Life ---- */

static void net_driver_ok(struct virtio *dev)
{
	virtqueue_notify_off(&dev->queues[VIRTIO_NET_RX]);
}

static void net_reset(struct virtio *dev, unsigned queue)
{
	(void)dev;
	(void)queue;
}

static const struct virtio_class net_class = {
	.id = VIRTIO_ID_NET,
	.queue_count = 2,
	.notify = net_notify,
	.reset = net_reset,
	.driver_ok = net_driver_ok,
};

int virtio_net_init(struct virtio_net *net, struct vswitch *sw, const uint8_t *mac,
		    uint64_t (*now_ticks)(void), const struct virtqueue_memory *memory,
		    void (*interrupt)(void *arg, bool level), void *arg)
{
	memset(net, 0, sizeof(*net));
	memcpy(net->config.mac, mac, sizeof(net->config.mac));
	net->config.status = VIRTIO_NET_S_LINK_UP;
	net->config.max_virtqueue_pairs = 1;
	net->config.mtu = 1500;
	net->sw = sw;
	net->now_ticks = now_ticks;
	virtio_init(&net->virtio, &net_class,
		    VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_MTU, &net->config,
		    sizeof(net->config), memory, interrupt, arg);
	return vswitch_add_port(sw, &net->port, &net_port_ops, vswitch_mac(mac));
}

void virtio_net_fini(struct virtio_net *net)
{
	vswitch_remove_port(net->sw, &net->port);
}
