/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of virtio for unit tests: guest memory in pieces that do not touch in the
 * host, a queue laid out in it, chains and registers. Included once, after test.h.
 */
#ifndef UNIT_VIRTIO_DRIVER_H
#define UNIT_VIRTIO_DRIVER_H

#include <virtio/virtio.h>
#include "lib/errno.h"
#include "vdev/virtio_mmio.h"

#define RAM_BASE	0x80000000UL
#define RAM_PIECE	0x4000UL	/* each an object of its own: ASan watches its ends */
#define RAM_PIECES	16
#define RAM_SIZE	(RAM_PIECES * RAM_PIECE)

/* Where the tests lay a queue out. Data begins at DATA. */
#define Q_DESC		(RAM_BASE + 0x0000)
#define Q_AVAIL		(RAM_BASE + 0x1000)
#define Q_USED		(RAM_BASE + 0x2000)
#define Q_INDIRECT	(RAM_BASE + 0x3000)
#define DATA		(RAM_BASE + RAM_PIECE)

static uint8_t *ram_pieces[RAM_PIECES];
static uint16_t q_avail_idx;
static unsigned q_size;

static void *ram_map(void *arg, uint64_t gpa, size_t size, size_t *got)
{
	uint64_t offset = gpa - RAM_BASE;

	(void)arg;
	*got = 0;
	if (gpa < RAM_BASE || offset >= RAM_SIZE || size > RAM_SIZE - offset)
		return NULL;
	*got = MIN(size, RAM_PIECE - offset % RAM_PIECE);
	return ram_pieces[offset / RAM_PIECE] + offset % RAM_PIECE;
}

static const struct virtqueue_memory ram = { .map = ram_map };

static void ram_create(void)
{
	for (int i = 0; i < RAM_PIECES; i++) {
		free(ram_pieces[i]);
		ram_pieces[i] = calloc(1, RAM_PIECE);
	}
	q_avail_idx = 0;
}

static void ram_free(void)
{
	for (int i = 0; i < RAM_PIECES; i++) {
		free(ram_pieces[i]);
		ram_pieces[i] = NULL;
	}
}

/* The place of an object that lies in one piece. */
static void *at(uint64_t gpa)
{
	size_t got;

	return ram_map(NULL, gpa, 1, &got);
}

static inline void put16(uint64_t gpa, uint16_t value)
{
	memcpy(at(gpa), &value, 2);
}

static inline uint16_t get16(uint64_t gpa)
{
	uint16_t value;

	memcpy(&value, at(gpa), 2);
	return value;
}

static inline uint32_t get32(uint64_t gpa)
{
	uint32_t value;

	memcpy(&value, at(gpa), 4);
	return value;
}

static inline void put_desc(uint64_t table, unsigned index, uint64_t addr, uint32_t len,
			    uint16_t flags, uint16_t next)
{
	struct virtq_desc desc = { addr, len, flags, next };

	memcpy(at(table + 16 * index), &desc, sizeof(desc));
}

/* Offer a chain that begins with this descriptor. */
static inline void offer(uint16_t head)
{
	put16(Q_AVAIL + VIRTQ_AVAIL_RING + 2 * (q_avail_idx % q_size), head);
	put16(Q_AVAIL + VIRTQ_AVAIL_IDX, ++q_avail_idx);
}

/* Entry n of the used ring. */
static inline uint32_t used_id(unsigned n)
{
	return get32(Q_USED + VIRTQ_USED_RING + 8 * (n % q_size));
}

static inline uint32_t used_len(unsigned n)
{
	return get32(Q_USED + VIRTQ_USED_RING + 8 * (n % q_size) + 4);
}

static inline uint16_t used_idx(void)
{
	return get16(Q_USED + VIRTQ_USED_IDX);
}

static inline void put_used_event(uint16_t value)
{
	put16(Q_AVAIL + VIRTQ_AVAIL_RING + 2 * q_size, value);
}

static inline uint16_t get_avail_event(void)
{
	return get16(Q_USED + VIRTQ_USED_RING + 8 * q_size);
}

/* ---- Registers ---- */

static inline void reg_write(struct virtio *dev, uint64_t offset, uint32_t value)
{
	CHECK_EQ(virtio_write(dev, offset, 4, value), 0);
}

static inline uint32_t reg_read(struct virtio *dev, uint64_t offset)
{
	return (uint32_t)virtio_read(dev, offset, 4);
}

static inline uint64_t device_features(struct virtio *dev)
{
	uint64_t low;

	reg_write(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	low = reg_read(dev, VIRTIO_MMIO_DEVICE_FEATURES);
	reg_write(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return low | (uint64_t)reg_read(dev, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static inline void choose_features(struct virtio *dev, uint64_t features)
{
	for (unsigned half = 0; half < 2; half++) {
		reg_write(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		reg_write(dev, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> (32 * half)));
	}
}

static inline void set_queue(struct virtio *dev, unsigned queue, unsigned size, uint64_t base)
{
	uint64_t desc = base + (Q_DESC - RAM_BASE), avail = base + (Q_AVAIL - RAM_BASE);
	uint64_t used = base + (Q_USED - RAM_BASE);

	reg_write(dev, VIRTIO_MMIO_QUEUE_SEL, queue);
	reg_write(dev, VIRTIO_MMIO_QUEUE_NUM, size);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)desc);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DESC_HIGH, (uint32_t)(desc >> 32));
	reg_write(dev, VIRTIO_MMIO_QUEUE_DRIVER_LOW, (uint32_t)avail);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DRIVER_HIGH, (uint32_t)(avail >> 32));
	reg_write(dev, VIRTIO_MMIO_QUEUE_DEVICE_LOW, (uint32_t)used);
	reg_write(dev, VIRTIO_MMIO_QUEUE_DEVICE_HIGH, (uint32_t)(used >> 32));
	reg_write(dev, VIRTIO_MMIO_QUEUE_READY, 1);
}

/* All of 3.1.1, with one queue at the usual places. */
static inline void driver_start(struct virtio *dev, uint64_t features, unsigned size)
{
	q_size = size;
	q_avail_idx = 0;
	reg_write(dev, VIRTIO_MMIO_STATUS, 0);
	reg_write(dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	choose_features(dev, features | VIRTIO_F_VERSION_1);
	reg_write(dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_FEATURES_OK);
	CHECK(reg_read(dev, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK);
	set_queue(dev, 0, size, RAM_BASE);
	reg_write(dev, VIRTIO_MMIO_STATUS, VIRTIO_STATUS_DRIVER_OK);
}

#endif
