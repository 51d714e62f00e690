/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory: an image, which is never written, under pages of its own, which come about as
 * they are written (copy on write). Without an image it begins as zeros. Pure.
 *
 * The memory that it may ever take is reserved when it is made: it cannot take another's, and
 * nobody takes its own.
 */
#ifndef VDEV_RAMDISK_H
#define VDEV_RAMDISK_H

#include "vdev/disk.h"

#define RAMDISK_PAGE		4096UL
#define RAMDISK_BYTES_MAX	(1UL << 40)

/* Where its pages, and tables of them, come from. */
struct ramdisk_pages {
	/* Set so many bytes aside; false: there are not so many. */
	bool (*reserve)(uint64_t bytes);
	/* Give back what is not in pages. */
	void (*unreserve)(uint64_t bytes);
	/* RAMDISK_PAGE bytes of any content out of what is reserved; and back into it. */
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
	uint64_t page_count;		/* pages of its own */
	uint64_t used, quota;		/* pages with the tables, and how many there may be */
};

struct ramdisk_config {
	uint64_t size;			/* bytes, 1 .. RAMDISK_BYTES_MAX; rounded up to sectors */
	const void *image;		/* may be NULL; the caller's, and outlives the disk */
	uint64_t image_size;
	uint64_t quota;			/* bytes of memory for what is written; 0: all of it fits */
	bool read_only;
};

/* kalloc'ed into *out. Return: 0; -ENOMEM; -ENOSPC: its quota cannot be reserved. */
int ramdisk_create(const struct ramdisk_config *config, const struct ramdisk_pages *pages,
		   struct ramdisk **out);

#endif
