/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small objects: one free list for each power of two, pages taken as needed and given back.
 * No specification: a plain segregated-fit allocator.
 */
#include "mm/heap.h"

#include "lib/string.h"
#include "mm/page.h"

#define HEAP_SHIFT_MIN	5
#define HEAP_SHIFT_MAX	11
/* Empty pages that a size keeps. */
#define HEAP_SPARE_PAGES	16

struct heap_free {
	struct list link;
};

static struct list heap_lists[HEAP_SHIFT_MAX + 1];
static size_t heap_free_count[HEAP_SHIFT_MAX + 1];	/* objects in each list */
static size_t heap_pages[HEAP_SHIFT_MAX + 1];		/* with objects of each size */
static size_t heap_large_pages;

void heap_init(void)
{
	for (unsigned int i = 0; i <= HEAP_SHIFT_MAX; i++)
		list_init(&heap_lists[i]);
}

static bool heap_grow(unsigned int shift)
{
	struct page *page = page_alloc(0);
	char *base;

	if (!page)
		return false;
	page->slab = (uint8_t)shift;
	page->slab_used = 0;
	base = page_to_virt(page);
	for (size_t offset = 0; offset < PAGE_SIZE; offset += (size_t)1 << shift)
		list_add_before(&heap_lists[shift], &((struct heap_free *)(base + offset))->link);
	heap_free_count[shift] += PAGE_SIZE >> shift;
	heap_pages[shift]++;
	return true;
}

void *heap_alloc_page(void)
{
	struct page *page = page_alloc(0);

	if (!page)
		return NULL;
	page->slab = 0;
	heap_large_pages++;
	return page_to_virt(page);
}

static void *heap_alloc_pages(size_t size)
{
	unsigned int order = 0;
	struct page *page;

	while (order < PAGE_ORDERS && (PAGE_SIZE << order) < size)
		order++;
	page = order < PAGE_ORDERS ? page_alloc(order) : NULL;
	if (!page)
		return NULL;
	page->slab = 0;
	heap_large_pages += (size_t)1 << order;
	return memset(page_to_virt(page), 0, PAGE_SIZE << order);
}

void *heap_alloc(size_t size)
{
	unsigned int shift = HEAP_SHIFT_MIN;
	struct list *object;

	while (shift <= HEAP_SHIFT_MAX && ((size_t)1 << shift) < size)
		shift++;
	if (shift > HEAP_SHIFT_MAX)
		return heap_alloc_pages(size);
	if (list_empty(&heap_lists[shift]) && !heap_grow(shift))
		return NULL;
	object = list_pop(&heap_lists[shift]);
	heap_free_count[shift]--;
	page_of(object)->slab_used++;
	return memset(object, 0, (size_t)1 << shift);
}

static void heap_shrink(struct page *page, unsigned int shift)
{
	char *base = page_to_virt(page);

	for (size_t offset = 0; offset < PAGE_SIZE; offset += (size_t)1 << shift)
		list_del(&((struct heap_free *)(base + offset))->link);
	heap_free_count[shift] -= PAGE_SIZE >> shift;
	heap_pages[shift]--;
	page->slab = 0;
	page_put(page);
}

void heap_free(void *object)
{
	struct page *page;

	if (!object)
		return;
	page = page_of(object);
	if (!page->slab) {
		heap_large_pages -= (size_t)1 << page->order;
		page_put(page);
		return;
	}
	list_add_after(&heap_lists[page->slab], &((struct heap_free *)object)->link);
	heap_free_count[page->slab]++;
	page->slab_used--;
	/*
	 * An empty page goes back, unless the next request would only take one again. Whether there
	 * is plenty is asked first: which objects share a page must not show in the benchmarks.
	 */
	if (heap_free_count[page->slab] >= HEAP_SPARE_PAGES * (PAGE_SIZE >> page->slab) &&
	    page->slab_used == 0)
		heap_shrink(page, page->slab);
}

bool heap_usage_at(size_t index, struct heap_usage *usage)
{
	size_t shift = HEAP_SHIFT_MIN + index;

	if (shift > HEAP_SHIFT_MAX + 1)
		return false;
	if (shift > HEAP_SHIFT_MAX) {
		*usage = (struct heap_usage){ PAGE_SIZE, heap_large_pages, heap_large_pages };
		return true;
	}
	*usage = (struct heap_usage){ .object_bytes = (size_t)1 << shift,
				      .all = heap_pages[shift] * (PAGE_SIZE >> shift) };
	usage->used = usage->all - heap_free_count[shift];
	return true;
}

size_t heap_page_count(void)
{
	size_t pages = heap_large_pages;

	for (unsigned int i = 0; i <= HEAP_SHIFT_MAX; i++)
		pages += heap_pages[i];
	return pages;
}
