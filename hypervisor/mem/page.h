/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page allocator: a buddy system over what is really free of the host's memory, in blocks of
 * 4 KiB to 1 GiB, each aligned to its size, so that it gives G-stage superpages as they are.
 *
 * An allocator is an instance with its own lock (the innermost of all: nothing is taken inside).
 * Memory is reached in a direct map: virtual address = physical address + offset.
 */
#ifndef MEM_PAGE_H
#define MEM_PAGE_H

#include <riscv/pte.h>

#include "lib/list.h"
#include "lib/lock.h"
#include "lib/types.h"

#define PAGE_ORDER_4K		0u
#define PAGE_ORDER_2M		(PAGE_2M_SHIFT - PAGE_SHIFT)
#define PAGE_ORDER_1G		(PAGE_1G_SHIFT - PAGE_SHIFT)
#define PAGE_ORDER_COUNT	(PAGE_ORDER_1G + 1)

/* Flags of page_alloc() */
#define PAGE_ZERO		1u
#define PAGE_RESERVED		2u	/* of what page_reserve() has set aside for the caller */

/* Physical memory from start up to, not including, end. */
struct page_range {
	hpa_t start, end;
};

struct page_allocator {
	uint64_t offset;		/* virtual - physical, modulo 2^64 */
	uint64_t first_page;		/* number of the span's first page */
	uint64_t page_count;		/* pages in the span, holes included */
	struct spinlock lock;

	/* under lock */
	uint8_t *state;			/* a byte a page: PAGE_STATE_* in page.c */
	uint64_t total_bytes;		/* all that was added */
	uint64_t free_bytes;
	uint64_t reserved_bytes;	/* of them, promised to somebody */
	uint64_t orders_free;		/* bit n: free[n] is not empty */
	struct list_head free[PAGE_ORDER_COUNT];
};

/* How many bytes of metadata an allocator needs for a span (a byte a page, whole pages). */
size_t page_metadata_bytes(struct page_range span);

/*
 * Prepares an empty allocator for memory that lies in span. metadata is page_metadata_bytes(span)
 * long, stays the allocator's, and may itself lie in span if it is never added.
 */
void page_init(struct page_allocator *pages, struct page_range span, uint64_t offset,
	       void *metadata);

/*
 * Gives all whole pages of range that no reserved range touches to the allocator; reserved ranges
 * may overlap, be unsorted, empty, and end inside a page. Returns 0, or -EINVAL if range is not in
 * the allocator's span or holds a page that was added before (nothing is added then).
 */
int page_add_range(struct page_allocator *pages, struct page_range range,
		   const struct page_range *reserved, size_t reserved_count);

/*
 * Finds room for size bytes (such as the metadata) at the first multiple of align in range that no
 * reserved range touches; align is a power of two. Returns false if there is none.
 */
bool page_find_room(struct page_range range, const struct page_range *reserved,
		    size_t reserved_count, uint64_t size, uint64_t align, hpa_t *start);

/*
 * Allocates 2^order pages, aligned to their size; with PAGE_ZERO they are cleared, else they hold
 * what they held. Returns their virtual address, or NULL if there is no such block (also for an
 * order that does not exist), or if what is free is reserved.
 */
void *page_alloc(struct page_allocator *pages, unsigned order, unsigned flags);

/*
 * Frees a block with the order that it was allocated with. That is asserted: a block that is not
 * allocated, twice freed, or of another order stops the machine.
 */
void page_free(struct page_allocator *pages, void *block, unsigned order);

/*
 * Sets bytes of the free memory aside: only page_alloc(PAGE_RESERVED) gets them, a page at a time,
 * and always does; the caller counts what is his. Returns false if not so many are free.
 */
bool page_reserve(struct page_allocator *pages, uint64_t bytes);
/* Gives back what was reserved and not allocated. */
void page_unreserve(struct page_allocator *pages, uint64_t bytes);
/* Frees a page that was reserved, which it is again. */
void page_free_reserved(struct page_allocator *pages, void *block);

/* The order of an allocated block, by its first page; anything else fails an assertion. */
unsigned page_block_order(struct page_allocator *pages, const void *block);

/* What is free for everybody, without what is reserved. */
uint64_t page_free_bytes(struct page_allocator *pages);
/* Free or not: all that the allocator has been given. */
uint64_t page_total_bytes(struct page_allocator *pages);

/* What is free, but reserved: for somebody, and not in page_free_bytes(). */
uint64_t page_promised_bytes(struct page_allocator *pages);

/* Whether an address is in the allocator's span (it may still be a hole). */
bool page_in_span(const struct page_allocator *pages, hpa_t address);

/* The smallest order whose blocks hold size bytes; PAGE_ORDER_COUNT if none does. */
unsigned page_order_for(uint64_t size_bytes);

static inline hpa_t page_to_hpa(const struct page_allocator *pages, const void *address)
{
	return HPA((uint64_t)(uintptr_t)address - pages->offset);
}

static inline void *page_from_hpa(const struct page_allocator *pages, hpa_t address)
{
	return (void *)(uintptr_t)(address.v + pages->offset);
}

#endif
