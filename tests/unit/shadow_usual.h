/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short words for the shadow's tests of one behaviour each, on the machine of shadow_machine.h.
 */
#ifndef UNIT_SHADOW_USUAL_H
#define UNIT_SHADOW_USUAL_H

#include "shadow_machine.h"

#define LEAF(gpa, flags)	(PA_TO_PTE(gpa) | PTE_V | PTE_A | PTE_D | (flags))
#define RW			(PTE_R | PTE_W)
#define RWX			(PTE_R | PTE_W | PTE_X)
#define M			(1UL << 20)

static const struct machine_config usual = { .asids = 64, .max_pages = 128, .host_pages = 256 };

/* The index of an address of interest. */
static inline unsigned at(uint64_t va)
{
	unsigned a = 0;

	while (addresses[a] != va)
		a++;
	return a;
}

static inline void map(unsigned space, uint64_t va, unsigned level, uint64_t pte)
{
	*guest_pte(space, va, level, 2 * space) = pte;
}

static inline int load(uint64_t va)
{
	return machine_access(at(va), WALK_LOAD, false);
}

static inline int store(uint64_t va)
{
	return machine_access(at(va), WALK_STORE, false);
}

static inline int fetch(uint64_t va)
{
	return machine_access(at(va), WALK_FETCH, false);
}

/* Let the hardware forget that it saw an invalid PTE for an address: most never remember. */
static inline void forget_invalid(uint64_t va)
{
	struct softtlb_cell *cell = &m.hardware.cells[SATP_ASID(m.vsatp)][at(va)];

	cell->no_leaf = cell->no_table = false;
}

static inline unsigned fences(void)
{
	return m.fences_va + m.fences_va_all + m.fences_asid + m.fences_all;
}

static inline void start(void)
{
	machine_start(usual);
	machine_switch(0, false);
}

#endif
