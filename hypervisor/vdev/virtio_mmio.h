/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device behind the MMIO transport, as a state machine: registers, status, features,
 * queues, configuration. What sort of device it is stands in a struct virtio_class. Pure.
 * Virtual I/O Device (VIRTIO) Version 1.2, sections 2.1, 2.2 and 4.2. Modern (version 2) only.
 */
#ifndef VDEV_VIRTIO_MMIO_H
#define VDEV_VIRTIO_MMIO_H

#include "vdev/virtqueue.h"

#define VIRTIO_QUEUES_MAX	2U
#define VIRTIO_VENDOR		0x54525453U	/* "STRT" */
#define VIRTIO_PAGE_BYTES	4096UL

struct virtio;

/* A sort of device. All are called with the owner's lock held. */
struct virtio_class {
	uint32_t id;			/* VIRTIO_ID_* */
	unsigned queue_count;
	/* The driver notified a queue, which is ready. -EAGAIN: have it do so again, later. */
	int (*notify)(struct virtio *dev, unsigned queue);
	/* Forget what is under way on a queue. */
	void (*reset)(struct virtio *dev, unsigned queue);
	/* DRIVER_OK was set; NULL: nothing to do. */
	void (*driver_ok)(struct virtio *dev);
};

struct virtio {
	const struct virtio_class *class;
	uint64_t features;		/* offered */
	const void *config;		/* the device's own registers, read-only */
	size_t config_size;
	void (*interrupt)(void *arg, bool level);
	void *arg;

	uint64_t driver_features;
	uint32_t features_sel, driver_features_sel, queue_sel;
	uint32_t status, isr, generation;
	uint32_t *page;			/* the registers as memory, or NULL: virtio_show() */
	struct virtqueue queues[VIRTIO_QUEUES_MAX];
};

/*
 * Reset state. features without those that every device has (indirect, event index, version 1);
 * memory and config stay the caller's.
 */
void virtio_init(struct virtio *dev, const struct virtio_class *class, uint64_t features,
		 const void *config, size_t config_size, const struct virtqueue_memory *memory,
		 void (*interrupt)(void *arg, bool level), void *arg);

/*
 * Keep a copy of the registers, as 32-bit reads find them, in a page of VIRTIO_PAGE_BYTES of zeros
 * which the driver may read instead: no read of this transport has an effect.
 */
void virtio_show(struct virtio *dev, uint32_t *page);
/* A register access of 1, 2, 4 or 8 bytes, naturally aligned. */
uint64_t virtio_read(struct virtio *dev, uint64_t offset, unsigned size);
/* Return: 0; -EAGAIN: the access has to be repeated, there is more work than for one exit. */
int virtio_write(struct virtio *dev, uint64_t offset, unsigned size, uint64_t value);

/* The driver has set the device going, and nothing has failed since. */
bool virtio_is_live(const struct virtio *dev);
/* Interrupt the driver, for what was given back to it. */
void virtio_interrupt(struct virtio *dev);
/* The driver may look at what was given back to it: interrupt it if it wants that. */
static inline void virtio_used(struct virtio *dev, unsigned queue)
{
	if (virtqueue_wants_interrupt(&dev->queues[queue]))
		virtio_interrupt(dev);
}
/* Nothing more is to be done with guest memory, until a reset: the VM has ended. */
void virtio_stop(struct virtio *dev);
/* The state after power-on, as by the driver's status 0. */
void virtio_reset(struct virtio *dev);
/* The driver broke the rules: the device stops until it is reset (2.1.2). */
void virtio_broken(struct virtio *dev);

#endif
