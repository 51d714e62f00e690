/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio devices behind virtio-mmio registers, and their split virtqueues.
 * Virtual I/O Device (VIRTIO) 1.2, 2.7 "Split Virtqueues", 4.2 "Virtio Over MMIO".
 */
#ifndef DRV_VIRTIO_H
#define DRV_VIRTIO_H

#include <virtio/virtio.h>

#include "drv/plic.h"
#include "lib/list.h"

/* Memory and registers are seen by the device in the order in which they are written here. */
static inline void virtio_barrier(void)
{
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}

/* A piece of memory that a request names. */
struct virtio_part {
	void *data;		/* contiguous, of the direct map */
	uint32_t length;
	bool write;		/* by the device */
};

struct virtio_queue {
	uint16_t size, free_head, free_count;
	uint16_t avail_index;	/* of the next request; what the device sees lags until the kick */
	uint16_t kicked;	/* avail_index at the last kick */
	uint16_t used_index;	/* of the next answer to be taken */
	struct virtq_desc *desc;
	volatile uint16_t *avail, *used;	/* the device reads or writes them at any time */
	void **tokens;			/* by the first descriptor of a request */
};

struct virtio_device {
	struct list link;
	struct plic_handler handler;
	volatile uint32_t *regs;
	uint64_t pa, features;
	uint32_t id, irq;
	/* The driver's: what was used is to be looked at. */
	void (*interrupt)(struct virtio_device *device);
	void *driver;
};

/* Finds all devices of the device tree, and starts their drivers. */
void virtio_init(void);

/* Resets the device and agrees on features: those of wanted (bits) that it has. */
bool virtio_begin(struct virtio_device *device, uint64_t wanted);
static inline bool virtio_has(const struct virtio_device *device, uint64_t feature)
{
	return device->features & feature;
}
/* Makes queue 0 with at most so many descriptors; false: no memory, or the device has none. */
bool virtio_queue_init(struct virtio_device *device, struct virtio_queue *queue, uint16_t size);
/* The driver is ready: interrupts come from now on. */
bool virtio_start(struct virtio_device *device);
/* Queue 0 has new requests. */
void virtio_notify(struct virtio_device *device);
/* Gives up: the device is told. */
void virtio_fail(struct virtio_device *device);
/* Fields of the configuration, of 4 and 8 bytes. */
uint32_t virtio_config32(struct virtio_device *device, uint32_t offset);
uint64_t virtio_config64(struct virtio_device *device, uint32_t offset);

/* A request of these parts; the device sees it after the next kick. False: no descriptors free. */
bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_part *parts, uint16_t count,
		      void *token);
void virtio_queue_kick(struct virtio_device *device, struct virtio_queue *queue);
/* The token of a request that the device has done; NULL: none. */
void *virtio_queue_take(struct virtio_queue *queue);

/* drv/virtio_blk.c */
void virtio_blk_init(struct virtio_device *device);

#endif
