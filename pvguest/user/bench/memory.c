/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings of files. After lmbench's lat_mmap and lat_pagefault.
 *
 *   mmap        mmap of a file of 4 MiB, shared; a store to every fourth page (16 KiB) of its
 *               first tenth, which is 26 pages; munmap
 *   page_fault  the first read of a page of a mapped file whose pages are in memory, 256 pages in
 *               scattered order. Taking away what was touched is in it, as in lmbench; mapping and
 *               unmapping what nobody touched is the base
 */
#include "bench/bench.h"

#include "lib/vfs.h"

#define TABLE_BYTES (512 * PAGE_BYTES) /* what one last-level page table maps */
#define MMAP_BYTES  (4UL << 20)
#define MMAP_STEP   (16UL << 10)
#define FAULT_PAGES 256
/* Odd, so that i * step mod 256 is every page once. */
#define FAULT_STEP 97

static int file_fd;
static char *fault_area;

static int file_make(size_t size)
{
	static const char page[PAGE_BYTES];

	sys_mkdir("/tmp", 0777); /* it may be there */
	file_fd = (int)sys_openat(AT_FDCWD, "/tmp/lat_mem", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file_fd < 0 || sys_unlink("/tmp/lat_mem") != 0)
		return -1;
	for (; size > 0; size -= PAGE_BYTES) {
		if (sys_write(file_fd, page, sizeof(page)) != sizeof(page))
			return -1;
	}
	return 0;
}

static int mmap_setup(const struct op *op)
{
	(void)op;
	return file_make(MMAP_BYTES);
}

static void mmap_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		long area =
			sys_mmap(NULL, MMAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file_fd, 0);
		size_t at;

		if (area < 0) {
			bench_failed();
			return;
		}
		for (at = 0; at < MMAP_BYTES / 10; at += MMAP_STEP)
			((volatile char *)area)[at] = 1;
		sys_munmap((char *)area, MMAP_BYTES);
	}
}

/*
 * A place within one last-level page table, which a neighbour page keeps alive: no window
 * allocates a table.
 */
static int fault_setup(const struct op *op)
{
	long area = sys_mmap(NULL, 2 * TABLE_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)op;
	if (area < 0 || file_make(FAULT_PAGES * PAGE_BYTES) != 0)
		return -1;
	fault_area = (char *)(((uintptr_t)area + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1));
	*(volatile char *)fault_area = 1;
	fault_area += PAGE_BYTES;
	return 0;
}

static void fault_map(void)
{
	if (sys_munmap(fault_area, FAULT_PAGES * PAGE_BYTES) < 0 ||
	    sys_mmap(fault_area, FAULT_PAGES * PAGE_BYTES, PROT_READ, MAP_SHARED | MAP_FIXED,
		     file_fd, 0) != (long)fault_area)
		bench_failed();
}

static void fault_prepare(unsigned int count)
{
	(void)count;
	fault_map();
}

static void fault_run(unsigned int count)
{
	volatile char *pages = fault_area;
	unsigned int i;

	for (i = 0; i < count; i++)
		(void)pages[i * FAULT_STEP % FAULT_PAGES * PAGE_BYTES];
	fault_map();
}

static void fault_base(unsigned int count)
{
	loop_empty(count);
	fault_map();
}

static const struct op ops[] = {
	{ .name = "mmap", .count = 10, .setup = mmap_setup, .run = mmap_run, .base = loop_empty },
	{ .name = "page_fault",
	  .count = FAULT_PAGES,
	  .count_max = FAULT_PAGES,
	  .setup = fault_setup,
	  .prepare = fault_prepare,
	  .run = fault_run,
	  .base = fault_base },
};

const struct op_suite memory_suite = { "lmbench", ops, COUNT_OF(ops) };
