/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio block devices: /dev/vda and its like.
 * Virtual I/O Device (VIRTIO) 1.2, 5.2 "Block Device".
 */
#include <virtio/blk.h>

#include "drv/block.h"
#include "drv/virtio.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mm/heap.h"

#define VIRTIO_BLK_QUEUE  128U
#define VIRTIO_BLK_PARTS  3U
#define VIRTIO_BLK_MAJOR  254U
#define VIRTIO_BLK_MINORS 16U

/* One for each request that may be under way. */
struct virtio_blk_slot {
	struct list link;
	struct virtio_blk_header header;
	volatile uint8_t status;
	struct block_request *request;
};

struct virtio_blk {
	struct block_device block;
	struct virtio_device *virtio;
	struct virtio_queue queue;
	struct virtio_blk_slot *slots;
	struct list free, waiting; /* slots; requests for which there was none */
};

/* vda to vdz, vdaa and so on. */
static void virtio_blk_name(char *name, uint32_t number)
{
	char letters[8];
	size_t count = 0, at = 2;

	for (number++; number && count < sizeof(letters); number = (number - 1) / 26)
		letters[count++] = (char)('a' + (number - 1) % 26);
	name[0] = 'v';
	name[1] = 'd';
	while (count)
		name[at++] = letters[--count];
	name[at] = '\0';
}

static bool virtio_blk_start(struct virtio_blk *blk, struct block_request *request)
{
	static const uint32_t types[] = {
		[BLOCK_READ] = VIRTIO_BLK_T_IN,
		[BLOCK_WRITE] = VIRTIO_BLK_T_OUT,
		[BLOCK_FLUSH] = VIRTIO_BLK_T_FLUSH,
	};
	struct virtio_part parts[VIRTIO_BLK_PARTS];
	struct virtio_blk_slot *slot;
	uint16_t count = 0;

	if (list_empty(&blk->free))
		return false;
	slot = LIST_ENTRY(list_pop(&blk->free), struct virtio_blk_slot, link);
	slot->request = request;
	slot->status = 0xff;
	slot->header = (struct virtio_blk_header){ .type = types[request->op] };
	parts[count++] = (struct virtio_part){ &slot->header, sizeof(slot->header), false };
	if (request->op != BLOCK_FLUSH) {
		slot->header.sector = request->sector;
		parts[count++] = (struct virtio_part){ request->data,
						       request->sectors << BLOCK_SECTOR_SHIFT,
						       request->op == BLOCK_READ };
	}
	parts[count++] = (struct virtio_part){ (void *)(uintptr_t)&slot->status, 1, true };
	/* There are as many slots as the queue can hold requests. */
	return virtio_queue_add(&blk->queue, parts, count, slot);
}

static void virtio_blk_submit(struct block_device *device, struct block_request *request)
{
	struct virtio_blk *blk = CONTAINER_OF(device, struct virtio_blk, block);

	if (!list_empty(&blk->waiting) || !virtio_blk_start(blk, request))
		list_add_before(&blk->waiting, &request->link);
}

static void virtio_blk_kick(struct block_device *device)
{
	struct virtio_blk *blk = CONTAINER_OF(device, struct virtio_blk, block);

	virtio_queue_kick(blk->virtio, &blk->queue);
}

static void virtio_blk_interrupt(struct virtio_device *device)
{
	struct virtio_blk *blk = device->driver;
	struct virtio_blk_slot *slot;

	while ((slot = virtio_queue_take(&blk->queue)) != NULL) {
		struct block_request *request = slot->request;

		list_add_after(&blk->free, &slot->link);
		block_complete(request, slot->status == VIRTIO_BLK_S_OK ? 0 : -EIO);
	}
	while (!list_empty(&blk->waiting) && !list_empty(&blk->free))
		virtio_blk_start(blk,
				 LIST_ENTRY(list_pop(&blk->waiting), struct block_request, link));
	virtio_queue_kick(device, &blk->queue);
}

static bool virtio_blk_make_slots(struct virtio_blk *blk)
{
	uint32_t count = blk->queue.size / VIRTIO_BLK_PARTS;

	blk->slots = heap_alloc(count * sizeof(*blk->slots));
	if (!blk->slots || !count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		list_add_before(&blk->free, &blk->slots[i].link);
	return true;
}

static bool virtio_blk_open(struct virtio_blk *blk)
{
	static const struct block_ops ops = { virtio_blk_submit, virtio_blk_kick };
	struct virtio_device *device = blk->virtio;

	if (!virtio_begin(device, VIRTIO_BLK_F_RO | VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH |
					  VIRTIO_F_EVENT_IDX) ||
	    !virtio_queue_init(device, &blk->queue, VIRTIO_BLK_QUEUE) ||
	    !virtio_blk_make_slots(blk))
		return false;
	blk->block.ops = &ops;
	blk->block.sectors = virtio_config64(device, offsetof(struct virtio_blk_config, capacity));
	blk->block.read_only = virtio_has(device, VIRTIO_BLK_F_RO);
	blk->block.has_cache = virtio_has(device, VIRTIO_BLK_F_FLUSH);
	blk->block.physical_bytes =
		virtio_has(device, VIRTIO_BLK_F_BLK_SIZE) ?
			virtio_config32(device, offsetof(struct virtio_blk_config, blk_size)) :
			BLOCK_SECTOR_SIZE;
	device->driver = blk;
	device->interrupt = virtio_blk_interrupt;
	return virtio_start(device);
}

void virtio_blk_init(struct virtio_device *device)
{
	static uint32_t number;
	struct virtio_blk *blk = heap_alloc(sizeof(*blk));

	if (!blk)
		return;
	blk->virtio = device;
	list_init(&blk->free);
	list_init(&blk->waiting);
	blk->block.major = VIRTIO_BLK_MAJOR;
	blk->block.minor = number * VIRTIO_BLK_MINORS;
	virtio_blk_name(blk->block.name, number);
	if (virtio_blk_open(blk)) {
		number++;
		block_add(&blk->block);
		return;
	}
	/* Its memory stays: who knows what the device does with it. */
	virtio_fail(device);
	kprintf("%s: the device at 0x%lx does not start\n", blk->block.name, device->pa);
}
