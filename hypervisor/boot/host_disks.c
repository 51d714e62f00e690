/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's disks: found at boot, given to VMs whole or by partition.
 */
#include "boot/host_disks.h"
#include "boot/partition.h"
#include "drv/host_blk.h"
#include "drv/intc.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"

struct host_disk {
	struct list_head link;
	struct host_blk blk;
};

/* Part of a disk that a VM has. */
struct claim {
	struct list_head link;
	const struct host_blk *blk;
	uint64_t first, sectors;
	bool read_only;
	const struct vdev_config *owner;
};

static struct list_head disks = LIST_HEAD_INIT(disks);	/* by address: 0, 1, ... */
static struct list_head claims = LIST_HEAD_INIT(claims);
static struct spinlock claims_lock;

static void disk_add(const struct host_virtio *window, void *base)
{
	struct host_disk *disk = kalloc(sizeof(*disk));
	void *rings = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);
	int err = -ENOMEM;

	if (disk != NULL && rings != NULL)
		err = host_blk_init(&disk->blk, base, rings);
	if (!err && intc_handle(window->irq, host_blk_interrupt, &disk->blk) == 0) {
		list_add_tail(&disks, &disk->link);
		kprintf("strata: host disk at 0x%lx: %lu MiB%s\n", window->base.v,
			disk->blk.sectors >> 11, disk->blk.read_only ? ", read-only" : "");
		return;
	}
	if (err != -ENODEV)
		kprintf("strata: host disk at 0x%lx is not used: %s\n", window->base.v,
			err == -EINVAL ? "a legacy device (QEMU: -global "
					 "virtio-mmio.force-legacy=false)" :
					 "no memory or no interrupt");
	/* A device that was started keeps its rings: it may still look at them. */
	if (err && rings != NULL)
		page_free(kalloc_pages(), rings, PAGE_ORDER_4K);
	if (err)
		kfree(disk);
}

void host_disks_init(const struct host_info *host)
{
	for (size_t i = 0; i < host->virtio_count; i++) {
		void *base = hvmap_device(host->virtio[i].base, host->virtio[i].size);

		if (base != NULL)
			disk_add(&host->virtio[i], base);
	}
}

static struct host_disk *disk_by_number(uint32_t number)
{
	struct host_disk *disk;

	list_for_each_entry(disk, &disks, link)
		if (number-- == 0)
			return disk;
	return NULL;
}

static int read_sector(void *arg, uint64_t sector, uint8_t *to)
{
	struct host_disk *disk = arg;
	uint8_t *buffer = kalloc(PARTITION_SECTOR);
	int err = -ENOMEM;

	if (buffer != NULL)
		err = host_blk_sync(&disk->blk, VIRTIO_BLK_T_IN, sector, buffer, PARTITION_SECTOR);
	if (!err)
		memcpy(to, buffer, PARTITION_SECTOR);
	kfree(buffer);
	return err;
}

static bool conflicts(const struct claim *claim, const struct host_blk *blk,
		      const struct partition *part, bool read_only)
{
	return claim->blk == blk && claim->first < part->first + part->sectors &&
	       part->first < claim->first + claim->sectors && !(claim->read_only && read_only);
}

/* Note whose the range is. Return: 0, -EBUSY, -ENOMEM. */
static int range_claim(const struct host_blk *blk, const struct partition *part,
		       const struct vdev_config *device)
{
	struct claim *claim = kalloc(sizeof(*claim)), *other;
	int err = 0;

	if (claim == NULL)
		return -ENOMEM;
	*claim = (struct claim){ .blk = blk, .first = part->first, .sectors = part->sectors,
				 .read_only = device->read_only, .owner = device };
	spin_lock(&claims_lock);
	list_for_each_entry(other, &claims, link)
		if (conflicts(other, blk, part, device->read_only))
			err = -EBUSY;
	if (!err)
		list_add_tail(&claims, &claim->link);
	spin_unlock(&claims_lock);
	if (err)
		kfree(claim);
	return err;
}

void host_disks_release(const struct vdev_config *device)
{
	struct claim *claim, *next;

	spin_lock(&claims_lock);
	list_for_each_entry_safe(claim, next, &claims, link)
		if (claim->owner == device) {
			list_remove(&claim->link);
			kfree(claim);
		}
	spin_unlock(&claims_lock);
}

int host_disks_claim(struct vdev_config *device, char *why, size_t why_size)
{
	struct host_disk *disk = disk_by_number(device->host_disk);
	struct partition part;
	int err = 0;

	if (disk == NULL) {
		snprintf(why, why_size, "virtio@%lx: strata,host-disk: the machine has no disk %u: "
			 "give it one (HOST_DISK=FILE)", device->gpa, device->host_disk);
		return -ENOENT;
	}
	part = (struct partition){ 0, disk->blk.sectors };
	if (device->host_partition != 0)
		err = partition_find(read_sector, disk, disk->blk.sectors, device->host_partition,
				     &part);
	if (err) {
		snprintf(why, why_size, "virtio@%lx: strata,partition: disk %u has no usable "
			 "partition %u (%d)", device->gpa, device->host_disk,
			 device->host_partition, err);
		return err;
	}
	device->read_only |= disk->blk.read_only;
	err = range_claim(&disk->blk, &part, device);
	if (err) {
		snprintf(why, why_size, "virtio@%lx: strata,host-disk: %s", device->gpa,
			 err == -EBUSY ? "another VM has it, and one may write: choose another, "
					 "or strata,read-only for both" :
					 "no memory");
		return err;
	}
	device->host_blk = &disk->blk;
	device->host_first = part.first;
	device->host_sectors = part.sectors;
	return 0;
}
