/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that is one of the host's, or a part of it: transfers go to the host's driver.
 */
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vdev/hostdisk.h"

struct hostdisk {
	struct disk disk;
	struct host_blk *blk;
	uint64_t first;			/* sector */
};

static void hostdisk_done(struct host_blk_request *request)
{
	struct disk_transfer *transfer = container_of(request, struct disk_transfer, request);

	transfer->done(transfer, request->err);
}

static void hostdisk_start(struct disk *disk, struct disk_transfer *transfer)
{
	struct hostdisk *host = container_of(disk, struct hostdisk, disk);

	transfer->request = (struct host_blk_request){
		.type = transfer->kind == DISK_READ  ? VIRTIO_BLK_T_IN :
			transfer->kind == DISK_WRITE ? VIRTIO_BLK_T_OUT :
						       VIRTIO_BLK_T_FLUSH,
		.sector = host->first + (transfer->offset >> DISK_SECTOR_SHIFT),
		.buffer = transfer->buffer,
		.size = (uint32_t)transfer->size,
		.done = hostdisk_done,
	};
	/* A flush has no place. */
	if (transfer->kind == DISK_FLUSH)
		transfer->request.sector = 0;
	host_blk_submit(host->blk, &transfer->request);
}

static void hostdisk_poll(struct disk *disk)
{
	host_blk_interrupt(container_of(disk, struct hostdisk, disk)->blk);
}

static void hostdisk_destroy(struct disk *disk)
{
	kfree(container_of(disk, struct hostdisk, disk));
}

static const struct disk_ops hostdisk_ops = {
	.start = hostdisk_start,
	.poll = hostdisk_poll,
	.destroy = hostdisk_destroy,
};

struct disk *hostdisk_create(struct host_blk *blk, uint64_t first, uint64_t sectors,
			     bool read_only)
{
	struct hostdisk *host = kalloc(sizeof(*host));

	if (host == NULL)
		return NULL;
	host->disk = (struct disk){ .ops = &hostdisk_ops, .sectors = sectors,
				    .read_only = read_only, .flush = blk->flush };
	host->blk = blk;
	host->first = first;
	return &host->disk;
}
