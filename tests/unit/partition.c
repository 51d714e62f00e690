/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables: UEFI Specification 2.10, sections 5.2 and 5.3.
 * SOURCES: hypervisor/boot/partition.c
 */
#include "test.h"

#include "boot/partition.h"
#include "lib/errno.h"

#define SECTORS	2048U

static uint8_t disk[SECTORS][PARTITION_SECTOR];
static struct partition part;

static int read_disk(void *arg, uint64_t sector, uint8_t *to)
{
	CHECK(arg == disk);
	CHECK(sector < SECTORS);
	memcpy(to, disk[sector], PARTITION_SECTOR);
	return 0;
}

static int find(uint32_t number)
{
	return partition_find(read_disk, disk, SECTORS, number, &part);
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, 8);
}

static void mbr_entry(unsigned n, uint8_t type, uint32_t first, uint32_t sectors)
{
	uint8_t *entry = disk[0] + 446 + 16 * n;

	entry[4] = type;
	put32(entry + 8, first);
	put32(entry + 12, sectors);
}

static void mbr(void)
{
	memset(disk, 0, sizeof(disk));
	disk[0][510] = 0x55;
	disk[0][511] = 0xaa;
}

/* A table of `count` entries of `size` bytes from sector 2 on. */
static void gpt(uint32_t count, uint32_t size)
{
	mbr();
	mbr_entry(0, 0xee, 1, UINT32_MAX);
	memcpy(disk[1], "EFI PART", 8);
	put64(disk[1] + 72, 2);
	put32(disk[1] + 80, count);
	put32(disk[1] + 84, size);
}

static void gpt_entry(unsigned n, uint32_t size, uint64_t first, uint64_t last)
{
	uint8_t *entry = &disk[2][0] + (size_t)n * size;

	entry[0] = 1;
	put64(entry + 32, first);
	put64(entry + 40, last);
}

TEST("an MBR has four primary partitions")
{
	mbr();
	mbr_entry(0, 0x83, 64, 100);
	mbr_entry(3, 0x0c, 200, SECTORS - 200);
	CHECK_EQ(find(1), 0);
	CHECK_EQ(part.first, 64);
	CHECK_EQ(part.sectors, 100);
	CHECK_EQ(find(4), 0);
	CHECK_EQ(part.first, 200);
	CHECK_EQ(find(2), -ENOENT);
	CHECK_EQ(find(0), -ENOENT);
	CHECK_EQ(find(5), -ENOENT);
	mbr_entry(1, 0x05, 300, 10);
	CHECK_EQ(find(2), -ENOENT);
}

TEST("a GPT's entries may have any size that fits a sector")
{
	for (uint32_t size = 128; size <= 512; size *= 2) {
		gpt(128, size);
		gpt_entry(0, size, 600, 699);
		gpt_entry(7, size, 700, SECTORS - 1);
		CHECK_EQ(find(1), 0);
		CHECK_EQ(part.first, 600);
		CHECK_EQ(part.sectors, 100);
		CHECK_EQ(find(8), 0);
		CHECK_EQ(part.sectors, SECTORS - 700);
		CHECK_EQ(find(2), -ENOENT);
		CHECK_EQ(find(129), -ENOENT);
	}
}

TEST("a partition that leaves the disk or has no sector is refused")
{
	mbr();
	mbr_entry(0, 0x83, 64, SECTORS - 63);
	mbr_entry(1, 0x83, SECTORS, 1);
	mbr_entry(2, 0x83, 64, 0);
	mbr_entry(3, 0x83, 0, 64);
	for (uint32_t n = 1; n <= 4; n++)
		CHECK_EQ(find(n), -EINVAL);
	gpt(128, 128);
	gpt_entry(0, 128, 600, SECTORS);
	gpt_entry(1, 128, 600, 599);
	gpt_entry(2, 128, 600, 10);
	gpt_entry(3, 128, UINT64_MAX, 0);
	for (uint32_t n = 1; n <= 4; n++)
		CHECK_EQ(find(n), -EINVAL);
}

TEST("a table that makes no sense is refused, and nothing beyond the disk is read")
{
	memset(disk, 0, sizeof(disk));
	CHECK_EQ(find(1), -EINVAL);
	gpt(128, 127);
	CHECK_EQ(find(1), -EINVAL);
	gpt(128, 1024);
	CHECK_EQ(find(1), -EINVAL);
	gpt(UINT32_MAX, 128);
	CHECK_EQ(find(UINT32_MAX), -EINVAL);
	put64(disk[1] + 72, UINT64_MAX);
	CHECK_EQ(find(1), -EINVAL);
	disk[1][0] = 'X';
	CHECK_EQ(find(1), -EINVAL);
}

TEST("any bytes as tables are read within the disk")
{
	uint64_t random = 3;

	for (int n = 0; n < 20000; n++) {
		gpt(4, 128);
		for (int i = 0; i < 40; i++) {
			uint64_t r = test_random(&random);

			disk[r % 3][r >> 8 & 511] = (uint8_t)(r >> 20);
		}
		if (find((uint32_t)test_random(&random) % 9) == 0) {
			CHECK(part.sectors > 0 && part.first < SECTORS);
			CHECK(part.sectors <= SECTORS - part.first);
		}
	}
}
