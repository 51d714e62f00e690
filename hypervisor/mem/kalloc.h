/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small objects: size classes carved out of single pages, and whole blocks of pages above them.
 * One heap for the hypervisor, on top of one page allocator.
 */
#ifndef MEM_KALLOC_H
#define MEM_KALLOC_H

#include "lib/types.h"
#include "mem/page.h"

/* Called once by boot, before the other harts run. */
void kalloc_init(struct page_allocator *pages);

/* The page allocator under the heap: the host's memory. */
struct page_allocator *kalloc_pages(void);

/*
 * Returns size zeroed bytes, aligned to 16 (to the page from 2017 bytes on), or NULL when there is
 * no memory, which is an error to be passed on and never a panic. A size of 0 gives an object.
 */
void *kalloc(size_t size) __attribute__((malloc, alloc_size(1)));

/* Frees what kalloc() returned; NULL is nothing. What it did not return fails an assertion. */
void kfree(void *object);

/* Bytes in objects, rounded up to their classes: by it the tests tell a leak. */
uint64_t kalloc_used_bytes(void);

#endif
