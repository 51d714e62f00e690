/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A radix tree: values by number, in memory that follows how many there are and not how large the
 * numbers are. It finds the pages of a file. Pure. Knuth, The Art of Computer Programming 3, 6.3.
 *
 * The tree's own slots hold the values themselves while all numbers are below RADIX_ROOT. For
 * greater ones it grows: each slot then leads to a node of 64 slots, a digit of the number each,
 * as in a page table. A node is there while there is a value below it.
 *
 * Memory for a node may come from a cache that gives pages back, and drops values of this very
 * tree: between two looks at it, anything but its being a tree may have changed.
 */
#ifndef LIB_RADIX_H
#define LIB_RADIX_H

#include "lib/types.h"

#define RADIX_ROOT	6UL		/* so that small files need no node */
#define RADIX_END	(RADIX_ROOT << 60)	/* numbers are below this */

struct radix {
	uintptr_t slot[RADIX_ROOT];
	uint32_t shift; /* bits of a number that nodes decode; 0: the slots are values */
};

/* radix_get() of a tree that has nodes. */
uintptr_t radix_find(const struct radix *tree, uint64_t index);

/* The value with that number; 0: there is none. */
static inline uintptr_t radix_get(const struct radix *tree, uint64_t index)
{
	if (tree->shift)
		return radix_find(tree, index);
	return index < RADIX_ROOT ? tree->slot[index] : 0;
}

/* Makes room for a value: if nobody touches the tree meanwhile, radix_set() does not fail. */
int radix_reserve(struct radix *tree, uint64_t index);
/* The value, not 0, is the number's, in place of what it had. -ENOMEM: no value has changed. */
int radix_set(struct radix *tree, uint64_t index, uintptr_t value);
/* The number's value, which it has no more, nor room for one; 0: it had none. */
uintptr_t radix_remove(struct radix *tree, uint64_t index);
/* Removes all values from `from` on, and gives each to drop(), which may not touch the tree. */
void radix_cut(struct radix *tree, uint64_t from, void (*drop)(uintptr_t value, void *context),
	       void *context);
/* The first value with *index or a greater number, which goes into *index; 0: there is none. */
uintptr_t radix_next(const struct radix *tree, uint64_t *index);

#endif
