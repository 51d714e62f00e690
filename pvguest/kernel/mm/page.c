/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages: a buddy allocator, and a count of users for each page.
 * Knuth, The Art of Computer Programming 1, 2.5, "buddy system".
 */
#include "mm/page.h"

#include "boot/info.h"
#include "lib/panic.h"
#include "lib/string.h"

/* One page in so many is the kernel's own. */
#define PAGE_RESERVE_PART	64
/* So many pages at least are asked for when a cache shall give some back. */
#define PAGE_SHRINK		32UL

struct page *page_array;
uint64_t page_base_pa;
static size_t page_count, page_free_pages, page_total_pages;
static struct list page_free_lists[PAGE_ORDERS];
static struct page_shrinker *page_shrinkers;

/*
 * Small blocks that were freed last, not joined with their buddies: the cost of taking and freeing
 * a page does not depend on what its neighbours do, which measurements would show.
 */
#define PAGE_CACHE_ORDERS	2
#define PAGE_CACHE_MAX		256

static struct page_cache {
	struct list blocks;
	size_t count;
} page_caches[PAGE_CACHE_ORDERS];

struct page_range {
	uint64_t start, end;
};

static void page_free_block(size_t index, unsigned int order)
{
	page_free_pages += (size_t)1 << order;
	for (; order + 1 < PAGE_ORDERS; order++) {
		size_t buddy = index ^ ((size_t)1 << order);

		if (buddy + ((size_t)1 << order) > page_count || page_array[buddy].users ||
		    page_array[buddy].order != order || list_empty(&page_array[buddy].link))
			break;
		list_del(&page_array[buddy].link);
		index &= ~((size_t)1 << order);
	}
	page_array[index].users = 0;
	page_array[index].order = (uint8_t)order;
	list_add_after(&page_free_lists[order], &page_array[index].link);
}

/* If [start, start + size) meets something in use, the end of that; else 0. */
static uint64_t page_conflict(const struct page_range *used, size_t count, uint64_t start,
			      uint64_t size)
{
	for (size_t i = 0; i < count; i++)
		if (start < used[i].end && used[i].start < start + size)
			return used[i].end;
	return 0;
}

static size_t page_collect_used(struct page_range *used)
{
	size_t count = 0;

	/* Below the kernel: the firmware's, and not worth the trouble. */
	used[count++] = (struct page_range){ info.memory_start, layout_load_pa };
	used[count++] = (struct page_range){ layout_load_pa, virt_to_phys(__image_end) };
	used[count++] = (struct page_range){ info.tree_pa, info.tree_pa + info.tree_size };
	used[count++] = (struct page_range){ info.initrd_start, info.initrd_end };
	for (size_t i = 0; i < info.reserved_count; i++)
		used[count++] =
			(struct page_range){ info.reserved[i].start, info.reserved[i].end };
	for (size_t i = 0; i < count; i++) {
		used[i].start = ALIGN_DOWN(used[i].start, PAGE_SIZE);
		used[i].end = ALIGN_UP(used[i].end, PAGE_SIZE);
	}
	return count;
}

void page_init(void)
{
	struct page_range used[INFO_RESERVED_MAX + 5];
	size_t count = page_collect_used(used), size;
	uint64_t pa = layout_load_pa, past;

	page_base_pa = ALIGN_UP(info.memory_start, PAGE_SIZE);
	page_count = (ALIGN_DOWN(info.memory_end, PAGE_SIZE) - page_base_pa) >> PAGE_SHIFT;
	size = ALIGN_UP(page_count * sizeof(struct page), PAGE_SIZE);
	while ((past = page_conflict(used, count, pa, size)) != 0)
		pa = past;
	if (pa + size > info.memory_end)
		panic("no room for %zu page descriptors", page_count);
	used[count++] = (struct page_range){ pa, pa + size };
	page_array = phys_to_virt(pa);
	memset(page_array, 0, size);
	for (unsigned int i = 0; i < PAGE_ORDERS; i++)
		list_init(&page_free_lists[i]);
	for (unsigned int i = 0; i < PAGE_CACHE_ORDERS; i++)
		list_init(&page_caches[i].blocks);
	for (size_t i = 0; i < page_count; i++) {
		list_init(&page_array[i].link);
		page_array[i].users = 1;
	}
	/* Downwards, so that low memory, which boot.S mapped, is handed out first. */
	for (size_t i = page_count; i-- > 0;)
		if (!page_conflict(used, count, page_base_pa + (i << PAGE_SHIFT), PAGE_SIZE))
			page_free_block(i, 0);
	page_total_pages = page_free_pages;
}

static struct page *page_cache_take(unsigned int order)
{
	struct page_cache *cache = &page_caches[order];

	cache->count--;
	page_free_pages -= (size_t)1 << order;
	return LIST_ENTRY(list_pop(&cache->blocks), struct page, link);
}

static void page_cache_give(struct page_cache *cache, struct page *page)
{
	page->users = 1;	/* so that no buddy joins it */
	list_add_after(&cache->blocks, &page->link);
	cache->count++;
	page_free_pages += (size_t)1 << page->order;
}

/* Joins all blocks of the caches with their buddies; false if there were none. */
static bool page_cache_flush(void)
{
	bool any = false;

	for (unsigned int order = 0; order < PAGE_CACHE_ORDERS; order++) {
		while (page_caches[order].count) {
			page_free_block((size_t)(page_cache_take(order) - page_array), order);
			any = true;
		}
	}
	return any;
}

void page_add_shrinker(struct page_shrinker *shrinker)
{
	shrinker->next = page_shrinkers;
	page_shrinkers = shrinker;
}

/* True if a cache gave something back. */
static bool page_shrink(size_t pages)
{
	size_t freed = 0;

	for (struct page_shrinker *s = page_shrinkers; s && freed < pages; s = s->next)
		freed += s->shrink(pages - freed);
	return freed != 0;
}

struct page *page_alloc(unsigned int order)
{
	unsigned int have = order;
	struct page *page;

	if (order < PAGE_CACHE_ORDERS && page_caches[order].count)
		return page_cache_take(order);
	while (have < PAGE_ORDERS && list_empty(&page_free_lists[have]))
		have++;
	if (have >= PAGE_ORDERS)
		return page_cache_flush() || page_shrink(PAGE_SHRINK << order) ? page_alloc(order)
									     : NULL;
	page = LIST_ENTRY(list_pop(&page_free_lists[have]), struct page, link);
	while (have > order) {
		struct page *half = page + ((size_t)1 << --have);

		half->users = 0;
		half->order = (uint8_t)have;
		list_add_after(&page_free_lists[have], &half->link);
	}
	page->order = (uint8_t)order;
	page->users = 1;
	page_free_pages -= (size_t)1 << order;
	return page;
}

struct page *page_alloc_zeroed(void)
{
	struct page *page = page_alloc(0);

	if (page)
		string_clear_page(page_to_virt(page));
	return page;
}

/* Caches go before programs do. */
static __attribute__((noinline)) bool page_make_room(size_t reserve)
{
	while (page_free_pages <= 2 * reserve && page_shrink(PAGE_SHRINK))
		;
	return page_free_pages > reserve;
}

struct page *page_alloc_user(unsigned int order)
{
	size_t reserve = page_total_pages / PAGE_RESERVE_PART;

	if (page_free_pages <= 2 * reserve && !page_make_room(reserve))
		return NULL;
	return page_alloc(order);
}

bool page_is_low(void)
{
	return page_free_pages < 2 * (page_total_pages / PAGE_RESERVE_PART);
}

struct page *page_alloc_user_zeroed(void)
{
	struct page *page = page_alloc_user(0);

	if (page)
		string_clear_page(page_to_virt(page));
	return page;
}

void page_put(struct page *page)
{
	if (--page->users)
		return;
	if (page->order < PAGE_CACHE_ORDERS && page_caches[page->order].count < PAGE_CACHE_MAX)
		page_cache_give(&page_caches[page->order], page);
	else
		page_free_block((size_t)(page - page_array), page->order);
}

size_t page_free_count(void)
{
	return page_free_pages;
}

size_t page_total_count(void)
{
	return page_total_pages;
}
