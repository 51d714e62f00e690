/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software TLB that forgets nothing until it is fenced. It stands for the worst hardware that
 * the specification allows: it walks speculatively at any moment, caches leaves, pointers to
 * tables and also that there was nothing, walks on from any cached pointer, and for an access uses
 * whichever of all these is worst. RISC-V privileged specification, SFENCE.VMA and HFENCE.GVMA.
 *
 * To be exhaustive it knows the addresses of interest beforehand and walks them all each time.
 */
#ifndef UNIT_SOFTTLB_H
#define UNIT_SOFTTLB_H

#include "test.h"

#include <riscv/pte.h>

#define SOFTTLB_ADDRESSES	32
#define SOFTTLB_TAGS		128

struct softtlb_entry {
	uint64_t value;			/* a leaf PTE; or the address of a table */
	unsigned level;			/* of the leaf; of the table */
};

struct softtlb_list {
	struct softtlb_entry *entries;
	unsigned count, room;
};

/* What is cached for one address under one tag. */
struct softtlb_cell {
	struct softtlb_list leaves, tables;
	bool no_leaf, no_table;		/* an invalid PTE was seen at level 0; above it */
};

struct softtlb {
	/* the PTE at an address, or NULL if the walker reads nothing there */
	const uint64_t *(*read)(void *ctx, uint64_t pa);
	void *ctx;
	/* whether a PTE with V set is one at its level; NULL: all are */
	bool (*valid)(uint64_t pte, unsigned level);
	unsigned root_bits;		/* index bits of a root: 9, or 11 for Sv39x4 */
	bool tables_cached;
	unsigned address_count;
	uint64_t addresses[SOFTTLB_ADDRESSES];
	/* by tag: an ASID or VMID, or any small number */
	struct softtlb_cell cells[SOFTTLB_TAGS][SOFTTLB_ADDRESSES];
};

static inline void softtlb_remember(struct softtlb_list *list, uint64_t value, unsigned level)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->entries[i].value == value && list->entries[i].level == level)
			return;
	}
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 8;
		list->entries = realloc(list->entries, list->room * sizeof(*list->entries));
	}
	list->entries[list->count++] = (struct softtlb_entry){ value, level };
}

/* One walk from the table of a level; all that it meets is remembered. */
static inline void softtlb_walk(struct softtlb *tlb, unsigned tag, unsigned a, uint64_t table,
				unsigned level)
{
	struct softtlb_cell *cell = &tlb->cells[tag][a];

	for (;; level--) {
		unsigned bits = level == 2 ? tlb->root_bits : 9;
		uint64_t index = tlb->addresses[a] >> (12 + 9 * level) & ((1UL << bits) - 1);
		const uint64_t *pte = tlb->read(tlb->ctx, table + 8 * index);

		if (!pte)
			return;
		if (!(*pte & PTE_V) || (tlb->valid && !tlb->valid(*pte, level))) {
			cell->no_leaf = cell->no_leaf || level == 0;
			cell->no_table = cell->no_table || level > 0;
			return;
		}
		if (PTE_IS_LEAF(*pte)) {
			softtlb_remember(&cell->leaves, *pte, level);
			return;
		}
		if (level == 0)
			return;
		table = PTE_TO_PA(*pte);
		if (tlb->tables_cached)
			softtlb_remember(&cell->tables, table, level - 1);
	}
}

/* Walk everything that the hardware could: from the root, and from each pointer ever seen. */
static inline void softtlb_speculate(struct softtlb *tlb, unsigned tag, uint64_t root)
{
	for (unsigned a = 0; a < tlb->address_count; a++) {
		softtlb_walk(tlb, tag, a, root, 2);
		for (unsigned i = 0; i < tlb->cells[tag][a].tables.count; i++) {
			struct softtlb_entry entry = tlb->cells[tag][a].tables.entries[i];

			softtlb_walk(tlb, tag, a, entry.value, entry.level);
		}
	}
}

/* A fence with an address: leaves that cover it, no tables. */
static inline void softtlb_fence_address(struct softtlb *tlb, unsigned tag, uint64_t address)
{
	for (unsigned a = 0; a < tlb->address_count; a++) {
		struct softtlb_cell *cell = &tlb->cells[tag][a];
		struct softtlb_list *list = &cell->leaves;
		unsigned kept = 0;

		for (unsigned i = 0; i < list->count; i++) {
			unsigned shift = 12 + 9 * list->entries[i].level;

			if (address >> shift != tlb->addresses[a] >> shift)
				list->entries[kept++] = list->entries[i];
		}
		list->count = kept;
		if (address >> 12 == tlb->addresses[a] >> 12)
			cell->no_leaf = false;
	}
}

static inline void softtlb_fence_tag(struct softtlb *tlb, unsigned tag)
{
	for (unsigned a = 0; a < tlb->address_count; a++) {
		struct softtlb_cell *cell = &tlb->cells[tag][a];

		cell->leaves.count = cell->tables.count = 0;
		cell->no_leaf = cell->no_table = false;
	}
}

static inline void softtlb_fence_all(struct softtlb *tlb)
{
	for (unsigned tag = 0; tag < SOFTTLB_TAGS; tag++)
		softtlb_fence_tag(tlb, tag);
}

static inline uint64_t softtlb_leaf_pa(const struct softtlb *tlb, unsigned a,
				       struct softtlb_entry leaf)
{
	uint64_t mask = (1UL << (12 + 9 * leaf.level)) - 1;

	return (PTE_TO_PA(leaf.value) & ~mask) | (tlb->addresses[a] & mask);
}

static inline void softtlb_destroy(struct softtlb *tlb)
{
	for (unsigned tag = 0; tag < SOFTTLB_TAGS; tag++) {
		for (unsigned a = 0; a < SOFTTLB_ADDRESSES; a++) {
			free(tlb->cells[tag][a].leaves.entries);
			free(tlb->cells[tag][a].tables.entries);
		}
	}
	memset(tlb, 0, sizeof(*tlb));
}

#endif
