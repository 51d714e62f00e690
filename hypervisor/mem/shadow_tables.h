/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of shadow page tables: private to mem/shadow.c and mem/shadow_fill.c.
 * RISC-V privileged specification, "Sv39" and "Supervisor Memory-Management Fence Instruction".
 *
 * A 1 GiB slot of a root is shared or the context's own. Shared slots hold the guest's global
 * kernel mappings, and nothing else, in tables that all roots of all contexts point to: whatever
 * is filled there is there in every address space. A slot becomes a context's own with the first
 * page in it that is not global or is a user's, and is then filled anew. Invariant: the entry of a
 * slot that is not the context's own equals shadow_shared(), in every root there is.
 *
 * Both roots of a context point to the same own table wherever only kernel pages were filled; the
 * first user page in a slot gives the SUM = 1 root a table of its own there (SHADOW_PRIVATE).
 *
 * Tables are unlinked, and freed, all at once: those of a context, or the shared ones. Other
 * changes are of leaves, or put a table in a place that had none.
 * Fences: a valid leaf that changes is fenced by address; anything more by ASID; if it is shared,
 * under all ASIDs. A leaf that was invalid needs none: at worst the same access faults once more.
 * A context that is not the current one may be dropped without a fence, because its ASIDs are
 * fenced before they are used again.
 */
#ifndef MEM_SHADOW_TABLES_H
#define MEM_SHADOW_TABLES_H

#include "mem/shadow.h"

/*
 * Software bits of pointers. SHADOW_FRAGMENTS: below are leaves that were made of a guest leaf at
 * least as large as what this entry covers, so a fence of any address in it concerns all of them.
 * Of a shared slot only s->global's entry has it.
 */
#define SHADOW_FRAGMENTS	(RISCV_UL(1) << 8)
#define SHADOW_PRIVATE		(RISCV_UL(1) << 9)
/* Shadow leaves are for VU-mode, and never make hardware set A or D. */
#define SHADOW_LEAF		(PTE_V | PTE_U | PTE_A | PTE_D)

static inline bool shadow_is_pointer(uint64_t pte)
{
	return (pte & PTE_V) && !PTE_IS_LEAF(pte);
}

static inline uint64_t *shadow_table(const struct shadow *s, uint64_t pte)
{
	return ptpool_page(&s->pool, PTE_TO_PA(pte));
}

static inline uint64_t shadow_pointer(const struct shadow *s, const uint64_t *table)
{
	return PA_TO_PTE(ptpool_gpa(&s->pool, table)) | PTE_V;
}

/* The entry of a slot in the roots of all contexts that have nothing of their own there. */
static inline uint64_t shadow_shared(const struct shadow *s, unsigned slot)
{
	return s->global[slot] & ~SHADOW_FRAGMENTS;
}

static inline uint64_t shadow_asid(const struct shadow *s, const struct shadow_context *c,
				   unsigned sum)
{
	return s->asid_first + 2 * (uint64_t)(c - s->contexts) + sum;
}

/* The leaf of gva changed in a context, or a shared one (c = NULL): fence it in all its roots. */
void shadow_fence_leaf(struct shadow *s, const struct shadow_context *c, gva_t gva);

/* A pointer, or many leaves, changed in a context, or in what is shared (c = NULL). */
void shadow_fence_context(struct shadow *s, const struct shadow_context *c);

/*
 * Make room in an exhausted pool: free the least recently used context, never keep or the current
 * one; if there is none, empty the current one and what is shared. Returns whether anything was
 * freed.
 */
bool shadow_reclaim(struct shadow *s, const struct shadow_context *keep);

#endif
