/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's virtio block devices. Virtual I/O Device (VIRTIO) Version 1.2, sections 2.7, 3.1, 4.2
 * and 5.2.
 */
#include <riscv/layout.h>
#include "drv/host_blk.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FEATURES	(VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_RO | VIRTIO_F_VERSION_1)

/* volatile: device registers */
static uint32_t reg_read(const struct host_blk *blk, uint64_t offset)
{
	return *(const volatile uint32_t *)(blk->base + offset);
}

static void reg_write(const struct host_blk *blk, uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)(blk->base + offset) = value;
}

/* What the device calls an address of the direct map. */
static uint64_t bus_address(const volatile void *at)
{
	return (uint64_t)(uintptr_t)at - HV_OFFSET;
}

static void address_write(const struct host_blk *blk, uint64_t offset, const void *at)
{
	reg_write(blk, offset, (uint32_t)bus_address(at));
	reg_write(blk, offset + 4, (uint32_t)(bus_address(at) >> 32));
}

/* ---- Set-up (3.1.1) ---- */

static bool negotiate(struct host_blk *blk)
{
	uint64_t features;

	reg_write(blk, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	features = reg_read(blk, VIRTIO_MMIO_DEVICE_FEATURES);
	reg_write(blk, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	features |= (uint64_t)reg_read(blk, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
	features &= FEATURES;
	reg_write(blk, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	reg_write(blk, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
	reg_write(blk, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	reg_write(blk, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
	blk->read_only = (features & VIRTIO_BLK_F_RO) != 0;
	blk->flush = (features & VIRTIO_BLK_F_FLUSH) != 0;
	return (features & VIRTIO_F_VERSION_1) != 0;
}

static bool queue_set_up(struct host_blk *blk)
{
	reg_write(blk, VIRTIO_MMIO_QUEUE_SEL, 0);
	if (reg_read(blk, VIRTIO_MMIO_QUEUE_NUM_MAX) < HOST_BLK_QUEUE)
		return false;
	reg_write(blk, VIRTIO_MMIO_QUEUE_NUM, HOST_BLK_QUEUE);
	address_write(blk, VIRTIO_MMIO_QUEUE_DESC_LOW, blk->rings->desc);
	address_write(blk, VIRTIO_MMIO_QUEUE_DRIVER_LOW, &blk->rings->avail);
	address_write(blk, VIRTIO_MMIO_QUEUE_DEVICE_LOW, &blk->rings->used);
	reg_write(blk, VIRTIO_MMIO_QUEUE_READY, 1);
	return true;
}

int host_blk_init(struct host_blk *blk, void *base, void *page)
{
	uint32_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

	*blk = (struct host_blk){ .base = base, .rings = page };
	list_init(&blk->waiting);
	if (reg_read(blk, VIRTIO_MMIO_MAGIC) != VIRTIO_MMIO_MAGIC_VALUE ||
	    reg_read(blk, VIRTIO_MMIO_DEVICE_ID) != VIRTIO_ID_BLOCK)
		return -ENODEV;
	if (reg_read(blk, VIRTIO_MMIO_VERSION) != VIRTIO_MMIO_VERSION_MODERN)
		return -EINVAL;
	reg_write(blk, VIRTIO_MMIO_STATUS, 0);
	reg_write(blk, VIRTIO_MMIO_STATUS, status);
	if (!negotiate(blk))
		return -EINVAL;
	status |= VIRTIO_STATUS_FEATURES_OK;
	reg_write(blk, VIRTIO_MMIO_STATUS, status);
	if (!(reg_read(blk, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_FEATURES_OK) || !queue_set_up(blk))
		return -EINVAL;
	reg_write(blk, VIRTIO_MMIO_STATUS, status | VIRTIO_STATUS_DRIVER_OK);
	blk->sectors = reg_read(blk, VIRTIO_MMIO_CONFIG) |
		       (uint64_t)reg_read(blk, VIRTIO_MMIO_CONFIG + 4) << 32;
	return 0;
}

/* ---- Requests ---- */

/* Describe a request in a slot's three descriptors and offer it. */
static void slot_fill(struct host_blk *blk, unsigned slot, struct host_blk_request *request)
{
	struct host_blk_rings *rings = blk->rings;
	struct virtq_desc *desc = &rings->desc[3 * slot];
	uint16_t head = (uint16_t)(3 * slot), idx = rings->avail.idx;
	bool in = request->type == VIRTIO_BLK_T_IN;

	blk->slots[slot] = request;
	rings->headers[slot] = (struct virtio_blk_header){ .type = request->type,
							   .sector = request->sector };
	rings->status[slot] = VIRTIO_BLK_S_IOERR;
	desc[0] = (struct virtq_desc){ bus_address(&rings->headers[slot]),
				       sizeof(rings->headers[slot]), VIRTQ_DESC_F_NEXT,
				       (uint16_t)(request->size ? head + 1 : head + 2) };
	desc[1] = (struct virtq_desc){ bus_address(request->buffer), request->size,
				       (uint16_t)(VIRTQ_DESC_F_NEXT |
						  (in ? VIRTQ_DESC_F_WRITE : 0)),
				       (uint16_t)(head + 2) };
	desc[2] = (struct virtq_desc){ bus_address(&rings->status[slot]), 1, VIRTQ_DESC_F_WRITE,
				       0 };
	rings->avail.ring[idx % HOST_BLK_QUEUE] = head;
	/* Buffer, descriptors and entry before the index that makes them count (2.7.13.3). */
	__atomic_store_n(&rings->avail.idx, (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

static bool slot_find(struct host_blk *blk, struct host_blk_request *request)
{
	for (unsigned slot = 0; slot < HOST_BLK_SLOTS; slot++)
		if (blk->slots[slot] == NULL) {
			slot_fill(blk, slot, request);
			return true;
		}
	return false;
}

static void notify(struct host_blk *blk)
{
	/* Memory before the device's register: an I/O write is not ordered with it by itself. */
	__asm__ volatile("fence rw, o" : : : "memory");
	reg_write(blk, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

void host_blk_submit(struct host_blk *blk, struct host_blk_request *request)
{
	spin_lock(&blk->lock);
	if (slot_find(blk, request))
		notify(blk);
	else
		list_add_tail(&blk->waiting, &request->link);
	spin_unlock(&blk->lock);
}

/* How far the device is. Acquire: entries, statuses and data were written before the index. */
static uint16_t used_idx(const struct host_blk *blk)
{
	return __atomic_load_n(&blk->rings->used.idx, __ATOMIC_ACQUIRE);
}

/* Take one that is done of those before end, under the lock; NULL: there is none. */
static struct host_blk_request *take_done(struct host_blk *blk, uint16_t end)
{
	struct host_blk_rings *rings = blk->rings;
	struct host_blk_request *request;
	uint32_t slot;

	/* Another hart that polls may be past it. */
	while ((int16_t)(end - blk->used_seen) > 0) {
		slot = rings->used.ring[blk->used_seen++ % HOST_BLK_QUEUE].id / 3;
		if (slot >= HOST_BLK_SLOTS || blk->slots[slot] == NULL)
			continue;
		request = blk->slots[slot];
		request->err = rings->status[slot] == VIRTIO_BLK_S_OK ? 0 : -EIO;
		blk->slots[slot] = NULL;
		return request;
	}
	return NULL;
}

void host_blk_interrupt(void *arg)
{
	struct host_blk *blk = arg;
	struct host_blk_request *request;
	uint16_t end;

	reg_write(blk, VIRTIO_MMIO_INTERRUPT_ACK, reg_read(blk, VIRTIO_MMIO_INTERRUPT_STATUS));
	/*
	 * The interrupt is down before the ring is looked at: what comes later raises it again, and
	 * is for later: a guest whose requests are done as fast as it makes them must not keep us.
	 */
	__asm__ volatile("fence io, rw" : : : "memory");
	end = used_idx(blk);
	do {
		spin_lock(&blk->lock);
		request = take_done(blk, end);
		if (request != NULL && !list_empty(&blk->waiting)) {
			slot_find(blk, container_of(list_pop(&blk->waiting),
						    struct host_blk_request, link));
			notify(blk);
		}
		spin_unlock(&blk->lock);
		if (request != NULL)
			request->done(request);
	} while (request != NULL);
}

/* ---- By polling, for boot ---- */

struct sync_request {
	struct host_blk_request request;
	bool done;
};

static void sync_done(struct host_blk_request *request)
{
	struct sync_request *sync = container_of(request, struct sync_request, request);

	__atomic_store_n(&sync->done, true, __ATOMIC_RELEASE);
}

int host_blk_sync(struct host_blk *blk, uint32_t type, uint64_t sector, void *buffer,
		  uint32_t size)
{
	struct sync_request sync = { .request = { .type = type, .sector = sector,
						  .buffer = buffer, .size = size,
						  .done = sync_done } };

	host_blk_submit(blk, &sync.request);
	while (!__atomic_load_n(&sync.done, __ATOMIC_ACQUIRE)) {
		spin_relax();
		host_blk_interrupt(blk);
	}
	return sync.request.err;
}
