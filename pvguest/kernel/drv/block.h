/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices: disks and their partitions, and requests to them.
 * No specification: what every Unix has; numbers are Linux's (virtio disks: major 254).
 */
#ifndef DRV_BLOCK_H
#define DRV_BLOCK_H

#include "lib/list.h"
#include "proc/wait.h"

#define BLOCK_SECTOR_SHIFT	9
#define BLOCK_SECTOR_SIZE	512U
#define BLOCK_NAME_MAX		24

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

struct block_device;

/* One transfer between a device and memory that is contiguous; whoever made it keeps it. */
struct block_request {
	struct list link;	/* the driver's, until done */
	enum block_op op;
	uint64_t sector;
	void *data;		/* of the direct map */
	uint32_t sectors;
	int status;		/* 0 or -EIO, when done */
	bool done;
	struct wait_queue queue;
};

struct block_ops {
	/* Takes a request over; block_complete() ends it, perhaps at once. */
	void (*submit)(struct block_device *device, struct block_request *request);
	/* Tells the device that there are requests. */
	void (*kick)(struct block_device *device);
};

struct block_device {
	struct list link;	/* block_all */
	char name[BLOCK_NAME_MAX];
	uint32_t major, minor;
	uint64_t sectors;
	uint32_t physical_bytes;	/* of a block that the device likes best */
	bool read_only, has_cache;	/* has_cache: a flush means something */
	const struct block_ops *ops;
	/* A partition is a part of another device. */
	struct block_device *whole;
	uint64_t start;
	/* fs/buffer.c */
	struct list pages;
	int write_error;	/* of a write nobody waited for: the next sync reports it */
	uint32_t mounts;	/* mounted file systems: at most one */
};

/* All devices, in the order in which they were found. */
extern struct list block_all;

/* Enters a device whose name, size, numbers and ops are set, and finds its partitions. */
void block_add(struct block_device *device);
/* By numbers; NULL: no such device. */
struct block_device *block_find(uint32_t major, uint32_t minor);
/* By the name, without or with "/dev/"; NULL. */
struct block_device *block_by_name(const char *name);
/* Hands a request in; the device is told by the next block_kick(). */
void block_submit(struct block_device *device, struct block_request *request);
void block_kick(struct block_device *device);
/* Sleeps until it is done, signals or not; its status. Also before there are processes. */
int block_wait(struct block_request *request);
/* One request from beginning to end. */
int block_transfer(struct block_device *device, enum block_op op, uint64_t sector, void *data,
		   uint32_t sectors);
/* What was written survives a power cut afterwards. */
int block_flush(struct block_device *device);
/* For drivers, in the interrupt: the request is over. */
void block_complete(struct block_request *request, int status);
static inline uint64_t block_bytes(const struct block_device *device)
{
	return device->sectors << BLOCK_SECTOR_SHIFT;
}

#endif
