/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vdev/ramdisk.c: the memory that a disk may take.
 * SOURCES: hypervisor/vdev/ramdisk.c hypervisor/lib/string.c
 */
#include <stdlib.h>
#include "fake_kalloc.h"
#include "lib/errno.h"
#include "test.h"
#include "vdev/ramdisk.h"

static uint64_t reserved, limit;
static long live;
static struct ramdisk *disk;

static bool reserve(uint64_t bytes)
{
	if (bytes > limit)
		return false;
	reserved += bytes;
	return true;
}

static void unreserve(uint64_t bytes)
{
	reserved -= bytes;
}

static void *page_get(void)
{
	/* The disk keeps to what it has reserved. */
	CHECK((uint64_t)++live * RAMDISK_PAGE <= reserved);
	return memset(malloc(RAMDISK_PAGE), 0xaa, RAMDISK_PAGE);
}

static void page_put(void *page)
{
	live--;
	free(page);
}

static const struct ramdisk_pages pages = { reserve, unreserve, page_get, page_put };

static int create(uint64_t size, const void *image, uint64_t image_size, uint64_t quota,
		  bool read_only)
{
	struct ramdisk_config config = { size, image, image_size, quota, read_only };

	return ramdisk_create(&config, &pages, &disk);
}

static int write_at(uint64_t offset, size_t size)
{
	static const uint8_t data[RAMDISK_PAGE * 2] = { 1 };

	return disk->disk.ops->write(&disk->disk, offset, data, size);
}

static void destroy(void)
{
	disk->disk.ops->destroy(&disk->disk);
	CHECK_EQ(live, 0);
	CHECK_EQ(kalloc_live, 0);
	CHECK_EQ(reserved, 0);
}

TEST("a disk reserves what all of it takes, its tables too, and then has it")
{
	limit = UINT64_MAX;
	CHECK_EQ(create(3 << 20, NULL, 0, 0, false), 0);
	CHECK_EQ(reserved, (768 + 2) * RAMDISK_PAGE);
	for (uint64_t offset = 0; offset < 3 << 20; offset += RAMDISK_PAGE)
		CHECK_EQ(write_at(offset, RAMDISK_PAGE), 0);
	CHECK_EQ((uint64_t)live * RAMDISK_PAGE, reserved);
	destroy();
	CHECK_EQ(create(512, NULL, 0, 0, false), 0);
	CHECK_EQ(reserved, 2 * RAMDISK_PAGE);
	destroy();
}

TEST("a disk that is never written reserves nothing")
{
	static const uint8_t image[1000];

	limit = 0;
	CHECK_EQ(create(sizeof(image), image, sizeof(image), 0, true), 0);
	destroy();
}

TEST("a quota that is larger than any memory is all of the disk")
{
	limit = UINT64_MAX;
	CHECK_EQ(create(1 << 20, NULL, 0, UINT64_MAX, false), 0);
	CHECK_EQ(reserved, (256 + 1) * RAMDISK_PAGE);
	destroy();
}

TEST("a write beyond a disk's quota fails; what is discarded may be written elsewhere")
{
	limit = UINT64_MAX;
	CHECK_EQ(create(1 << 20, NULL, 0, 3 * RAMDISK_PAGE - 1, false), 0);
	CHECK_EQ(reserved, 3 * RAMDISK_PAGE);
	CHECK_EQ(write_at(0, 2 * RAMDISK_PAGE), 0);
	CHECK_EQ(write_at(2 * RAMDISK_PAGE, 512), -ENOSPC);
	CHECK_EQ(write_at(RAMDISK_PAGE, RAMDISK_PAGE), 0);
	CHECK_EQ(live, 3);
	CHECK_EQ(disk->disk.ops->zero(&disk->disk, 0, RAMDISK_PAGE), 0);
	CHECK_EQ(write_at(2 * RAMDISK_PAGE, 512), 0);
	CHECK_EQ(write_at(0, 512), -ENOSPC);
	CHECK_EQ(live, 3);
	destroy();
}

TEST("a disk whose quota cannot be reserved is none, and a quota above its size costs no more")
{
	limit = 256 * RAMDISK_PAGE;
	CHECK_EQ(create(1 << 20, NULL, 0, 1 << 30, false), -ENOSPC);
	CHECK_EQ(kalloc_live, 0);
	limit = 257 * RAMDISK_PAGE;
	CHECK_EQ(create(1 << 20, NULL, 0, 1 << 30, false), 0);
	CHECK_EQ(reserved, 257 * RAMDISK_PAGE);
	destroy();
}
