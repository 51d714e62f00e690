/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software walk of a guest's Sv39 page tables, permission check, and update of A and D.
 * RISC-V privileged specification, "Virtual Address Translation Process" and "Sv39".
 */
#ifndef MEM_WALK_H
#define MEM_WALK_H

#include <riscv/pte.h>

#include "lib/guest_trap.h"
#include "lib/types.h"

/* What an access is for; the order is that of the causes in walk_trap(). */
enum walk_access {
	WALK_FETCH,
	WALK_LOAD,
	WALK_STORE,
};

enum walk_status {
	WALK_OK = 0,
	WALK_PAGE_FAULT,
	WALK_ACCESS_FAULT,	/* a PTE outside guest RAM */
};

struct walk_ops {
	/*
	 * The host address of the naturally aligned 8 bytes of guest RAM at gpa, or NULL if that is
	 * not guest RAM. gpa has up to 56 bits and is the guest's choice.
	 */
	uint64_t *(*read_pte)(void *ctx, gpa_t gpa);
};

struct walk_result {
	uint64_t pte;		/* the leaf, as read */
	uint64_t *pte_host;	/* where it was read, for walk_set_ad() */
	gpa_t pte_gpa;
	gpa_t gpa;		/* of the address that was walked */
	unsigned level;		/* of the leaf: 0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB */
	uint64_t global;	/* PTE_G if the leaf, or a pointer to it, has it; else 0 */
};

/* Whether bits 63:39 of an address equal its bit 38. */
static inline bool walk_canonical(gva_t gva)
{
	return (uint64_t)((int64_t)(gva.v << (64 - SV39_VA_BITS)) >> (64 - SV39_VA_BITS)) == gva.v;
}

/*
 * Walks the tables of satp (its MODE must be Sv39 and is not looked at) down to the leaf of gva.
 * Every PTE is read once. Permissions, A and D are not looked at. *out is whole only upon WALK_OK;
 * after a fault its pte, pte_gpa and level say where the walk stopped (zero if it never began).
 */
enum walk_status walk_sv39(const struct walk_ops *ops, void *ctx, uint64_t satp, gva_t gva,
			   struct walk_result *out);

/*
 * Whether a leaf lets S-mode (supervisor) or U-mode do this access under SUM and MXR. A and D are
 * not looked at.
 */
bool walk_permits(uint64_t pte, enum walk_access access, bool supervisor, bool sum, bool mxr);

/* The bits among A and D that an access needs and the leaf does not have. */
static inline uint64_t walk_missing_ad(uint64_t pte, enum walk_access access)
{
	return ~pte & (access == WALK_STORE ? PTE_A | PTE_D : PTE_A);
}

/*
 * Sets bits (of A and D) in the guest's PTE at pte_host in one atomic step, if it still is seen.
 * Returns whether it was: if not, the walk must be done again.
 */
bool walk_set_ad(uint64_t *pte_host, uint64_t seen, uint64_t bits);

/* The trap that a fault of this kind of access at gva raises; status is not WALK_OK. */
void walk_trap(enum walk_status status, enum walk_access access, gva_t gva,
	       struct guest_trap *out);

#endif
