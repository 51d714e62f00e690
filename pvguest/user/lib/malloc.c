/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap: first fit over one list of blocks in address order, grown by brk.
 * C standard 7.22.3; one thread only.
 */
#include "malloc.h"

#include <stdbool.h>
#include <stdint.h>

#include "string.h"
#include "syscall.h"

#define HEAP_GROW	0x10000UL
#define HEAP_MAX	(1UL << 40)	/* larger requests overflow nothing, they just fail */

struct block {
	size_t size;		/* of the bytes behind this header, a multiple of 16 */
	bool used;
	struct block *next;	/* the block behind, NULL for the last */
	uint64_t pad;		/* keeps the header a multiple of 16 */
};

static struct block *heap_first, *heap_last;

/* Joins a free block with the free ones behind it. */
static void block_join(struct block *block)
{
	while (block->next != NULL && !block->next->used) {
		block->size += sizeof(struct block) + block->next->size;
		block->next = block->next->next;
	}
	if (block->next == NULL)
		heap_last = block;
}

/* A new free block at the end of the heap, or NULL. */
static struct block *heap_grow(size_t size)
{
	uintptr_t start = (uintptr_t)sys_brk(NULL);
	uintptr_t base = (start + 15) & ~15UL;
	size_t total = (size + sizeof(struct block) + HEAP_GROW - 1) & ~(HEAP_GROW - 1);
	struct block *block = (struct block *)base;

	if ((uintptr_t)sys_brk((void *)(base + total)) != base + total)
		return NULL;
	*block = (struct block){ .size = total - sizeof(struct block) };
	if (heap_last != NULL)
		heap_last->next = block;
	else
		heap_first = block;
	heap_last = block;
	return block;
}

/* Leaves `size` bytes in the block and makes what is behind them a free block, if that pays. */
static void block_split(struct block *block, size_t size)
{
	struct block *rest;

	if (block->size < size + sizeof(struct block) + 16)
		return;
	rest = (struct block *)((char *)(block + 1) + size);
	*rest = (struct block){
		.size = block->size - size - sizeof(struct block),
		.next = block->next,
	};
	block->size = size;
	block->next = rest;
	if (heap_last == block)
		heap_last = rest;
}

void *malloc(size_t size)
{
	struct block *block;

	if (size > HEAP_MAX)
		return NULL;
	size = size == 0 ? 16 : (size + 15) & ~15UL;
	for (block = heap_first; block != NULL; block = block->next) {
		if (!block->used && block->size >= size)
			break;
	}
	if (block == NULL)
		block = heap_grow(size);
	if (block == NULL)
		return NULL;
	block_split(block, size);
	block->used = true;
	return block + 1;
}

void *calloc(size_t count, size_t size)
{
	void *block;

	if (size != 0 && count > HEAP_MAX / size)
		return NULL;
	block = malloc(count * size);
	if (block != NULL)
		memset(block, 0, count * size);
	return block;
}

void *realloc(void *old, size_t size)
{
	struct block *block;
	void *new;

	if (old == NULL)
		return malloc(size);
	block = (struct block *)old - 1;
	if (size <= block->size)
		return old;
	new = malloc(size);
	if (new == NULL)
		return NULL;
	memcpy(new, old, block->size);
	free(old);
	return new;
}

void free(void *memory)
{
	struct block *block;

	if (memory == NULL)
		return;
	block = (struct block *)memory - 1;
	block->used = false;
	for (block = heap_first; block != NULL; block = block->next) {
		if (!block->used)
			block_join(block);
	}
}
