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
	bool global;			/* G = 1 in it, or in a pointer on the way */
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

static inline void softtlb_remember(struct softtlb_list *list, struct softtlb_entry entry)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->entries[i].value == entry.value &&
		    list->entries[i].level == entry.level &&
		    list->entries[i].global == entry.global)
			return;
	}
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 8;
		list->entries = realloc(list->entries, list->room * sizeof(*list->entries));
	}
	list->entries[list->count++] = entry;
}

/* One walk from a table, which at.value and at.level tell; all that it meets is remembered. */
static inline void softtlb_walk(struct softtlb *tlb, unsigned tag, unsigned a,
				struct softtlb_entry at)
{
	struct softtlb_cell *cell = &tlb->cells[tag][a];

	for (;; at.level--) {
		unsigned level = at.level, bits = level == 2 ? tlb->root_bits : 9;
		uint64_t index = tlb->addresses[a] >> (12 + 9 * level) & ((1UL << bits) - 1);
		const uint64_t *pte = tlb->read(tlb->ctx, at.value + 8 * index);

		if (!pte)
			return;
		if (!(*pte & PTE_V) || (tlb->valid && !tlb->valid(*pte, level))) {
			cell->no_leaf = cell->no_leaf || level == 0;
			cell->no_table = cell->no_table || level > 0;
			return;
		}
		at.global = at.global || (*pte & PTE_G);
		if (PTE_IS_LEAF(*pte)) {
			at.value = *pte;
			softtlb_remember(&cell->leaves, at);
			return;
		}
		if (level == 0)
			return;
		at.value = PTE_TO_PA(*pte);
		if (tlb->tables_cached)
			softtlb_remember(&cell->tables, (struct softtlb_entry){
				.value = at.value, .level = level - 1, .global = at.global,
			});
	}
}

/* Walk everything that the hardware could: from the root, and from each pointer ever seen. */
static inline void softtlb_speculate(struct softtlb *tlb, unsigned tag, uint64_t root)
{
	for (unsigned a = 0; a < tlb->address_count; a++) {
		softtlb_walk(tlb, tag, a, (struct softtlb_entry){ .value = root, .level = 2 });
		for (unsigned i = 0; i < tlb->cells[tag][a].tables.count; i++) {
			/* a copy, for the list may grow */
			softtlb_walk(tlb, tag, a, tlb->cells[tag][a].tables.entries[i]);
		}
	}
}

/* Whether an entry of a list survives a fence of one address: only leaves that cover it do not. */
static inline bool softtlb_survives(const struct softtlb *tlb, unsigned a,
				    struct softtlb_entry leaf, uint64_t address)
{
	unsigned shift = 12 + 9 * leaf.level;

	return address >> shift != tlb->addresses[a] >> shift;
}

/* A fence with an address: leaves that cover it, no tables. One of an ASID may keep global ones. */
static inline void softtlb_fence_address(struct softtlb *tlb, unsigned tag, uint64_t address,
					 bool keep_global)
{
	for (unsigned a = 0; a < tlb->address_count; a++) {
		struct softtlb_cell *cell = &tlb->cells[tag][a];
		struct softtlb_list *list = &cell->leaves;
		unsigned kept = 0;

		for (unsigned i = 0; i < list->count; i++) {
			struct softtlb_entry leaf = list->entries[i];

			if ((keep_global && leaf.global) || softtlb_survives(tlb, a, leaf, address))
				list->entries[kept++] = leaf;
		}
		list->count = kept;
		if (address >> 12 == tlb->addresses[a] >> 12)
			cell->no_leaf = false;
	}
}

static inline void softtlb_keep_global(struct softtlb_list *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->count; i++) {
		if (list->entries[i].global)
			list->entries[kept++] = list->entries[i];
	}
	list->count = kept;
}

/* A fence of a tag. "Accesses to global mappings are not ordered" by one of an ASID. */
static inline void softtlb_fence_tag(struct softtlb *tlb, unsigned tag, bool keep_global)
{
	for (unsigned a = 0; a < tlb->address_count; a++) {
		struct softtlb_cell *cell = &tlb->cells[tag][a];

		if (keep_global) {
			softtlb_keep_global(&cell->leaves);
			softtlb_keep_global(&cell->tables);
		} else {
			cell->leaves.count = cell->tables.count = 0;
		}
		cell->no_leaf = cell->no_table = false;
	}
}

static inline void softtlb_fence_all(struct softtlb *tlb)
{
	for (unsigned tag = 0; tag < SOFTTLB_TAGS; tag++)
		softtlb_fence_tag(tlb, tag, false);
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
