/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of a block device: blocks of 512 to 4096 bytes, kept in pages, written back later.
 * No specification: the buffer cache as every Unix has it.
 */
#ifndef FS_BUFFER_H
#define FS_BUFFER_H

#include "lib/types.h"

struct block_device;
struct buffer_page;

/* A block in use: it stays in memory until it is put. */
struct buffer {
	struct buffer_page *page;
	void *data;
	uint32_t size;
};

/* The block at block * size, read if need be; may sleep. -EIO, also behind the end; -ENOMEM. */
int buffer_get(struct block_device *device, uint64_t block, uint32_t size, struct buffer *buffer);
/* The same, zeroed instead of read, and dirty. */
int buffer_get_new(struct block_device *device, uint64_t block, uint32_t size,
		   struct buffer *buffer);
/* What was written into the block belongs on the disk. */
void buffer_dirty(const struct buffer *buffer);
void buffer_put(const struct buffer *buffer);
/*
 * What is cached of the block is void and is never written: it was freed, or the disk has been
 * written to behind the cache's back.
 */
void buffer_forget(struct block_device *device, uint64_t block, uint32_t size);

/* Everything dirty to the device, and out of the device's own cache. -EIO, also an earlier one. */
int buffer_sync(struct block_device *device);
/* Drops what is cached of a device and not in use: BLKFLSBUF. */
void buffer_drop(struct block_device *device);
/* Gives back about so many pages of what is clean and not in use; never sleeps. How many. */
size_t buffer_shrink(size_t pages);
/* Sleeps until no more is dirty than should be; for whoever has made it dirty, without locks. */
void buffer_throttle(struct block_device *device);
/* In pages, of all devices. */
size_t buffer_page_count(void);

#endif
