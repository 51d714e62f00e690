/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roots of address spaces: made, dropped and switched here alone, because mode pv will want two
 * for each (one that the kernel runs on, one for the program).
 * Privileged specification, "Supervisor Address Translation and Protection (satp) Register".
 */
#ifndef PRIV_ROOT_H
#define PRIV_ROOT_H

#include "priv/pte.h"

/* An address space as the hardware knows it. */
struct root {
	pte_t *table;
	uint64_t asid, generation;
	uint64_t satp;		/* of both, once it has an ASID */
	/* Sets of harts (struct hart's mask), kept where there are several. */
	uint64_t harts;		/* that may have translations of it in their TLBs */
	uint64_t stale;		/* that must fence before they use it again */
	uint64_t stale_code;	/* that must do so for their instruction fetch */
};

extern struct root root_kernel;

/* The kernel's own root becomes table, ASIDs are counted, and it is switched to. */
void root_init(pte_t *table);
/* A root that maps the kernel and nothing else; -ENOMEM. */
int root_new(struct root *root);
/* Not the current one. */
void root_free(struct root *root);
/* Makes root the current one; does nothing if it is. Interrupts are off. */
void root_switch(struct root *root);
/* A hart that was started gets the kernel's root. */
void root_join(void);
/*
 * Forgets what was cached of all user pages, or of one, of a root that may be current: on this hart
 * and on those that run it now at once, on others before they run it again.
 */
void root_fence(struct root *root);
void root_fence_page(struct root *root, uint64_t va);
/* This hart alone: the entry allows more than it did, and others find out by a fault. */
void root_fence_page_here(struct root *root, uint64_t va);
/* Code was written that programs on root may run: the same for the instruction fetch. */
void root_fence_code(struct root *root);
/* What satp holds for root, for the benchmark. */
uint64_t root_satp(struct root *root);

#endif
