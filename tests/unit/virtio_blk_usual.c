/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device's straight way for usual requests, beside the way for all: VIRTIO 1.2, 5.2.6.
 * SOURCES: hypervisor/vdev/virtio_blk.c hypervisor/vdev/ramdisk.c
 * SOURCES: hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "mem/hvmap.h"
#include "virtio_blk_driver.h"

/* What a request leaves: its status, the length in the used ring, the buffer and the disk. */
struct outcome {
	uint8_t status;
	uint32_t written;
	uint8_t buffer[2 * 512 + 16], disk[4 * 512];
};

/* A request on a fresh disk of four sectors; its header in one buffer, or in two. */
static struct outcome outcome_of(struct virtio_blk_header header, uint32_t size, bool in,
				 bool read_only, bool split)
{
	struct outcome o = { 0 };
	uint8_t content[4 * 512];
	unsigned n = 0;

	for (unsigned i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 3 + (i >> 8));
	create(sizeof(content), content, sizeof(content), read_only);
	fill(9, sizeof(o.buffer));
	memcpy(at(HEADER), &header, sizeof(header));
	*(uint8_t *)at(STATUS) = 0xee;
	put_desc(Q_DESC, n++, HEADER, split ? 12 : 16, VIRTQ_DESC_F_NEXT, 1);
	if (split)
		put_desc(Q_DESC, n++, HEADER + 12, 4, VIRTQ_DESC_F_NEXT, 2);
	put_desc(Q_DESC, n, BUFFER, size,
		 (uint16_t)(VIRTQ_DESC_F_NEXT | (in ? VIRTQ_DESC_F_WRITE : 0)), (uint16_t)(n + 1));
	put_desc(Q_DESC, n + 1, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	notify();
	CHECK_EQ(used_idx(), 1);
	CHECK_EQ(blk.requests, 1);
	o.status = *(uint8_t *)at(STATUS);
	o.written = used_len(0);
	memcpy(o.buffer, at(BUFFER), sizeof(o.buffer));
	CHECK_EQ(disk->disk.ops->read(&disk->disk, 0, o.disk, sizeof(o.disk)), 0);
	destroy();
	return o;
}

TEST("a request in the usual three buffers does what it does in four")
{
	static const uint32_t sizes[] = { 0, 1, 511, 512, 513, 1024 };
	static const uint64_t sectors[] = { 0, 2, 3, 4, 5, UINT64_MAX, 1UL << 55 };
	static const uint32_t types[] = { 0, 1, 2, 4, 8, 11, 13, UINT32_MAX };

	for (unsigned n = 0; n < 8 * 7 * 6 * 4; n++) {
		struct virtio_blk_header header = { types[n % 8], 0, sectors[n / 8 % 7] };
		uint32_t size = sizes[n / 56 % 6];
		bool in = n / 336 & 1, read_only = n / 672 & 1;
		struct outcome usual = outcome_of(header, size, in, read_only, false);
		struct outcome other = outcome_of(header, size, in, read_only, true);

		if (memcmp(&usual, &other, sizeof(usual)) != 0)
			FAIL("type %u sector %lu size %u: %u, %u", header.type, header.sector, size,
			     usual.status, other.status);
	}
}

TEST("a request for nothing at the end of a disk of whole tables of pages touches nothing")
{
	uint64_t size = 512 * RAMDISK_PAGE;
	struct virtio_blk_header header = { VIRTIO_BLK_T_IN, 0, size / VIRTIO_BLK_SECTOR };
	static uint8_t chunk[1];
	hpa_t chunks[] = { hpa_from_hva(chunk) };
	const struct virtqueue_memory chunked = { .map = ram_map, .gpa = 1UL << 30,
						  .size = PAGE_2M_SIZE, .chunks = chunks };

	create(size, NULL, 0, false);
	/* In a chunk, where a buffer of no bytes has an address as well. */
	blk.virtio.queues[0].memory = &chunked;
	memcpy(at(HEADER), &header, sizeof(header));
	put_desc(Q_DESC, 0, HEADER, sizeof(header), VIRTQ_DESC_F_NEXT, 1);
	put_desc(Q_DESC, 1, chunked.gpa, 0, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE, 2);
	put_desc(Q_DESC, 2, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	notify();
	CHECK_EQ(*(uint8_t *)at(STATUS), VIRTIO_BLK_S_OK);
	destroy();
}

TEST("three buffers that are all to be read, or all to be written, are no request")
{
	for (unsigned write = 0; write <= VIRTQ_DESC_F_WRITE; write += VIRTQ_DESC_F_WRITE) {
		create(1 << 20, NULL, 0, false);
		fill(7, 512);
		put_desc(Q_DESC, 0, HEADER, 16, (uint16_t)(VIRTQ_DESC_F_NEXT | write), 1);
		put_desc(Q_DESC, 1, BUFFER, 512, (uint16_t)(VIRTQ_DESC_F_NEXT | write), 2);
		put_desc(Q_DESC, 2, STATUS, 1, (uint16_t)write, 0);
		offer(0);
		notify();
		CHECK(reg_read(&blk.virtio, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
		CHECK_EQ(used_idx(), 0);
		CHECK(filled(7, 512));
		destroy();
	}
}
