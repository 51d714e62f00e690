/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of a virtio device for bare test guests: registers, one queue at a time that is
 * polled, and block requests. VIRTIO 1.2, sections 2.7, 3.1, 4.2 and 5.2. Included once.
 */
#ifndef TESTS_GUEST_VIRTIO_H
#define TESTS_GUEST_VIRTIO_H

#include <virtio/blk.h>
#include <virtio/virtio.h>
#include "guest.h"

#define WINDOWS		8		/* where QEMU's machine has them, and Strata's trees */
#define WINDOW(n)	(0x10000000UL + 0x1000UL * (n))
#define QUEUE_SIZE	16U

static uint64_t dev;			/* the device's window */
static _Alignas(4096) struct virtq_desc desc[QUEUE_SIZE];
static _Alignas(4096) uint8_t avail[4096], used[4096];
static uint16_t avail_idx, used_seen;

static inline uint32_t reg_read(uint64_t offset)
{
	return *(volatile uint32_t *)(dev + offset);
}

static inline void reg_write(uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)(dev + offset) = value;
}

/* Make the n-th device of a sort the one that is spoken to; false if there is none. */
static bool find_device(uint32_t id, unsigned n)
{
	for (unsigned i = 1; i <= WINDOWS; i++) {
		volatile uint32_t magic = 0;

		dev = WINDOW(i);
		TRAP(magic = reg_read(VIRTIO_MMIO_MAGIC));
		if (trap_last.scause != NO_TRAP || magic != VIRTIO_MMIO_MAGIC_VALUE ||
		    reg_read(VIRTIO_MMIO_DEVICE_ID) != id)
			continue;
		if (n-- == 0)
			return true;
	}
	return false;
}

static inline uint64_t features_read(void)
{
	uint64_t low;

	reg_write(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	low = reg_read(VIRTIO_MMIO_DEVICE_FEATURES);
	reg_write(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return low | (uint64_t)reg_read(VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static inline void address_write(uint64_t offset, const volatile void *at)
{
	reg_write(offset, (uint32_t)(uint64_t)at);
	reg_write(offset + 4, (uint32_t)((uint64_t)at >> 32));
}

static void queue_set_up(unsigned queue)
{
	memset(desc, 0, sizeof(desc));
	memset(avail, 0, sizeof(avail));
	memset(used, 0, sizeof(used));
	avail_idx = used_seen = 0;
	reg_write(VIRTIO_MMIO_QUEUE_SEL, queue);
	reg_write(VIRTIO_MMIO_QUEUE_NUM, QUEUE_SIZE);
	address_write(VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
	address_write(VIRTIO_MMIO_QUEUE_DRIVER_LOW, avail);
	address_write(VIRTIO_MMIO_QUEUE_DEVICE_LOW, used);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 1);
}

/* 3.1.1, with one queue. Return: the device agrees to the features. */
static bool device_start(uint64_t features, unsigned queue)
{
	features |= VIRTIO_F_VERSION_1;
	reg_write(VIRTIO_MMIO_STATUS, 0);
	reg_write(VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	reg_write(VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	for (unsigned half = 0; half < 2; half++) {
		reg_write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		reg_write(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> (32 * half)));
	}
	reg_write(VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
					      VIRTIO_STATUS_FEATURES_OK);
	if (!(reg_read(VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK))
		return false;
	queue_set_up(queue);
	reg_write(VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
					      VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
	return true;
}

/* Offer the chain that begins at head; the device looks at it when it is notified. */
static inline void offer(uint16_t head)
{
	volatile uint16_t *ring = (volatile uint16_t *)(avail + VIRTQ_AVAIL_RING);

	ring[avail_idx % QUEUE_SIZE] = head;
	/* The entry and its descriptors before the index that makes them count (2.7.13.3). */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(volatile uint16_t *)(avail + VIRTQ_AVAIL_IDX) = ++avail_idx;
	/* The index before a notification, and before we look at what the device wants. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline uint16_t used_idx(void)
{
	return *(volatile uint16_t *)(used + VIRTQ_USED_IDX);
}

/*
 * Wait until the device has given n more chains back; false after a minute. A flush waits for the
 * disk of the machine below, whatever else that has to write.
 */
static bool wait_used(unsigned n)
{
	uint64_t deadline = read_time() + 600000000;

	while ((uint16_t)(used_idx() - used_seen) < n)
		if (read_time() > deadline)
			return false;
	/* What the device wrote is read after the index that said so. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	used_seen = (uint16_t)(used_seen + n);
	return true;
}

/* The length in the used ring's last entry that was waited for. */
static inline uint32_t used_length(void)
{
	return *(volatile uint32_t *)(used + VIRTQ_USED_RING +
				      8 * ((used_seen - 1U) % QUEUE_SIZE) + 4);
}

/* ---- Block requests ---- */

static struct virtio_blk_header blk_header;
static volatile uint8_t blk_status;

/* Describe a request in descriptors 0..2. */
static void blk_describe(uint32_t type, uint64_t sector, volatile void *data, uint32_t size)
{
	bool in = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;

	blk_header = (struct virtio_blk_header){ .type = type, .sector = sector };
	blk_status = 0xff;
	desc[0] = (struct virtq_desc){ (uint64_t)&blk_header, sizeof(blk_header),
				       VIRTQ_DESC_F_NEXT, size ? 1 : 2 };
	desc[1] = (struct virtq_desc){ (uint64_t)data, size,
				       (uint16_t)(VIRTQ_DESC_F_NEXT |
						  (in ? VIRTQ_DESC_F_WRITE : 0)), 2 };
	desc[2] = (struct virtq_desc){ (uint64_t)&blk_status, 1, VIRTQ_DESC_F_WRITE, 0 };
}

/* A request from its beginning to its end: its status, 0xff if it does not end. */
static inline uint8_t blk_request(uint32_t type, uint64_t sector, volatile void *data,
				  uint32_t size)
{
	blk_describe(type, sector, data, size);
	offer(0);
	reg_write(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	return wait_used(1) ? blk_status : 0xff;
}

#endif
