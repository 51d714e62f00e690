/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio console with one port. Pure. Virtual I/O Device (VIRTIO) Version 1.2, section 5.3.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "vdev/virtio_console.h"

#define QUEUE_RX	0U
#define QUEUE_TX	1U
#define SLICE_BYTES	1024U		/* of output for one notification: a terminal is slow */
#define CHAIN_COST	16U		/* of a chain, in bytes, beside its text */
#define OUTPUT_BYTES	256U		/* copied at a time: the other end looks at them twice */
#define INPUT_BYTES	64U		/* handed over at a time */

static struct virtio_console *console_of(struct virtio *dev)
{
	return container_of(dev, struct virtio_console, virtio);
}

/* Send the chain under way until its end, the budget's, or that of the room at the other end. */
static void send_chain(struct virtio_console *console, size_t *budget)
{
	const struct virtqueue *queue = &console->virtio.queues[QUEUE_TX];
	char text[OUTPUT_BYTES];

	while (*budget > 0) {
		struct virtqueue_cursor begin = console->cursor;
		size_t size = virtqueue_read(queue, &console->tx, &console->cursor, text,
					     MIN(*budget, sizeof(text)));
		size_t sent = size > 0 ? console->io->send(console->io_arg, text, size) : 0;

		if (size == 0) {
			console->sending = false;
			return;
		}
		*budget = sent > 0 ? *budget - sent : 0;
		if (sent < size) {
			console->cursor = begin;
			virtqueue_skip(&console->tx, &console->cursor, sent);
		}
	}
}

/* Send until there is nothing left: 0; the budget is used up: -EAGAIN; or -EINVAL. */
static int send_all(struct virtio_console *console, size_t budget)
{
	struct virtqueue *queue = &console->virtio.queues[QUEUE_TX];

	for (;;) {
		if (!console->sending) {
			int took;

			if (budget == 0)
				return -EAGAIN;
			took = virtqueue_take(queue, &console->tx);
			if (took <= 0)
				return took;
			console->sending = true;
			console->cursor = virtqueue_out(&console->tx);
			budget -= MIN(budget, CHAIN_COST + console->tx.count);
		}
		send_chain(console, &budget);
		if (console->sending)
			return -EAGAIN;
		if (virtqueue_give(queue, console->tx.head, 0))
			return -EINVAL;
	}
}

static int notify_tx(struct virtio_console *console)
{
	struct virtqueue *queue = &console->virtio.queues[QUEUE_TX];
	uint16_t before = queue->next_used;
	int err;

	virtqueue_notify_off(queue);
	err = send_all(console, SLICE_BYTES);
	if (err == 0 && virtqueue_notify_on(queue))
		err = -EAGAIN;
	if (queue->next_used != before)
		virtio_used(&console->virtio, QUEUE_TX);
	if (err == -EINVAL)
		virtio_broken(&console->virtio);
	return err == -EAGAIN ? err : 0;
}

/* Hand input over while there is some and a buffer for it. Return: 0, -EINVAL. */
static int receive_all(struct virtio_console *console)
{
	struct virtqueue *queue = &console->virtio.queues[QUEUE_RX];
	struct virtqueue_cursor cursor;
	char text[INPUT_BYTES];
	size_t size;

	/* No more than the ring holds: another vCPU may be adding to it all the time. */
	for (unsigned left = queue->size; left > 0; left--) {
		int took = virtqueue_take(queue, &console->rx);

		if (took <= 0)
			return took;
		size = MIN(console->rx.in_bytes, sizeof(text));
		if (size > 0)
			size = console->io->receive(console->io_arg, text, size);
		if (size == 0 && console->rx.in_bytes > 0) {
			virtqueue_untake(queue);
			return 0;
		}
		cursor = virtqueue_in(&console->rx);
		virtqueue_write(queue, &console->rx, &cursor, text, size);
		if (virtqueue_give(queue, console->rx.head, (uint32_t)size))
			return -EINVAL;
	}
	return 0;
}

/*
 * A buffer that comes while input waits elsewhere is worth a notification, whoever took the last
 * one. The second look is for what came before we asked.
 */
static void receive(struct virtio_console *console)
{
	struct virtqueue *queue = &console->virtio.queues[QUEUE_RX];
	uint16_t before = queue->next_used;
	int err, looks = 2;

	do
		err = receive_all(console);
	while (!err && virtqueue_notify_on(queue) && --looks > 0);
	if (err)
		virtio_broken(&console->virtio);
	if (queue->next_used != before)
		virtio_used(&console->virtio, QUEUE_RX);
}

bool virtio_console_input_ready(struct virtio_console *console)
{
	if (!virtio_is_live(&console->virtio) || !console->virtio.queues[QUEUE_RX].ready)
		return false;
	receive(console);
	return true;
}

static int console_notify(struct virtio *dev, unsigned index)
{
	struct virtio_console *console = console_of(dev);

	if (index == QUEUE_TX)
		return notify_tx(console);
	receive(console);
	return 0;
}

static void console_reset(struct virtio *dev, unsigned queue)
{
	if (queue == QUEUE_TX)
		console_of(dev)->sending = false;
}

static const struct virtio_class console_class = {
	.id = VIRTIO_ID_CONSOLE,
	.queue_count = 2,
	.notify = console_notify,
	.reset = console_reset,
};

void virtio_console_init(struct virtio_console *console, const struct virtio_console_io *io,
			 void *io_arg, const struct virtqueue_memory *memory,
			 void (*interrupt)(void *arg, bool level), void *arg)
{
	memset(console, 0, sizeof(*console));
	console->io = io;
	console->io_arg = io_arg;
	virtio_init(&console->virtio, &console_class, 0, NULL, 0, memory, interrupt, arg);
}
