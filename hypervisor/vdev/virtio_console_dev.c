/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio console of a VM: its other end is the VM's console, as the serial port's is.
 */
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/virtio_console.h"
#include "vdev/virtio_dev.h"
#include "vm/vconsole.h"

struct virtio_console_dev {
	struct virtio_dev dev;
	struct virtio_console console;
	/* Who is told of input while our driver does not listen: the serial port. */
	void (*next_ready)(void *arg);
	void *next_ready_arg;
};

static size_t console_dev_send(void *arg, const char *text, size_t size)
{
	struct virtio_console_dev *dev = arg;
	struct vm *vm = dev->dev.vdev.vm;

	if (!vconsole_accepts(vm))
		return 0;
	size = vconsole_piece(text, size);
	vconsole_write(vm, text, size);
	return size;
}

static size_t console_dev_receive(void *arg, char *text, size_t size)
{
	struct virtio_console_dev *dev = arg;

	return vconsole_read(dev->dev.vdev.vm, text, size);
}

static const struct virtio_console_io console_dev_io = {
	.send = console_dev_send,
	.receive = console_dev_receive,
};

static void console_dev_input_ready(void *arg)
{
	struct virtio_console_dev *dev = arg;
	bool listens;

	spin_lock(dev->dev.lock);
	listens = virtio_console_input_ready(&dev->console);
	spin_unlock(dev->dev.lock);
	if (!listens && dev->next_ready != NULL)
		dev->next_ready(dev->next_ready_arg);
}

static void virtio_console_dev_destroy(struct virtio_dev *dev)
{
	kfree(container_of(dev, struct virtio_console_dev, dev));
}

/* The serial port is there already, if any: we come first, and it while we do not listen. */
int virtio_console_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct virtio_console_dev *dev = kalloc(sizeof(*dev));

	if (dev == NULL)
		return -ENOMEM;
	virtio_dev_wire(&dev->dev, vm, config, &dev->console.virtio, virtio_console_dev_destroy);
	virtio_console_init(&dev->console, &console_dev_io, dev, &dev->dev.memory,
			    virtio_dev_interrupt, &dev->dev);
	dev->next_ready = vm->console->ready;
	dev->next_ready_arg = vm->console->ready_arg;
	vm->console->ready_arg = dev;
	vm->console->ready = console_dev_input_ready;
	virtio_dev_add(&dev->dev);
	return 0;
}
