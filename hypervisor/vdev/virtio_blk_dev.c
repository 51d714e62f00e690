/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device of a VM on a disk in memory.
 */
#include "lib/errno.h"
#include "lib/printf.h"
#include "mem/kalloc.h"
#include "vdev/ramdisk.h"
#include "vdev/virtio_blk.h"
#include "vdev/virtio_dev.h"

/* Disks that grow leave this much to the hypervisor's own needs. */
#define RESERVE_BYTES	(8UL << 20)

struct virtio_blk_dev {
	struct virtio_dev dev;
	struct virtio_blk blk;
};

static void *ramdisk_page_alloc(void)
{
	if (page_free_bytes(kalloc_pages()) < RESERVE_BYTES)
		return NULL;
	return page_alloc(kalloc_pages(), PAGE_ORDER_4K, 0);
}

static void ramdisk_page_free(void *page)
{
	page_free(kalloc_pages(), page, PAGE_ORDER_4K);
}

static const struct ramdisk_pages ramdisk_host_pages = {
	.alloc = ramdisk_page_alloc,
	.free = ramdisk_page_free,
};

static void virtio_blk_dev_destroy(struct virtio_dev *dev)
{
	struct virtio_blk_dev *blk = container_of(dev, struct virtio_blk_dev, dev);

	blk->blk.disk->ops->destroy(blk->blk.disk);
	kfree(blk);
}

int virtio_blk_dev_create(struct vm *vm, const struct vdev_config *config)
{
	struct virtio_blk_dev *blk = kalloc(sizeof(*blk));
	uint64_t size = config->disk_size ? config->disk_size : config->image_size;
	struct ramdisk *ram = ramdisk_create(size, config->image_data, config->image_size,
					     config->read_only, &ramdisk_host_pages);
	char id[VIRTIO_BLK_ID_BYTES + 1];

	if (blk == NULL || ram == NULL) {
		kfree(blk);
		if (ram != NULL)
			ram->disk.ops->destroy(&ram->disk);
		return -ENOMEM;
	}
	snprintf(id, sizeof(id), "strata-%lx", config->gpa);
	virtio_dev_wire(&blk->dev, vm, config, &blk->blk.virtio, virtio_blk_dev_destroy);
	virtio_blk_init(&blk->blk, &ram->disk, id, &blk->dev.memory, virtio_dev_interrupt,
			&blk->dev);
	virtio_dev_add(&blk->dev);
	return 0;
}
