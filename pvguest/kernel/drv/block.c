/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices: disks and their partitions, and requests to them.
 * No specification: what every Unix has.
 */
#include "drv/block.h"

#include "drv/partition.h"
#include "drv/plic.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "priv/priv.h"
#include "proc/proc.h"
#include "proc/sched.h"

struct list block_all = LIST_INIT(block_all);

void block_add(struct block_device *device)
{
	list_init(&device->pages);
	list_add_before(&block_all, &device->link);
	kprintf("%s: %lu sectors%s\n", device->name, device->sectors,
		device->read_only ? ", read-only" : "");
	if (!device->whole)
		partition_scan(device);
}

struct block_device *block_find(uint32_t major, uint32_t minor)
{
	struct list *pos;

	LIST_FOR_EACH(pos, &block_all)
	{
		struct block_device *device = LIST_ENTRY(pos, struct block_device, link);

		if (device->major == major && device->minor == minor)
			return device;
	}
	return NULL;
}

struct block_device *block_by_name(const char *name)
{
	struct list *pos;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	LIST_FOR_EACH(pos, &block_all)
	{
		struct block_device *device = LIST_ENTRY(pos, struct block_device, link);

		if (!strcmp(device->name, name))
			return device;
	}
	return NULL;
}

void block_submit(struct block_device *device, struct block_request *request)
{
	list_init(&request->link);
	wait_queue_init(&request->queue);
	request->done = false;
	request->status = 0;
	if (request->op != BLOCK_FLUSH && (request->sector > device->sectors ||
					   request->sectors > device->sectors - request->sector)) {
		block_complete(request, -EIO);
		return;
	}
	if (request->op == BLOCK_WRITE && device->read_only) {
		block_complete(request, -EROFS);
		return;
	}
	if (device->whole) {
		request->sector += device->start;
		device = device->whole;
	}
	device->ops->submit(device, request);
}

void block_kick(struct block_device *device)
{
	struct block_device *whole = device->whole ?: device;

	whole->ops->kick(whole);
}

void block_complete(struct block_request *request, int status)
{
	request->status = status;
	request->done = true;
	wait_wake(&request->queue);
}

/* Before there is a process nobody else can run: wait for the interrupt here, and look at it. */
static void block_idle(void)
{
	priv_wait();
	plic_handle();
}

int block_wait(struct block_request *request)
{
	while (!request->done) {
		if (proc_current)
			wait_sleep_deaf(&request->queue);
		else
			block_idle();
	}
	return request->status;
}

int block_transfer(struct block_device *device, enum block_op op, uint64_t sector, void *data,
		   uint32_t sectors)
{
	struct block_request request = {
		.op = op, .sector = sector, .data = data, .sectors = sectors
	};

	block_submit(device, &request);
	block_kick(device);
	return block_wait(&request);
}

int block_flush(struct block_device *device)
{
	const struct block_device *whole = device->whole ?: device;

	return whole->has_cache ? block_transfer(device, BLOCK_FLUSH, 0, NULL, 0) : 0;
}
