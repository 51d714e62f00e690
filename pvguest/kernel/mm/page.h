/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages: a buddy allocator, and a count of users for each page.
 * Knuth, The Art of Computer Programming 1, 2.5, "buddy system".
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <riscv/pte.h>

#include "lib/list.h"
#include "mm/layout.h"

#define PAGE_ORDERS	11

struct page {
	struct list link;	/* while free; or whatever the owner likes */
	uint32_t users;		/* 0: free */
	uint8_t order;		/* of the block that begins here */
	uint8_t slab;		/* log2 of the object size, if the page holds small objects */
	uint16_t slab_used;
};

extern struct page *page_array;
extern uint64_t page_base_pa;

static inline struct page *page_of_pa(uint64_t pa)
{
	return &page_array[(pa - page_base_pa) >> PAGE_SHIFT];
}

static inline uint64_t page_to_pa(const struct page *page)
{
	return page_base_pa + ((uint64_t)(page - page_array) << PAGE_SHIFT);
}

static inline void *page_to_virt(const struct page *page)
{
	return phys_to_virt(page_to_pa(page));
}

/* va: in the direct map or in the image. */
static inline struct page *page_of(const void *va)
{
	return page_of_pa(virt_to_phys(va));
}

/* Takes over the memory of `info` without what is in use. */
void page_init(void);
/* 2^order pages, aligned to their size, contents undefined, one user; NULL if there are none. */
struct page *page_alloc(unsigned int order);
struct page *page_alloc_zeroed(void);
/*
 * The same for what programs ask for: NULL already while the kernel still has some pages, so that
 * calls that give memory back do not fail for the lack of a buffer.
 */
struct page *page_alloc_user(unsigned int order);
struct page *page_alloc_user_zeroed(void);
/* So little is left that nothing new should begin: what runs needs the rest. */
bool page_is_low(void);
static inline void page_get(struct page *page)
{
	page->users++;
}
/* One user less; the last one frees the block. */
void page_put(struct page *page);
/* Called when pages run out; gives back up to so many, how many in fact. Must not sleep. */
struct page_shrinker {
	struct page_shrinker *next;
	size_t (*shrink)(size_t pages);
};
void page_add_shrinker(struct page_shrinker *shrinker);
size_t page_free_count(void);
size_t page_total_count(void);

#endif
