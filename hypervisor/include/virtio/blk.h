/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device. Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.
 */
#ifndef VIRTIO_BLK_H
#define VIRTIO_BLK_H

#include <stdint.h>

#define VIRTIO_BLK_SECTOR_SHIFT		9
#define VIRTIO_BLK_SECTOR		(1U << VIRTIO_BLK_SECTOR_SHIFT)
#define VIRTIO_BLK_ID_BYTES		20U

/* Features (5.2.3). */
#define VIRTIO_BLK_F_SEG_MAX		(1UL << 2)
#define VIRTIO_BLK_F_RO			(1UL << 5)
#define VIRTIO_BLK_F_BLK_SIZE		(1UL << 6)
#define VIRTIO_BLK_F_FLUSH		(1UL << 9)
#define VIRTIO_BLK_F_DISCARD		(1UL << 13)
#define VIRTIO_BLK_F_WRITE_ZEROES	(1UL << 14)

/* Request types (5.2.6) and status. */
#define VIRTIO_BLK_T_IN			0U
#define VIRTIO_BLK_T_OUT		1U
#define VIRTIO_BLK_T_FLUSH		4U
#define VIRTIO_BLK_T_GET_ID		8U
#define VIRTIO_BLK_T_DISCARD		11U
#define VIRTIO_BLK_T_WRITE_ZEROES	13U
#define VIRTIO_BLK_S_OK			0U
#define VIRTIO_BLK_S_IOERR		1U
#define VIRTIO_BLK_S_UNSUPP		2U

#define VIRTIO_BLK_RANGE_UNMAP		1U	/* flags of a write-zeroes range */

struct virtio_blk_header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};
_Static_assert(sizeof(struct virtio_blk_header) == 16, "VIRTIO 5.2.6");

/* What discard and write zeroes carry. */
struct virtio_blk_range {
	uint64_t sector;
	uint32_t sectors;
	uint32_t flags;
};
_Static_assert(sizeof(struct virtio_blk_range) == 16, "VIRTIO 5.2.6");

/* Configuration (5.2.4). */
struct virtio_blk_config {
	uint64_t capacity;		/* in sectors */
	uint32_t size_max;
	uint32_t seg_max;
	uint16_t cylinders;
	uint8_t heads, sectors;
	uint32_t blk_size;
	uint8_t physical_block_exp, alignment_offset;
	uint16_t min_io_size;
	uint32_t opt_io_size;
	uint8_t writeback, unused0;
	uint16_t num_queues;
	uint32_t max_discard_sectors;
	uint32_t max_discard_seg;
	uint32_t discard_sector_alignment;
	uint32_t max_write_zeroes_sectors;
	uint32_t max_write_zeroes_seg;
	uint8_t write_zeroes_may_unmap, unused1[3];
};
_Static_assert(sizeof(struct virtio_blk_config) == 64, "padded at the end: VIRTIO 5.2.4");

#endif
