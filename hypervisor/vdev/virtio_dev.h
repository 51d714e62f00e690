/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any virtio device of a VM: the state machine behind a window, its memory the VM's, its interrupt
 * a source of the VM's PLIC.
 */
#ifndef VDEV_VIRTIO_DEV_H
#define VDEV_VIRTIO_DEV_H

#include "vdev/virtio_mmio.h"
#include "vm/vm.h"

struct virtio_dev {
	struct vdev vdev;
	/*
	 * Guards *virtio; the PLIC's nests inside. The device's own, or the one of its switch,
	 * which all network devices of the switch share: one writes into the others' queues.
	 */
	struct spinlock *lock;
	struct spinlock own_lock;
	struct virtio *virtio;
	struct virtqueue_memory memory;
	uint32_t *page;			/* the registers, which the guest reads; or NULL */
	unsigned irq;
	void (*destroy)(struct virtio_dev *dev);
};

/*
 * Wire dev up: before it is initialised, so that its memory and virtio_dev_interrupt(dev) can be
 * handed to it; then add it to the VM.
 */
void virtio_dev_wire(struct virtio_dev *dev, struct vm *vm, const struct vdev_config *config,
		     struct virtio *virtio, void (*destroy)(struct virtio_dev *dev));
void virtio_dev_add(struct virtio_dev *dev);
/* The interrupt callback of struct virtio; arg is the struct virtio_dev. */
void virtio_dev_interrupt(void *arg, bool level);

/* Build the devices. config is the node's. Return: 0, -ENOMEM; net: -EEXIST. */
int virtio_blk_dev_create(struct vm *vm, const struct vdev_config *config);
int virtio_net_dev_create(struct vm *vm, const struct vdev_config *config);
int virtio_console_dev_create(struct vm *vm, const struct vdev_config *config);
int virtio_rng_dev_create(struct vm *vm, const struct vdev_config *config);

#endif
