/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio console with one port. Pure: its other end is two callbacks. Virtual I/O Device (VIRTIO)
 * Version 1.2, section 5.3.
 */
#ifndef VDEV_VIRTIO_CONSOLE_H
#define VDEV_VIRTIO_CONSOLE_H

#include "vdev/virtio_mmio.h"

struct virtio_console_io {
	/* Return: how many bytes there was room for; for the rest the notification is repeated. */
	size_t (*send)(void *arg, const char *text, size_t size);
	/* Take at most size bytes that wait at the other end. Return: how many. */
	size_t (*receive)(void *arg, char *text, size_t size);
};

struct virtio_console {
	struct virtio virtio;
	const struct virtio_console_io *io;
	void *io_arg;
	/* Output that is long is sent in slices. */
	bool sending;
	struct virtqueue_cursor cursor;
	struct virtqueue_chain tx, rx;
};

void virtio_console_init(struct virtio_console *console, const struct virtio_console_io *io,
			 void *io_arg, const struct virtqueue_memory *memory,
			 void (*interrupt)(void *arg, bool level), void *arg);
/*
 * Bytes wait at the other end. Return: the driver has taken them or will, false if it does not
 * listen.
 */
bool virtio_console_input_ready(struct virtio_console *console);

#endif
