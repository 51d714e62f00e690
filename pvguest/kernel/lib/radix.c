/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A radix tree of values by number; lib/radix.h says how it looks.
 * Knuth, The Art of Computer Programming 3, 6.3, "digital searching".
 */
#include "lib/radix.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define RADIX_SHIFT	 6U /* bits in a digit */
#define RADIX_SLOTS	 (1U << RADIX_SHIFT)
#define RADIX_DEPTH_MAX	 10U /* nodes on the way to the value with the greatest number */

struct radix_node {
	uintptr_t slot[RADIX_SLOTS];
};

static bool radix_covers(const struct radix *tree, uint64_t index)
{
	return index >> tree->shift < RADIX_ROOT;
}

static struct radix_node *radix_node(uintptr_t slot)
{
	return (struct radix_node *)slot;
}

/* The slot of the node behind `slot` for the digit that has `shift` bits below it. */
static uintptr_t *radix_below(uintptr_t slot, uint64_t index, uint32_t shift)
{
	return &radix_node(slot)->slot[index >> shift & (RADIX_SLOTS - 1)];
}

static bool radix_is_empty(const uintptr_t *slots, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (slots[i])
			return false;
	return true;
}

uintptr_t radix_find(const struct radix *tree, uint64_t index)
{
	uint32_t shift = tree->shift;
	uintptr_t slot;

	if (!radix_covers(tree, index))
		return 0;
	slot = tree->slot[index >> shift];
	while (shift && slot) {
		shift -= RADIX_SHIFT;
		slot = *radix_below(slot, index, shift);
	}
	return slot;
}

/* What the tree has becomes the beginning of the new node, and that its first slot. */
static void radix_grow(struct radix *tree, struct radix_node *node)
{
	memcpy(node->slot, tree->slot, sizeof(tree->slot));
	memset(tree->slot, 0, sizeof(tree->slot));
	tree->slot[0] = (uintptr_t)node;
	tree->shift += RADIX_SHIFT;
}

/*
 * The slot of a number, as far as there are nodes: *shift is 0, or its bits that nodes are missing
 * for. NULL: the tree has not grown that far.
 */
static uintptr_t *radix_slot(const struct radix *tree, uint64_t index, uint32_t *shift)
{
	uintptr_t *slot;

	if (!radix_covers(tree, index))
		return NULL;
	slot = (uintptr_t *)&tree->slot[index >> tree->shift];
	for (*shift = tree->shift; *shift && *slot; *shift -= RADIX_SHIFT)
		slot = radix_below(*slot, index, *shift - RADIX_SHIFT);
	return slot;
}

/* One node more on the way to a number; false: no memory. */
static bool radix_extend(struct radix *tree, uint64_t index)
{
	struct radix_node *node = heap_alloc(sizeof(*node));
	uintptr_t *slot;
	uint32_t shift;

	if (!node)
		return false;
	/* Asking for memory may have changed where it belongs. */
	slot = radix_slot(tree, index, &shift);
	if (slot && shift)
		*slot = (uintptr_t)node;
	else if (!slot && !radix_is_empty(tree->slot, RADIX_ROOT))
		radix_grow(tree, node);
	else
		heap_free(node);
	return true;
}

/* The slot of a number, with all nodes on the way to it; NULL: no memory. */
static uintptr_t *radix_build(struct radix *tree, uint64_t index)
{
	uintptr_t *slot;
	uint32_t shift;

	if (index >= RADIX_END)
		return NULL;
	do {
		/* As long as nothing is in it, growing takes no nodes. */
		while (!radix_covers(tree, index) && radix_is_empty(tree->slot, RADIX_ROOT))
			tree->shift += RADIX_SHIFT;
		slot = radix_slot(tree, index, &shift);
		if (slot && !shift)
			return slot;
	} while (radix_extend(tree, index));
	radix_remove(tree, index);
	return NULL;
}

static uintptr_t *radix_make(struct radix *tree, uint64_t index)
{
	if (!tree->shift && index < RADIX_ROOT)
		return &tree->slot[index];
	return radix_build(tree, index);
}

int radix_reserve(struct radix *tree, uint64_t index)
{
	return radix_make(tree, index) ? 0 : -ENOMEM;
}

int radix_set(struct radix *tree, uint64_t index, uintptr_t value)
{
	uintptr_t *slot = radix_make(tree, index);

	if (!slot)
		return -ENOMEM;
	*slot = value;
	return 0;
}

uintptr_t radix_remove(struct radix *tree, uint64_t index)
{
	uintptr_t *way[RADIX_DEPTH_MAX + 1], value = 0;
	uint32_t depth = 0, shift = tree->shift;

	if (!radix_covers(tree, index))
		return 0;
	way[0] = &tree->slot[index >> shift];
	for (; shift && *way[depth]; depth++) {
		shift -= RADIX_SHIFT;
		way[depth + 1] = radix_below(*way[depth], index, shift);
	}
	if (!shift) {
		value = *way[depth];
		*way[depth] = 0;
	}
	/* Nodes that have nothing below them any more, from below. */
	while (depth-- && radix_is_empty(radix_node(*way[depth])->slot, RADIX_SLOTS)) {
		heap_free(radix_node(*way[depth]));
		*way[depth] = 0;
	}
	if (radix_is_empty(tree->slot, RADIX_ROOT))
		tree->shift = 0;
	return value;
}

/* What one pass of radix_cut() takes along. */
struct radix_cut {
	void (*drop)(uintptr_t value, void *context);
	void *context;
};

/* Slots that have `shift` bits of a number below each; `from` is counted from the first one's. */
static void radix_cut_slots(uintptr_t *slots, uint32_t count, uint32_t shift, uint64_t from,
			    const struct radix_cut *cut)
{
	for (uint64_t i = from >> shift; i < count; i++, from = 0) {
		if (!slots[i])
			continue;
		if (!shift) {
			cut->drop(slots[i], cut->context);
			slots[i] = 0;
			continue;
		}
		from &= (1UL << shift) - 1;
		radix_cut_slots(radix_node(slots[i])->slot, RADIX_SLOTS, shift - RADIX_SHIFT, from,
				cut);
		if (from && !radix_is_empty(radix_node(slots[i])->slot, RADIX_SLOTS))
			continue;
		heap_free(radix_node(slots[i]));
		slots[i] = 0;
	}
}

void radix_cut(struct radix *tree, uint64_t from, void (*drop)(uintptr_t value, void *context),
	       void *context)
{
	struct radix_cut cut = { drop, context };

	radix_cut_slots(tree->slot, RADIX_ROOT, tree->shift, from, &cut);
	if (tree->shift && radix_is_empty(tree->slot, RADIX_ROOT))
		tree->shift = 0;
}

uintptr_t radix_next(const struct radix *tree, uint64_t *index)
{
	uint64_t at = *index;
	uint32_t shift;

	while (radix_covers(tree, at)) {
		const uintptr_t *slot = radix_slot(tree, at, &shift);

		if (*slot) {
			*index = at;
			return *slot;
		}
		/* There is nothing with the same digits before these. */
		at = ALIGN_DOWN(at, 1UL << shift) + (1UL << shift);
	}
	return 0;
}
