/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device and the disk in memory: VIRTIO 1.2, section 5.2.
 * SOURCES: hypervisor/vdev/virtio_blk.c hypervisor/vdev/ramdisk.c
 * SOURCES: hypervisor/vdev/virtio_mmio.c hypervisor/vdev/virtqueue.c
 * SOURCES: hypervisor/vdev/virtqueue_chain.c
 */
#include "test.h"

#include "virtio_blk_driver.h"

TEST("a RAM disk of a size begins as zeros and gives back what was written")
{
	create(1 << 20, NULL, 0, false);
	CHECK_EQ(virtio_read(&blk.virtio, VIRTIO_MMIO_CONFIG, 8), 2048);
	fill(9, 8192);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 8192, true), VIRTIO_BLK_S_OK);
	CHECK(zeros(0, 8192));
	CHECK_EQ(used_len(0), 8193);
	CHECK_EQ(disk->page_count, 0);
	fill(9, 8192);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 3, 8192, false), VIRTIO_BLK_S_OK);
	CHECK_EQ(used_len(1), 1);
	CHECK_EQ(disk->page_count, 3);
	fill(1, 16384);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 16384, true), VIRTIO_BLK_S_OK);
	CHECK(zeros(0, 3 * 512));
	CHECK(zeros(3 * 512 + 8192, 16384 - 8192 - 3 * 512));
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 3, 8192, true), VIRTIO_BLK_S_OK);
	CHECK(filled(9, 8192));
	CHECK_EQ(run(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_OK);
	destroy();
}

TEST("an image that is no whole number of sectors is padded with zeros")
{
	make_image();
	create(sizeof(image), image, sizeof(image), true);
	CHECK_EQ(virtio_read(&blk.virtio, VIRTIO_MMIO_CONFIG, 8), (sizeof(image) + 511) / 512);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, (sizeof(image) + 511) / 512 * 512, true),
		 VIRTIO_BLK_S_OK);
	for (size_t i = 0; i < sizeof(image); i++)
		CHECK_EQ(*(uint8_t *)at(BUFFER + i), image[i]);
	CHECK(zeros(sizeof(image), (512 - sizeof(image) % 512) % 512));
	destroy();
}

TEST("a read-only disk says so and refuses writes, discards and zeroes")
{
	make_image();
	create(sizeof(image), image, sizeof(image), true);
	CHECK(device_features(&blk.virtio) & VIRTIO_BLK_F_RO);
	CHECK(!(device_features(&blk.virtio) & VIRTIO_BLK_F_DISCARD));
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_DISCARD, 0, 16, false), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, false), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(disk->page_count, 0);
	destroy();
}

TEST("a write over an image is the disk's own, and the image stays as it is")
{
	uint8_t before[sizeof(image)];

	make_image();
	memcpy(before, image, sizeof(image));
	create(sizeof(image) + 65536, image, sizeof(image), false);
	fill(3, 1024);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 2, 1024, false), VIRTIO_BLK_S_OK);
	CHECK_EQ(disk->page_count, 1);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 4096, true), VIRTIO_BLK_S_OK);
	for (size_t i = 0; i < 4096; i++)
		if (i < 1024 || i >= 2048)
			CHECK_EQ(*(uint8_t *)at(BUFFER + i), image[i]);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 2, 1024, true), VIRTIO_BLK_S_OK);
	CHECK(filled(3, 1024));
	CHECK_EQ(memcmp(before, image, sizeof(image)), 0);
	destroy();
}

static uint8_t zero_run(uint32_t type, uint64_t sector, uint32_t sectors, uint32_t flags)
{
	struct virtio_blk_range range = { sector, sectors, flags };

	memcpy(at(BUFFER), &range, sizeof(range));
	return run(type, 0, sizeof(range), false);
}

TEST("discard and write zeroes make a range read 0 and give its pages back")
{
	make_image();
	create(sizeof(image) + 65536, image, sizeof(image), false);
	fill(3, 32768);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 0, 32768, false), VIRTIO_BLK_S_OK);
	CHECK_EQ(disk->page_count, 8);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_DISCARD, 4, 40, 0), VIRTIO_BLK_S_OK);
	CHECK_EQ(disk->page_count, 4);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 32768, true), VIRTIO_BLK_S_OK);
	CHECK(filled(3, 2048));
	CHECK(zeros(2048, 20480));
	/* Over the image, too, and again where it is zero already. */
	CHECK_EQ(zero_run(VIRTIO_BLK_T_WRITE_ZEROES, 0, 64, VIRTIO_BLK_RANGE_UNMAP),
		 VIRTIO_BLK_S_OK);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_WRITE_ZEROES, 0, 63, 0), VIRTIO_BLK_S_OK);
	CHECK_EQ(disk->page_count, 0);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 32768, true), VIRTIO_BLK_S_OK);
	CHECK(zeros(0, 32768));
	/* Part of a page of zeros becomes the disk's own by a write. */
	fill(5, 512);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 1, 512, false), VIRTIO_BLK_S_OK);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 4096, true), VIRTIO_BLK_S_OK);
	CHECK(zeros(0, 512));
	CHECK(zeros(1024, 3072));
	destroy();
}

TEST("zeroing part of an image page keeps the rest of it")
{
	make_image();
	create(sizeof(image), image, sizeof(image), false);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_WRITE_ZEROES, 1, 2, 0), VIRTIO_BLK_S_OK);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 4096, true), VIRTIO_BLK_S_OK);
	CHECK(zeros(512, 1024));
	CHECK_EQ(memcmp(at(BUFFER), image, 512), 0);
	CHECK_EQ(memcmp(at(BUFFER + 1536), image + 1536, 4096 - 1536), 0);
	destroy();
}

TEST("flags and lengths of discard and write zeroes are judged")
{
	create(64 << 20, NULL, 0, false);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_DISCARD, 0, 8, 1), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_DISCARD, 0, 32769, 0), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_DISCARD, 131072, 1, 0), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_DISCARD, UINT64_MAX, 2, 0), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(zero_run(VIRTIO_BLK_T_DISCARD, 131072, 0, 0), VIRTIO_BLK_S_OK);
	CHECK_EQ(run(VIRTIO_BLK_T_DISCARD, 0, 15, false), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_DISCARD, 0, 32, false), VIRTIO_BLK_S_IOERR);
	destroy();
}

TEST("what leaves the disk, or is no whole number of sectors, is an I/O error")
{
	create(8 * 512, NULL, 0, false);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 7, 512, true), VIRTIO_BLK_S_OK);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 8, 512, true), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 7, 1024, true), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 8, 512, false), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, UINT64_MAX, 512, false), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 1UL << 55, 512, true), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 511, true), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 8, 0, true), VIRTIO_BLK_S_OK);
	CHECK_EQ(run(99, 0, 512, true), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(run(VIRTIO_BLK_T_GET_ID, 0, 20, true), VIRTIO_BLK_S_OK);
	CHECK_EQ(memcmp(at(BUFFER), "strata-10001000\0\0\0\0", 20), 0);
	destroy();
}

/* One request, and what the used ring says was written for it. */
static uint32_t written(uint32_t type, uint64_t sector, uint32_t size, bool in, uint8_t status)
{
	uint16_t entry = used_idx();

	CHECK_EQ(run(type, sector, size, in), status);
	return used_len(entry);
}

static int read_fails(struct disk *d, uint64_t offset, void *to, size_t size)
{
	(void)d, (void)offset, (void)to, (void)size;
	return -EIO;
}

TEST("the used ring says how many bytes from the first one on were written, and no more")
{
	struct disk_ops broken;

	create(8 * 512, NULL, 0, false);
	CHECK_EQ(written(VIRTIO_BLK_T_IN, 0, 1024, true, VIRTIO_BLK_S_OK), 1025);
	CHECK_EQ(written(VIRTIO_BLK_T_OUT, 0, 1024, false, VIRTIO_BLK_S_OK), 1);
	CHECK_EQ(written(VIRTIO_BLK_T_IN, 7, 1024, true, VIRTIO_BLK_S_IOERR), 0);
	CHECK_EQ(written(VIRTIO_BLK_T_OUT, 7, 1024, false, VIRTIO_BLK_S_IOERR), 1);
	CHECK_EQ(written(99, 0, 512, true, VIRTIO_BLK_S_UNSUPP), 0);
	CHECK_EQ(written(99, 0, 512, false, VIRTIO_BLK_S_UNSUPP), 1);
	CHECK_EQ(written(VIRTIO_BLK_T_FLUSH, 0, 512, true, VIRTIO_BLK_S_OK), 0);
	CHECK_EQ(written(VIRTIO_BLK_T_GET_ID, 0, 20, true, VIRTIO_BLK_S_OK), 21);
	CHECK_EQ(written(VIRTIO_BLK_T_GET_ID, 0, 64, true, VIRTIO_BLK_S_OK), 20);
	CHECK_EQ(written(VIRTIO_BLK_T_GET_ID, 0, 4, true, VIRTIO_BLK_S_OK), 5);
	broken = *disk->disk.ops;
	broken.read = read_fails;
	disk->disk.ops = &broken;
	CHECK_EQ(written(VIRTIO_BLK_T_IN, 0, 512, true, VIRTIO_BLK_S_IOERR), 0);
	destroy();
}

TEST("a write is an I/O error when there is no memory for it, and the disk stays readable")
{
	create(1 << 20, NULL, 0, false);
	pages_left = 2;
	fill(7, 16384);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 0, 16384, false), VIRTIO_BLK_S_IOERR);
	/* The other one is the table. */
	CHECK_EQ(disk->page_count, 1);
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 4, 512, false), VIRTIO_BLK_S_OK);
	CHECK_EQ(run(VIRTIO_BLK_T_IN, 0, 16384, true), VIRTIO_BLK_S_OK);
	destroy();
	create(1 << 20, NULL, 0, false);
	pages_left = 0;
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR);
	pages_left = 2;
	CHECK_EQ(run(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_OK);
	destroy();
}

TEST("wherever a guest writes on a large disk, it gets no memory but what the disk may have")
{
	long before;

	make_image();
	create(1UL << 32, image, sizeof(image), false);
	before = kalloc_live;
	pages_left = 5;
	for (uint64_t sector = 0; sector < 1UL << 23; sector += 4096) {
		uint8_t status = run(VIRTIO_BLK_T_OUT, sector, 512, false);

		CHECK_EQ(status, sector < 8192 ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
	}
	zero_run(VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, 0);
	CHECK_EQ(kalloc_live, before);
	destroy();
}

TEST("header, data and status may be cut into buffers anywhere")
{
	struct virtio_blk_header header = { VIRTIO_BLK_T_OUT, 0, 1 };
	static const uint32_t cuts[] = { 1, 7, 8, 100, 300, 112 };
	uint64_t gpa = BUFFER;

	create(1 << 20, NULL, 0, false);
	memcpy(at(BUFFER), &header, 16);
	for (unsigned i = 0; i < 512; i++)
		*(uint8_t *)at(BUFFER + 16 + i) = (uint8_t)i;
	for (uint16_t i = 0; i < 6; gpa += cuts[i], i++)
		put_desc(Q_DESC, i, gpa, cuts[i], VIRTQ_DESC_F_NEXT, i + 1);
	put_desc(Q_DESC, 6, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	*(uint8_t *)at(STATUS) = 0xee;
	offer(0);
	notify();
	CHECK_EQ(*(uint8_t *)at(STATUS), VIRTIO_BLK_S_OK);
	/* And back, the status at the end of the data's last buffer. */
	header = (struct virtio_blk_header){ VIRTIO_BLK_T_IN, 0, 1 };
	memcpy(at(HEADER), &header, 16);
	put_desc(Q_DESC, 0, HEADER, 16, VIRTQ_DESC_F_NEXT, 1);
	put_desc(Q_DESC, 1, BUFFER, 200, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 2);
	put_desc(Q_DESC, 2, BUFFER + 200, 313, VIRTQ_DESC_F_WRITE, 0);
	*(uint8_t *)at(BUFFER + 512) = 0xee;
	offer(0);
	notify();
	CHECK_EQ(*(uint8_t *)at(BUFFER + 512), VIRTIO_BLK_S_OK);
	for (unsigned i = 0; i < 512; i++)
		CHECK_EQ(*(uint8_t *)at(BUFFER + i), (uint8_t)i);
	destroy();
}

TEST("a chain that is no request needs a reset: a short header, no place for the status")
{
	create(1 << 20, NULL, 0, false);
	put_desc(Q_DESC, 0, HEADER, 15, VIRTQ_DESC_F_NEXT, 1);
	put_desc(Q_DESC, 1, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	notify();
	CHECK(reg_read(&blk.virtio, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK_EQ(used_idx(), 0);
	destroy();
	create(1 << 20, NULL, 0, false);
	put_desc(Q_DESC, 0, HEADER, 16, 0, 0);
	offer(0);
	notify();
	CHECK(reg_read(&blk.virtio, VIRTIO_MMIO_STATUS) & VIRTIO_STATUS_NEEDS_RESET);
	destroy();
}

/* A request of one buffer as large as memory allows, in an indirect table that repeats it. */
static void offer_long(unsigned times)
{
	struct virtio_blk_header header = { VIRTIO_BLK_T_IN, 0, 0 };
	uint64_t table = DATA;

	memcpy(at(HEADER), &header, 16);
	put_desc(table, 0, HEADER, 16, VIRTQ_DESC_F_NEXT, 1);
	for (unsigned i = 1; i <= times; i++)
		put_desc(table, i, BUFFER, BUFFER_SIZE, VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE,
			 (uint16_t)(i + 1));
	put_desc(table, times + 1, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
	put_desc(Q_DESC, 0, table, 16 * (times + 2), VIRTQ_DESC_F_INDIRECT, 0);
	*(uint8_t *)at(STATUS) = 0xee;
	offer(0);
}

TEST("a long request is done in slices: each notification's work is bounded")
{
	create(64 << 20, NULL, 0, false);
	offer_long(64);
	/* 8 MiB at 256 KiB a slice. */
	CHECK(notify() >= 32);
	CHECK_EQ(*(uint8_t *)at(STATUS), VIRTIO_BLK_S_OK);
	CHECK_EQ(used_len(0), 64 * BUFFER_SIZE + 1);
	CHECK_EQ(interrupts, 1);
	destroy();
}

TEST("discards are no cheaper than they are: many of them need more than one notification")
{
	struct virtio_blk_range range = { 0, 32768, 0 };

	create(16 << 20, NULL, 0, false);
	for (int i = 0; i < 8; i++)
		request(VIRTIO_BLK_T_DISCARD, 0, sizeof(range), false);
	memcpy(at(BUFFER), &range, sizeof(range));
	CHECK(notify() >= 8);
	CHECK_EQ(used_idx(), 8);
	CHECK_EQ(*(uint8_t *)at(STATUS), VIRTIO_BLK_S_OK);
	destroy();
}

TEST("a reset in the middle of a request forgets it")
{
	create(64 << 20, NULL, 0, false);
	offer_long(64);
	CHECK_EQ(virtio_write(&blk.virtio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0), -EAGAIN);
	driver_start(&blk.virtio, 0, 16);
	memset(at(Q_AVAIL), 0, 4);
	memset(at(Q_USED), 0, 256);
	CHECK_EQ(notify(), 1);
	CHECK_EQ(used_idx(), 0);
	CHECK_EQ(*(uint8_t *)at(STATUS), 0xee);
	CHECK_EQ(run(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_OK);
	destroy();
}

TEST("requests that were offered together are one interrupt")
{
	create(1 << 20, NULL, 0, false);
	for (int i = 0; i < 8; i++)
		request(VIRTIO_BLK_T_FLUSH, 0, 0, false);
	notify();
	CHECK_EQ(used_idx(), 8);
	CHECK_EQ(interrupts, 1);
	destroy();
}

TEST("many random requests agree with a plain array")
{
	static uint8_t model[1 << 18];
	uint64_t random = 42;

	make_image();
	memset(model, 0, sizeof(model));
	memcpy(model, image, sizeof(image));
	create(sizeof(model), image, sizeof(image), false);
	for (int n = 0; n < 3000; n++) {
		uint64_t r = test_random(&random);
		uint64_t sector = r % 512, sectors = MIN(1 + (r >> 16) % 40, 512 - sector);
		uint32_t size = (uint32_t)sectors * 512;

		if (r >> 40 & 1) {
			fill((uint8_t)n, size);
			CHECK_EQ(run(VIRTIO_BLK_T_OUT, sector, size, false), VIRTIO_BLK_S_OK);
			for (uint32_t i = 0; i < size; i++)
				model[sector * 512 + i] = *(uint8_t *)at(BUFFER + i);
		} else if (r >> 41 & 1) {
			CHECK_EQ(zero_run(VIRTIO_BLK_T_WRITE_ZEROES, sector, (uint32_t)sectors, 0),
				 VIRTIO_BLK_S_OK);
			memset(model + sector * 512, 0, size);
		} else {
			CHECK_EQ(run(VIRTIO_BLK_T_IN, sector, size, true), VIRTIO_BLK_S_OK);
			for (uint32_t i = 0; i < size; i++)
				if (*(uint8_t *)at(BUFFER + i) != model[sector * 512 + i])
					FAIL("round %d, byte %u", n, i);
		}
	}
	destroy();
}
