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
/* NULL is allowed. */
void heap_free(void *object);
void heap_init(void);

#endif
