/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A block device on a disk in memory, and requests to it, for unit tests. Included once, after
 * test.h.
 */
#ifndef UNIT_VIRTIO_BLK_DRIVER_H
#define UNIT_VIRTIO_BLK_DRIVER_H

#include "fake_kalloc.h"
#include "vdev/ramdisk.h"
#include "vdev/virtio_blk.h"
#include "virtio_driver.h"

#define HEADER		(DATA + 0x3000)
#define STATUS		(DATA + 0x3100)
#define BUFFER		(DATA + RAM_PIECE)
#define BUFFER_SIZE	(8 * RAM_PIECE)

static long pages_live, pages_left;

static inline bool pages_reserve(uint64_t bytes)
{
	return bytes != 1;
}

static inline void pages_unreserve(uint64_t bytes)
{
	(void)bytes;
}

static inline void *page_get(void)
{
	if (pages_left == 0)
		return NULL;
	pages_left--;
	pages_live++;
	/* Of any content. */
	return memset(malloc(RAMDISK_PAGE), 0xaa, RAMDISK_PAGE);
}

static inline void page_put(void *page)
{
	pages_live--;
	pages_left++;
	free(page);
}

static const struct ramdisk_pages pages = { .reserve = pages_reserve, .alloc = page_get,
					    .unreserve = pages_unreserve, .free = page_put };

static struct virtio_blk blk;
static struct virtio_blk_request slot;
static struct ramdisk *disk;
static bool line;
static unsigned interrupts;

static inline void on_interrupt(void *arg, bool level)
{
	(void)arg;
	line = level;
	interrupts += level;
}

static inline void create(uint64_t size, const void *image, uint64_t image_size, bool read_only)
{
	ram_create();
	pages_left = 1000;
	interrupts = 0;
	CHECK_EQ(ramdisk_create(&(struct ramdisk_config){ size, image, image_size, 0,
							  read_only }, &pages, &disk), 0);
	slot = (struct virtio_blk_request){ 0 };
	virtio_blk_init(&blk, &disk->disk, "strata-10001000", &slot, 1, &ram, on_interrupt, NULL);
	driver_start(&blk.virtio, device_features(&blk.virtio) & ~VIRTIO_F_EVENT_IDX, 16);
}

static inline void destroy(void)
{
	disk->disk.ops->destroy(&disk->disk);
	ram_free();
	CHECK_EQ(pages_live, 0);
	CHECK_EQ(kalloc_live, 0);
}

/* Offer a request: header, size bytes of buffer at BUFFER, status. */
static inline void request(uint32_t type, uint64_t sector, uint32_t size, bool in)
{
	struct virtio_blk_header header = { type, 0, sector };

	memcpy(at(HEADER), &header, sizeof(header));
	*(uint8_t *)at(STATUS) = 0xee;
	put_desc(Q_DESC, 0, HEADER, sizeof(header), VIRTQ_DESC_F_NEXT, size ? 1 : 2);
	put_desc(Q_DESC, 1, BUFFER, size,
		 (uint16_t)(VIRTQ_DESC_F_NEXT | (in ? VIRTQ_DESC_F_WRITE : 0)), 2);
	put_desc(Q_DESC, 2, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
}

/* Notify until all is done; how often that took. */
static inline unsigned notify(void)
{
	unsigned times = 1;

	while (virtio_write(&blk.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0) == -EAGAIN)
		times++;
	return times;
}

/* One request from its beginning to its end; its status. */
static inline uint8_t run(uint32_t type, uint64_t sector, uint32_t size, bool in)
{
	uint16_t before = used_idx();

	request(type, sector, size, in);
	notify();
	CHECK_EQ((uint16_t)(used_idx() - before), 1);
	CHECK_EQ(used_id(before), 0);
	return *(uint8_t *)at(STATUS);
}

static inline void fill(uint8_t seed, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*(uint8_t *)at(BUFFER + i) = (uint8_t)(seed + i * 7 + (i >> 8));
}

static inline bool filled(uint8_t seed, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (*(uint8_t *)at(BUFFER + i) != (uint8_t)(seed + i * 7 + (i >> 8)))
			return false;
	return true;
}

static inline bool zeros(uint64_t from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (*(uint8_t *)at(BUFFER + from + i) != 0)
			return false;
	return true;
}

static uint8_t image[3 * RAMDISK_PAGE - 700];

static inline void make_image(void)
{
	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i % 251 + 1);
}

#endif
