/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of a block device, by pages. Each sector of a page is valid or not and dirty or not,
 * so that blocks of any size share a page, and what lies beside them is left alone.
 * No specification: the buffer cache as every Unix has it.
 */
#include "fs/buffer.h"

#include "drv/block.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

#define BUFFER_BUCKETS	  1024U
#define BUFFER_SECTORS	  (PAGE_SIZE / BLOCK_SECTOR_SIZE)
#define BUFFER_BATCH	  32U /* requests in flight of one that writes back */
#define BUFFER_DIRTY_PART 16U /* of the memory may be dirty */

struct buffer_page {
	struct list hash, lru, of_device, dirty_link;
	struct block_device *device;
	uint64_t index; /* which page of the device */
	struct page *page;
	uint32_t users;
	uint8_t valid, dirty;	 /* a bit for each sector */
	bool busy;		 /* a request is under way */
	struct wait_queue queue; /* not busy any more */
};

static struct list buffer_table[BUFFER_BUCKETS];
static struct list buffer_lru = LIST_INIT(buffer_lru),
		   buffer_dirty_list = LIST_INIT(buffer_dirty_list);
static size_t buffer_count, buffer_dirty_count;
/* Who writes back, with these. */
static bool buffer_writing;
static struct wait_queue buffer_writers = { LIST_INIT(buffer_writers.waiters) };
static struct block_request buffer_requests[BUFFER_BATCH];
static struct buffer_page *buffer_batch[BUFFER_BATCH];

static void buffer_lock(void)
{
	while (buffer_writing)
		wait_sleep_deaf(&buffer_writers);
	buffer_writing = true;
}

static void buffer_unlock(void)
{
	buffer_writing = false;
	wait_wake(&buffer_writers);
}

static uint8_t *buffer_bytes(const struct buffer_page *page)
{
	return page_to_virt(page->page);
}

/* The sectors of a block, as bits of its page. */
static uint8_t buffer_mask(uint64_t offset, uint32_t size)
{
	uint32_t first = (uint32_t)(offset & PAGE_MASK) >> BLOCK_SECTOR_SHIFT;

	return (uint8_t)(((1U << (size >> BLOCK_SECTOR_SHIFT)) - 1) << first);
}

static struct list *buffer_bucket(const struct block_device *device, uint64_t index)
{
	struct list *head = &buffer_table[(index + device->minor * 61UL) % BUFFER_BUCKETS];

	if (!head->next)
		list_init(head);
	return head;
}

static struct buffer_page *buffer_find(struct block_device *device, uint64_t index)
{
	struct list *head = buffer_bucket(device, index), *pos;

	LIST_FOR_EACH(pos, head)
	{
		struct buffer_page *page = LIST_ENTRY(pos, struct buffer_page, hash);

		if (page->index == index && page->device == device)
			return page;
	}
	return NULL;
}

static struct buffer_page *buffer_page_new(struct block_device *device, uint64_t index)
{
	struct buffer_page *page = heap_alloc(sizeof(*page));

	if (!page)
		return NULL;
	page->page = page_alloc(0);
	if (!page->page) {
		heap_free(page);
		return NULL;
	}
	page->device = device;
	page->index = index;
	wait_queue_init(&page->queue);
	list_init(&page->dirty_link);
	list_add_before(buffer_bucket(device, index), &page->hash);
	list_add_before(&buffer_lru, &page->lru);
	list_add_before(&device->pages, &page->of_device);
	buffer_count++;
	return page;
}

static void buffer_page_free(struct buffer_page *page)
{
	list_del(&page->hash);
	list_del(&page->lru);
	list_del(&page->of_device);
	page_put(page->page);
	heap_free(page);
	buffer_count--;
}

static bool buffer_is_idle(const struct buffer_page *page)
{
	return !page->users && !page->dirty && !page->busy;
}

static void buffer_set_clean(struct buffer_page *page, uint8_t mask)
{
	page->dirty &= (uint8_t)~mask;
	if (page->dirty || list_empty(&page->dirty_link))
		return;
	list_del(&page->dirty_link);
	buffer_dirty_count--;
}

/* Of the sectors in want those that are neither valid nor behind the end: the first run of them. */
static uint32_t buffer_missing(const struct buffer_page *page, uint8_t want, uint32_t *first)
{
	uint64_t base = page->index * BUFFER_SECTORS;
	uint32_t count = 0;

	want &= (uint8_t)~page->valid;
	for (*first = 0; *first < BUFFER_SECTORS && !(want >> *first & 1); ++*first)
		;
	while (*first + count < BUFFER_SECTORS && (want >> (*first + count) & 1) &&
	       base + *first + count < page->device->sectors)
		count++;
	return count;
}

static int buffer_read(struct buffer_page *page, uint8_t want)
{
	uint32_t first, count;
	int error = 0;

	/* The whole page, if nothing of it is there: its neighbours are wanted next. */
	if (!page->valid)
		want = 0xff;
	page->busy = true;
	while (!error && (count = buffer_missing(page, want, &first)) != 0) {
		error = block_transfer(page->device, BLOCK_READ,
				       page->index * BUFFER_SECTORS + first,
				       buffer_bytes(page) + first * BLOCK_SECTOR_SIZE, count);
		if (!error)
			page->valid |= (uint8_t)(((1U << count) - 1) << first);
	}
	page->busy = false;
	wait_wake(&page->queue);
	return error;
}

/* The page in the cache, in use; not busy. */
static int buffer_open(struct block_device *device, uint64_t block, uint32_t size,
		       struct buffer *buffer)
{
	uint64_t offset = block * size;
	struct buffer_page *page;

	*buffer = (struct buffer){ .size = size };
	if (block >= block_bytes(device) / size)
		return -EIO;
	page = buffer_find(device, offset >> PAGE_SHIFT);
	if (!page)
		page = buffer_page_new(device, offset >> PAGE_SHIFT);
	if (!page)
		return -ENOMEM;
	page->users++;
	buffer->page = page;
	buffer->data = buffer_bytes(page) + (offset & PAGE_MASK);
	return 0;
}

int buffer_get(struct block_device *device, uint64_t block, uint32_t size, struct buffer *buffer)
{
	uint8_t mask = buffer_mask(block * size, size);
	int error = buffer_open(device, block, size, buffer);
	struct buffer_page *page = buffer->page;

	if (error)
		return error;
	while (!error && (page->valid & mask) != mask) {
		if (page->busy)
			wait_sleep_deaf(&page->queue);
		else
			error = buffer_read(page, mask);
	}
	if (error)
		buffer_put(buffer);
	return error;
}

int buffer_get_new(struct block_device *device, uint64_t block, uint32_t size,
		   struct buffer *buffer)
{
	int error = buffer_open(device, block, size, buffer);

	if (error)
		return error;
	/* A read that is under way must not land on top of the zeros. */
	while (buffer->page->busy)
		wait_sleep_deaf(&buffer->page->queue);
	memset(buffer->data, 0, size);
	buffer_dirty(buffer);
	return 0;
}

void buffer_dirty(const struct buffer *buffer)
{
	struct buffer_page *page = buffer->page;
	uint64_t offset = (uint64_t)((uint8_t *)buffer->data - buffer_bytes(page));
	uint8_t mask = buffer_mask(offset, buffer->size);

	page->valid |= mask;
	page->dirty |= mask;
	if (!list_empty(&page->dirty_link))
		return;
	list_add_before(&buffer_dirty_list, &page->dirty_link);
	buffer_dirty_count++;
}

void buffer_put(const struct buffer *buffer)
{
	struct buffer_page *page = buffer->page;

	page->users--;
	/* Used last, given back last. */
	list_del(&page->lru);
	list_add_before(&buffer_lru, &page->lru);
}

void buffer_forget(struct block_device *device, uint64_t block, uint32_t size)
{
	uint64_t offset = block * size;
	uint8_t mask = buffer_mask(offset, size);
	struct buffer_page *page;

	/* A transfer under way would bring the old contents back, here or on the disk. */
	while ((page = buffer_find(device, offset >> PAGE_SHIFT)) != NULL && page->busy)
		wait_sleep_deaf(&page->queue);
	if (!page)
		return;
	page->valid &= (uint8_t)~mask;
	buffer_set_clean(page, mask);
}

/* Begins to write the dirty sectors of a page, with at most so many requests; how many it took. */
static uint32_t buffer_write_page(struct buffer_page *page, uint32_t at)
{
	uint32_t used = 0;

	for (uint32_t first = 0, count; first < BUFFER_SECTORS && at + used < BUFFER_BATCH;
	     first += count + 1) {
		struct block_request *request = &buffer_requests[at + used];

		for (count = 0;
		     first + count < BUFFER_SECTORS && page->dirty >> (first + count) & 1; count++)
			;
		if (!count)
			continue;
		*request = (struct block_request){
			.op = BLOCK_WRITE,
			.sectors = count,
			.sector = page->index * BUFFER_SECTORS + first,
			.data = buffer_bytes(page) + first * BLOCK_SECTOR_SIZE,
		};
		/* Clean from now on: what changes while it is written is dirty again. */
		buffer_set_clean(page, (uint8_t)(((1U << count) - 1) << first));
		buffer_batch[at + used++] = page;
		page->users++;
		block_submit(page->device, request);
	}
	return used;
}

/* A page of the device that is dirty and free for writing; NULL: none is dirty, or wait for it. */
static struct buffer_page *buffer_next_dirty(const struct block_device *device,
					     struct buffer_page **busy)
{
	struct list *pos;

	*busy = NULL;
	LIST_FOR_EACH(pos, &buffer_dirty_list)
	{
		struct buffer_page *page = LIST_ENTRY(pos, struct buffer_page, dirty_link);

		if (page->device != device)
			continue;
		if (!page->busy)
			return page;
		*busy = page;
	}
	return NULL;
}

static void buffer_finish(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int error = block_wait(&buffer_requests[i]);

		if (error)
			buffer_batch[i]->device->write_error = error;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct buffer_page *page = buffer_batch[i];

		page->busy = false;
		page->users--;
		wait_wake(&page->queue);
	}
}

/* One batch; false if nothing is dirty. The caller has locked. */
static bool buffer_write_batch(struct block_device *device)
{
	struct buffer_page *page, *busy = NULL;
	uint32_t count = 0;

	while (count < BUFFER_BATCH && (page = buffer_next_dirty(device, &busy)) != NULL) {
		uint32_t used = buffer_write_page(page, count);

		/* Set after the last request of it was made: its own pages are not in its way. */
		page->busy = true;
		count += used;
	}
	if (!count && busy) {
		busy->users++;
		wait_sleep_deaf(&busy->queue);
		busy->users--;
		return true;
	}
	if (count)
		block_kick(device);
	buffer_finish(count);
	return count != 0;
}

int buffer_sync(struct block_device *device)
{
	/* What becomes dirty while this writes is the next one's: it must end. */
	size_t rounds = 2 * buffer_dirty_count + 2;
	int error;

	buffer_lock();
	while (rounds-- && buffer_write_batch(device))
		;
	buffer_unlock();
	error = block_flush(device);
	if (!error)
		error = device->write_error;
	device->write_error = 0;
	return error;
}

void buffer_drop(struct block_device *device)
{
	struct list *pos, *tmp;

	LIST_FOR_EACH_SAFE(pos, tmp, &device->pages)
	{
		struct buffer_page *page = LIST_ENTRY(pos, struct buffer_page, of_device);

		if (buffer_is_idle(page))
			buffer_page_free(page);
	}
}

size_t buffer_shrink(size_t pages)
{
	struct list *pos, *tmp;
	size_t freed = 0;

	LIST_FOR_EACH_SAFE(pos, tmp, &buffer_lru)
	{
		struct buffer_page *page = LIST_ENTRY(pos, struct buffer_page, lru);

		if (freed >= pages)
			break;
		if (!buffer_is_idle(page))
			continue;
		buffer_page_free(page);
		freed++;
	}
	return freed;
}

void buffer_throttle(struct block_device *device)
{
	if (buffer_dirty_count <= page_total_count() / BUFFER_DIRTY_PART)
		return;
	buffer_lock();
	while (buffer_dirty_count > page_total_count() / BUFFER_DIRTY_PART / 2 &&
	       buffer_write_batch(device))
		;
	buffer_unlock();
}

size_t buffer_page_count(void)
{
	return buffer_count;
}
