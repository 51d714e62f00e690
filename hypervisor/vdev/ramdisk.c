/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory: an image, which is never written, under pages of its own. Pure.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/kalloc.h"
#include "vdev/ramdisk.h"

#define PER_TABLE	(RAMDISK_PAGE / sizeof(void *))

/* Stands for a page of zeros over an image, which no memory is spent on. */
static char zero_page;
#define PAGE_OF_ZEROS	((void *)&zero_page)

static struct ramdisk *ramdisk_of(struct disk *disk)
{
	return container_of(disk, struct ramdisk, disk);
}

/* Its own page at this number, PAGE_OF_ZEROS, or NULL. */
static void *page_at(const struct ramdisk *ram, uint64_t number)
{
	void **table = ram->tables[number / PER_TABLE];

	return table == NULL ? NULL : table[number % PER_TABLE];
}

/* What the image says, and zeros behind it. */
static void image_read(const struct ramdisk *ram, uint64_t offset, uint8_t *to, size_t size)
{
	size_t has = offset < ram->image_size ? MIN(size, ram->image_size - offset) : 0;

	if (has > 0)
		memcpy(to, ram->image + offset, has);
	if (has < size)
		memset(to + has, 0, size - has);
}

/* Bytes of one page. */
static inline void page_read(const struct ramdisk *ram, uint64_t offset, uint8_t *to, size_t size)
{
	const uint8_t *page = page_at(ram, offset / RAMDISK_PAGE);

	if (page == NULL)
		image_read(ram, offset, to, size);
	else if (page == PAGE_OF_ZEROS)
		memset(to, 0, size);
	else
		memcpy(to, page + offset % RAMDISK_PAGE, size);
}

static __attribute__((noinline)) int pages_read(const struct ramdisk *ram, uint64_t offset,
						uint8_t *to, size_t size)
{
	while (size > 0) {
		size_t piece = MIN(size, RAMDISK_PAGE - offset % RAMDISK_PAGE);

		page_read(ram, offset, to, piece);
		to += piece;
		offset += piece;
		size -= piece;
	}
	return 0;
}

static int ramdisk_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	struct ramdisk *ram = ramdisk_of(disk);

	/* Mostly it is one page. */
	if (unlikely(size > RAMDISK_PAGE - offset % RAMDISK_PAGE))
		return pages_read(ram, offset, to, size);
	page_read(ram, offset, to, size);
	return 0;
}

/* NULL: its quota is used up. */
static void *memory_take(struct ramdisk *ram)
{
	void *page = ram->used < ram->quota ? ram->pages->alloc() : NULL;

	ram->used += page != NULL;
	return page;
}

static void memory_give(struct ramdisk *ram, void *page)
{
	ram->pages->free(page);
	ram->used--;
}

/*
 * The place of a page's pointer, with its table; NULL without memory. Tables count as pages do: a
 * guest makes them by where it writes.
 */
static void **page_slot(struct ramdisk *ram, uint64_t number)
{
	void ***table = &ram->tables[number / PER_TABLE];

	if (*table == NULL) {
		*table = memory_take(ram);
		if (*table == NULL)
			return NULL;
		memset(*table, 0, RAMDISK_PAGE);
	}
	return &(*table)[number % PER_TABLE];
}

/*
 * The page that holds number's bytes from now on, with what it read until now unless all of it is
 * to be overwritten. NULL without memory.
 */
static uint8_t *page_own(struct ramdisk *ram, uint64_t number, bool whole)
{
	void **slot = page_slot(ram, number), *page;

	if (slot == NULL)
		return NULL;
	if (*slot != NULL && *slot != PAGE_OF_ZEROS)
		return *slot;
	page = memory_take(ram);
	if (page == NULL)
		return NULL;
	if (!whole && *slot == PAGE_OF_ZEROS)
		memset(page, 0, RAMDISK_PAGE);
	else if (!whole)
		image_read(ram, number * RAMDISK_PAGE, page, RAMDISK_PAGE);
	*slot = page;
	ram->page_count++;
	return page;
}

static int ramdisk_write(struct disk *disk, uint64_t offset, const void *from, size_t size)
{
	struct ramdisk *ram = ramdisk_of(disk);
	const uint8_t *in = from;

	while (size > 0) {
		size_t in_page = offset % RAMDISK_PAGE, piece = MIN(size, RAMDISK_PAGE - in_page);
		uint8_t *page = page_own(ram, offset / RAMDISK_PAGE, piece == RAMDISK_PAGE);

		if (page == NULL)
			return -ENOSPC;
		memcpy(page + in_page, in, piece);
		in += piece;
		offset += piece;
		size -= piece;
	}
	return 0;
}

/* A whole page becomes zeros and costs nothing. */
static int page_zero(struct ramdisk *ram, uint64_t number)
{
	bool over_image = number * RAMDISK_PAGE < ram->image_size;
	void **slot, *page = page_at(ram, number);

	if (page == NULL && !over_image)
		return 0;
	slot = page_slot(ram, number);
	if (slot == NULL)
		return -ENOSPC;
	if (page != NULL && page != PAGE_OF_ZEROS) {
		memory_give(ram, page);
		ram->page_count--;
	}
	*slot = over_image ? PAGE_OF_ZEROS : NULL;
	return 0;
}

/* Part of a page; without its own page and without an image it is zero already. */
static int part_zero(struct ramdisk *ram, uint64_t offset, size_t size)
{
	uint64_t number = offset / RAMDISK_PAGE;
	void *before = page_at(ram, number);
	uint8_t *page;

	if (before == PAGE_OF_ZEROS || (before == NULL && offset >= ram->image_size))
		return 0;
	page = page_own(ram, number, false);
	if (page == NULL)
		return -ENOSPC;
	memset(page + offset % RAMDISK_PAGE, 0, size);
	return 0;
}

static int ramdisk_zero(struct disk *disk, uint64_t offset, uint64_t size)
{
	struct ramdisk *ram = ramdisk_of(disk);
	int err = 0;

	while (size > 0 && !err) {
		uint64_t piece = MIN(size, RAMDISK_PAGE - offset % RAMDISK_PAGE);

		err = piece == RAMDISK_PAGE ? page_zero(ram, offset / RAMDISK_PAGE) :
					      part_zero(ram, offset, piece);
		offset += piece;
		size -= piece;
	}
	return err;
}

/* What is written is where it will ever be. */
static int ramdisk_flush(struct disk *disk)
{
	(void)disk;
	return 0;
}

static void ramdisk_destroy(struct disk *disk)
{
	struct ramdisk *ram = ramdisk_of(disk);

	for (size_t t = 0; t < ram->table_count; t++) {
		for (size_t i = 0; ram->tables[t] != NULL && i < PER_TABLE; i++) {
			void *page = ram->tables[t][i];

			if (page != NULL && page != PAGE_OF_ZEROS)
				memory_give(ram, page);
		}
		if (ram->tables[t] != NULL)
			memory_give(ram, ram->tables[t]);
	}
	ram->pages->unreserve(ram->quota * RAMDISK_PAGE);
	kfree(ram->tables);
	kfree(ram);
}

static const struct disk_ops ramdisk_ops = {
	.read = ramdisk_read,
	.write = ramdisk_write,
	.zero = ramdisk_zero,
	.flush = ramdisk_flush,
	.destroy = ramdisk_destroy,
};

/* In pages: what all of it takes, or less if its owner says so. */
static uint64_t quota_of(const struct ramdisk_config *config, size_t table_count)
{
	uint64_t all = (config->size + RAMDISK_PAGE - 1) / RAMDISK_PAGE + table_count;

	if (config->read_only)
		return 0;
	if (config->quota == 0)
		return all;
	return MIN(all, config->quota / RAMDISK_PAGE + (config->quota % RAMDISK_PAGE != 0));
}

int ramdisk_create(const struct ramdisk_config *config, const struct ramdisk_pages *pages,
		   struct ramdisk **out)
{
	struct ramdisk *ram = kalloc(sizeof(*ram));
	uint64_t per_table = PER_TABLE * RAMDISK_PAGE;
	size_t table_count = (config->size + per_table - 1) / per_table;
	int err = 0;

	if (ram == NULL)
		return -ENOMEM;
	*ram = (struct ramdisk){
		.disk = { .ops = &ramdisk_ops,
			  .sectors = ALIGN_UP(config->size, 1UL << DISK_SECTOR_SHIFT) >>
				     DISK_SECTOR_SHIFT,
			  .read_only = config->read_only,
			  .flush = true },
		.pages = pages,
		.image = config->image,
		.image_size = MIN(config->image_size, config->size),
		.table_count = table_count,
		.tables = kalloc(table_count * sizeof(*ram->tables)),
		.quota = quota_of(config, table_count),
	};
	if (ram->tables == NULL)
		err = -ENOMEM;
	else if (!pages->reserve(ram->quota * RAMDISK_PAGE))
		err = -ENOSPC;
	if (err) {
		kfree(ram->tables);
		kfree(ram);
		return err;
	}
	*out = ram;
	return 0;
}
