/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of shadow page tables: private to mem/shadow.c and mem/shadow_fill.c.
 * RISC-V privileged specification, "Sv39" and "Supervisor Memory-Management Fence Instruction".
 *
 * Both roots of a context point to the same tables wherever only kernel pages were filled; the
 * first user page in a 1 GiB slot gives the SUM = 1 root a table of its own there (SHADOW_PRIVATE).
 *
 * Tables are freed, and unlinked mostly, with their whole context: other changes are of leaves.
 * Fences: a valid leaf that changes is fenced by address; anything more by ASID. A leaf that was
 * invalid needs none: at worst the same access faults once more. A context that is not the current
 * one may be dropped without a fence, because its ASIDs are fenced before they are used again.
 */
#ifndef MEM_SHADOW_TABLES_H
#define MEM_SHADOW_TABLES_H

#include "mem/shadow.h"

/*
 * Software bits of pointers. SHADOW_FRAGMENTS: below are leaves that were made of a guest leaf at
 * least as large as what this entry covers, so a fence of any address in it concerns all of them.
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

static inline uint64_t shadow_asid(const struct shadow *s, const struct shadow_context *c,
				   unsigned sum)
{
	return s->asid_first + 2 * (uint64_t)(c - s->contexts) + sum;
}

/* The leaf of gva changed in a context: fence it in both its roots. */
void shadow_fence_leaf(struct shadow *s, const struct shadow_context *c, gva_t gva);

/* A pointer, or many leaves, changed in a context. */
void shadow_fence_context(struct shadow *s, const struct shadow_context *c);

/*
 * Make room in an exhausted pool: drop the least recently used context, never keep or the current
 * one; if there is none, empty the current one. Returns whether anything was freed.
 */
bool shadow_reclaim(struct shadow *s, const struct shadow_context *keep);

#endif
