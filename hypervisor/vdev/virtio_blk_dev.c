/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device of a VM, on a disk in memory or on one of the host's.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mem/kalloc.h"
#include "vdev/hostdisk.h"
#include "vdev/ramdisk.h"
#include "vdev/virtio_blk.h"
#include "vdev/virtio_dev.h"
#include "vm/sched.h"

/* Disks leave this much to the hypervisor's own needs. */
#define RESERVE_BYTES	(8UL << 20)
#define HOST_SLOTS	4U		/* requests to a disk of the host under way at a time */
#define BOUNCE_ORDER	(page_order_for(VIRTIO_BLK_BOUNCE_BYTES))

struct virtio_blk_dev {
	struct virtio_dev dev;
	struct virtio_blk blk;
	struct virtio_blk_request *slots;
	unsigned slot_count;
};

static bool ramdisk_reserve(uint64_t bytes)
{
	if (bytes == 0)
		return true;
	if (!page_reserve(kalloc_pages(), bytes + RESERVE_BYTES))
		return false;
	page_unreserve(kalloc_pages(), RESERVE_BYTES);
	return true;
}

static void ramdisk_unreserve(uint64_t bytes)
{
	page_unreserve(kalloc_pages(), bytes);
}

static void *ramdisk_page_alloc(void)
{
	return page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_RESERVED);
}

static void ramdisk_page_free(void *page)
{
	page_free_reserved(kalloc_pages(), page);
}

static const struct ramdisk_pages ramdisk_host_pages = {
	.reserve = ramdisk_reserve,
	.unreserve = ramdisk_unreserve,
	.alloc = ramdisk_page_alloc,
	.free = ramdisk_page_free,
};

/* Free the device, of which any part may be missing. */
static void blk_dev_free(struct virtio_blk_dev *blk)
{
	for (unsigned i = 0; blk->slots != NULL && i < blk->slot_count; i++)
		if (blk->slots[i].transfer.buffer != NULL)
			page_free(kalloc_pages(), blk->slots[i].transfer.buffer, BOUNCE_ORDER);
	kfree(blk->slots);
	kfree(blk);
}

/* A transfer that is under way ends before its buffer goes, and whoever ends it has gone, too. */
static void virtio_blk_dev_destroy(struct virtio_dev *dev)
{
	struct virtio_blk_dev *blk = container_of(dev, struct virtio_blk_dev, dev);
	struct disk *disk = blk->blk.disk;

	while (!virtio_blk_is_idle(&blk->blk)) {
		spin_relax();
		disk->ops->poll(disk);
	}
	spin_lock(dev->lock);
	spin_unlock(dev->lock);
	disk->ops->destroy(disk);
	blk_dev_free(blk);
}

/* From the host's interrupt, on its hart. */
static void blk_dev_done(struct disk_transfer *transfer, int err)
{
	struct virtio_blk_request *request = container_of(transfer, struct virtio_blk_request,
							  transfer);
	struct virtio_blk_dev *dev = container_of(request->blk, struct virtio_blk_dev, blk);
	uint64_t begin = time_now();

	spin_lock(dev->dev.lock);
	virtio_blk_done(&dev->blk, request, err);
	/* With the lock, or the device could be gone with its VM. */
	sched_charge(dev->dev.vdev.vm, begin);
	spin_unlock(dev->dev.lock);
}

/* Slots, with buffers if the disk is the host's. Return: 0, -ENOMEM. */
static int make_slots(struct virtio_blk_dev *dev, bool on_host)
{
	dev->slot_count = on_host ? HOST_SLOTS : 1;
	dev->slots = kalloc(dev->slot_count * sizeof(*dev->slots));
	if (dev->slots == NULL)
		return -ENOMEM;
	for (unsigned i = 0; on_host && i < dev->slot_count; i++) {
		struct disk_transfer *transfer = &dev->slots[i].transfer;

		transfer->done = blk_dev_done;
		transfer->buffer = page_alloc(kalloc_pages(), BOUNCE_ORDER, PAGE_ZERO);
		if (transfer->buffer == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int make_disk(const struct vdev_config *config, struct disk **disk)
{
	struct ramdisk_config ram_config = {
		.size = config->disk_size ? config->disk_size : config->image_size,
		.image = config->image_data,
		.image_size = config->image_size,
		.quota = config->disk_quota,
		.read_only = config->read_only,
	};
	struct ramdisk *ram;
	int err;

	if (config->on_host) {
		*disk = hostdisk_create(config->host_blk, config->host_first,
					config->host_sectors, config->read_only);
		return *disk == NULL ? -ENOMEM : 0;
	}
	err = ramdisk_create(&ram_config, &ramdisk_host_pages, &ram);
	if (!err)
		*disk = &ram->disk;
	return err;
}

int virtio_blk_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct virtio_blk_dev *blk = kalloc(sizeof(*blk));
	char id[VIRTIO_BLK_ID_BYTES + 1];
	struct disk *disk = NULL;
	int err;

	if (blk == NULL)
		return -ENOMEM;
	err = make_disk(config, &disk);
	if (!err)
		err = make_slots(blk, config->on_host);
	if (err) {
		if (disk != NULL)
			disk->ops->destroy(disk);
		blk_dev_free(blk);
		return err;
	}
	snprintf(id, sizeof(id), "strata-%lx", config->gpa);
	virtio_dev_wire(&blk->dev, vm, config, &blk->blk.virtio, virtio_blk_dev_destroy);
	virtio_blk_init(&blk->blk, disk, id, blk->slots, blk->slot_count, &blk->dev.memory,
			virtio_dev_interrupt, &blk->dev);
	virtio_dev_add(&blk->dev);
	return 0;
}
