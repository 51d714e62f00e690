/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small objects out of single pages. A page ("slab") serves one size class: a header with a bitmap
 * of the objects in use, then the objects. An object therefore never begins on a page boundary,
 * and a block of whole pages always does: that is how kfree() tells them apart.
 */
#include "mem/kalloc.h"

#include "lib/assert.h"
#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/string.h"

#define SLAB_MAGIC		0x62616c73u
#define SLAB_HEADER_SIZE	64
#define SLAB_OBJECTS_MAX	((PAGE_SIZE - SLAB_HEADER_SIZE) / 16)

struct slab {
	struct list_head node;		/* in its class's list while it has room */
	uint32_t magic;
	uint16_t class, used;
	uint64_t map[BITMAP_WORDS(SLAB_OBJECTS_MAX)];
};

_Static_assert(sizeof(struct slab) <= SLAB_HEADER_SIZE, "objects begin behind the header");

/* Multiples of 16 that divide the room of a page into 252, 126, 84 ... 2 objects. */
static const uint16_t class_sizes[] = {
	16, 32, 48, 64, 96, 128, 192, 256, 336, 448, 576, 672, 1008, 1344, 2016,
};

static struct {
	struct page_allocator *pages;
	struct spinlock lock;		/* before the page allocator's own */

	/* under lock */
	struct list_head partial[ARRAY_SIZE(class_sizes)];	/* slabs with room */
	uint64_t used_bytes;
} heap;

void kalloc_init(struct page_allocator *pages)
{
	heap.pages = pages;
	spin_init(&heap.lock);
	for (size_t i = 0; i < ARRAY_SIZE(class_sizes); i++)
		list_init(&heap.partial[i]);
	heap.used_bytes = 0;
}

struct page_allocator *kalloc_pages(void)
{
	return heap.pages;
}

static unsigned slab_capacity(const struct slab *slab)
{
	return (unsigned)(PAGE_SIZE - SLAB_HEADER_SIZE) / class_sizes[slab->class];
}

/* A class's slab with room, a new one if need be, or NULL. */
static struct slab *slab_get(unsigned class)
{
	struct list_head *node = list_first(&heap.partial[class]);
	struct slab *slab;

	if (node)
		return list_entry(node, struct slab, node);
	slab = page_alloc(heap.pages, 0, 0);
	if (!slab)
		return NULL;
	*slab = (struct slab){ .magic = SLAB_MAGIC, .class = (uint16_t)class };
	list_add(&heap.partial[class], &slab->node);
	return slab;
}

/* Takes an object; the slab has room. */
static void *slab_take(struct slab *slab)
{
	unsigned capacity = slab_capacity(slab);
	size_t index = bitmap_next_clear(slab->map, capacity, 0);

	ASSERT(slab->magic == SLAB_MAGIC && index < capacity);
	bitmap_set(slab->map, index);
	if (++slab->used == capacity)
		list_remove(&slab->node);
	heap.used_bytes += class_sizes[slab->class];
	return (char *)slab + SLAB_HEADER_SIZE + index * class_sizes[slab->class];
}

static void *small_alloc(unsigned class)
{
	struct slab *slab;
	void *object = NULL;

	spin_lock(&heap.lock);
	slab = slab_get(class);
	if (slab)
		object = slab_take(slab);
	spin_unlock(&heap.lock);
	return object;
}

static void small_free(struct slab *slab, size_t offset)
{
	unsigned size, index;

	spin_lock(&heap.lock);
	ASSERT(slab->magic == SLAB_MAGIC && offset >= SLAB_HEADER_SIZE);
	size = class_sizes[slab->class];
	index = (unsigned)(offset - SLAB_HEADER_SIZE) / size;
	ASSERT(offset == SLAB_HEADER_SIZE + index * size && bitmap_test(slab->map, index));
	bitmap_clear(slab->map, index);
	heap.used_bytes -= size;
	if (slab->used-- == slab_capacity(slab))
		list_add(&heap.partial[slab->class], &slab->node);
	if (!slab->used) {
		list_remove(&slab->node);
		slab->magic = 0;
		page_free(heap.pages, slab, 0);
	}
	spin_unlock(&heap.lock);
}

static void account_pages(uint64_t bytes)
{
	spin_lock(&heap.lock);
	heap.used_bytes += bytes;
	spin_unlock(&heap.lock);
}

static void *large_alloc(size_t size)
{
	unsigned order = page_order_for(size);
	void *block = page_alloc(heap.pages, order, PAGE_ZERO);

	if (block)
		account_pages(PAGE_SIZE << order);
	return block;
}

void *kalloc(size_t size)
{
	for (unsigned class = 0; class < ARRAY_SIZE(class_sizes); class++) {
		if (size <= class_sizes[class]) {
			void *object = small_alloc(class);

			return object ? memset(object, 0, class_sizes[class]) : NULL;
		}
	}
	return large_alloc(size);
}

void kfree(void *object)
{
	size_t offset = (uintptr_t)object & PAGE_MASK;
	unsigned order;

	if (!object)
		return;
	ASSERT(page_in_span(heap.pages, page_to_hpa(heap.pages, object)));
	if (offset) {
		small_free((struct slab *)((char *)object - offset), offset);
		return;
	}
	order = page_block_order(heap.pages, object);
	account_pages(0 - (PAGE_SIZE << order));
	page_free(heap.pages, object, order);
}

uint64_t kalloc_used_bytes(void)
{
	return READ_ONCE(heap.used_bytes);
}
