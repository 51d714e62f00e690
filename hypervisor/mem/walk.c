/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software walk of a guest's Sv39 page tables, permission check, and update of A and D.
 * RISC-V privileged specification, "Virtual Address Translation Process" and "Sv39".
 */
#include "mem/walk.h"

/* No Svnapot, no Svpbmt: their bits are as reserved as the others. */
#define PTE_MUST_BE_ZERO	(PTE_N | PTE_PBMT | PTE_RESERVED)

/* Step 3 of the process: neither a leaf nor a pointer. */
static bool pte_is_invalid(uint64_t pte)
{
	return !(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || (pte & PTE_MUST_BE_ZERO) != 0;
}

enum walk_status walk_sv39(const struct walk_ops *ops, void *ctx, uint64_t satp, gva_t gva,
			   struct walk_result *out)
{
	uint64_t table = (satp & SATP_PPN_MASK) << PAGE_SHIFT;

	*out = (struct walk_result){ 0 };
	if (!walk_canonical(gva))
		return WALK_PAGE_FAULT;
	for (unsigned level = SV39_LEVELS; level-- > 0;) {
		uint64_t span = RISCV_UL(1) << SV39_SHIFT(level);
		uint64_t offset = gva.v & (span - 1);

		out->level = level;
		out->pte_gpa = GPA(table + 8 * SV39_INDEX(gva.v, level));
		out->pte_host = ops->read_pte(ctx, out->pte_gpa);
		if (!out->pte_host)
			return WALK_ACCESS_FAULT;
		/* once: the guest's other harts may be writing it */
		out->pte = READ_ONCE(*out->pte_host);
		/* "all mappings in the subsequent levels of the page table are global" */
		out->global |= out->pte & PTE_G;
		if (pte_is_invalid(out->pte))
			return WALK_PAGE_FAULT;
		table = PTE_TO_PA(out->pte);
		if (PTE_IS_LEAF(out->pte)) {
			out->gpa = GPA(table | offset);
			/* a superpage's low PPN bits must be zero */
			return (table & (span - 1)) == 0 ? WALK_OK : WALK_PAGE_FAULT;
		}
		/* reserved in pointers */
		if (out->pte & (PTE_D | PTE_A | PTE_U))
			return WALK_PAGE_FAULT;
	}
	return WALK_PAGE_FAULT;
}

bool walk_permits(uint64_t pte, enum walk_access access, bool supervisor, bool sum, bool mxr)
{
	bool user_page = (pte & PTE_U) != 0;

	if (!supervisor && !user_page)
		return false;
	/* S-mode never executes from user pages, whatever SUM says */
	if (supervisor && user_page && (!sum || access == WALK_FETCH))
		return false;
	switch (access) {
	case WALK_FETCH:
		return (pte & PTE_X) != 0;
	case WALK_LOAD:
		return (pte & PTE_R) != 0 || (mxr && (pte & PTE_X) != 0);
	case WALK_STORE:
		return (pte & PTE_W) != 0;
	}
	return false;
}

bool walk_set_ad(uint64_t *pte_host, uint64_t seen, uint64_t bits)
{
	/* ordered after the read that saw it and before the access that it stands for */
	return __atomic_compare_exchange_n(pte_host, &seen, seen | bits, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

void walk_trap(enum walk_status status, enum walk_access access, gva_t gva, struct guest_trap *out)
{
	static const uint8_t causes[2][3] = {
		{ EXC_INST_PAGE_FAULT, EXC_LOAD_PAGE_FAULT, EXC_STORE_PAGE_FAULT },
		{ EXC_INST_ACCESS, EXC_LOAD_ACCESS, EXC_STORE_ACCESS },
	};

	*out = (struct guest_trap){
		.cause = causes[status == WALK_ACCESS_FAULT][access],
		.tval = gva.v,
	};
}
