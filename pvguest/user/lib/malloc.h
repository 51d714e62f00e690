/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap: first fit over one list of blocks, grown by brk.
 * C standard 7.22.3; one thread only.
 */
#ifndef PVGUEST_USER_MALLOC_H
#define PVGUEST_USER_MALLOC_H

#include <stddef.h>

/* 16-byte aligned, or NULL. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);

#endif
