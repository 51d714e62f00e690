/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory: an image, which is never written, under pages of its own, which come about as
 * they are written (copy on write). Without an image it begins as zeros. Pure.
 */
#ifndef VDEV_RAMDISK_H
#define VDEV_RAMDISK_H

#include "vdev/disk.h"

#define RAMDISK_PAGE		4096UL
#define RAMDISK_BYTES_MAX	(1UL << 40)

/* Where its pages, and tables of them, come from: RAMDISK_PAGE bytes of any content, or NULL. */
struct ramdisk_pages {
	void *(*alloc)(void);
	void (*free)(void *page);
};

struct ramdisk {
	struct disk disk;
	const struct ramdisk_pages *pages;
	const uint8_t *image;
	uint64_t image_size;		/* bytes; behind it there are zeros */
	void ***tables;			/* of pages; both levels are made when they are needed */
	size_t table_count;
	uint64_t page_count;		/* pages of its own: what it costs */
};

/*
 * kalloc'ed, of size bytes (rounded up to sectors), 1 .. RAMDISK_BYTES_MAX. image may be NULL; it
 * stays the caller's and outlives the disk. Return: NULL without memory.
 */
struct ramdisk *ramdisk_create(uint64_t size, const void *image, uint64_t image_size,
			       bool read_only, const struct ramdisk_pages *pages);

#endif
