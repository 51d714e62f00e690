/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small objects: one free list for each power of two, pages taken as needed and given back.
 * No specification: a plain segregated-fit allocator.
 */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include "lib/types.h"

/* Zeroed memory, aligned to 16; NULL if there is none. */
void *heap_alloc(size_t size);
/* A page with whatever is in it; NULL if there is none. */
void *heap_alloc_page(void);
/* NULL is allowed. */
void heap_free(void *object);
void heap_init(void);

/* What is taken of one size, for /proc/slabinfo. */
struct heap_usage {
	size_t object_bytes;	/* PAGE_SIZE for the last one: whatever has pages of its own */
	size_t used, all;	/* objects; pages in the last one */
};
/* The sizes from 0 on; false: there are no more. */
bool heap_usage_at(size_t index, struct heap_usage *usage);
/* All pages that the heap has. */
size_t heap_page_count(void);

#endif
