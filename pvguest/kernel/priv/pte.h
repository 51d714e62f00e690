/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page table entries: the only place that knows their permission bits.
 * Privileged specification, "Sv39: Virtual-Memory System".
 */
#ifndef PRIV_PTE_H
#define PRIV_PTE_H

#include <riscv/pte.h>

#include "lib/types.h"

typedef uint64_t pte_t;

/* Rights, as mmap and ELF number them. */
#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4

/* Software bit of an entry with V=0: the page is there, but all access was taken away. */
#define PTE_HIDDEN	(1UL << 8)

/*
 * A and D are set at once: hardware may instead raise a page fault for each (Svade). Writable
 * without readable is reserved, so write implies read.
 */
static inline pte_t pte_rights(unsigned int prot)
{
	pte_t pte = PTE_V | PTE_A;

	if (prot & (PROT_READ | PROT_WRITE))
		pte |= PTE_R;
	if (prot & PROT_WRITE)
		pte |= PTE_W | PTE_D;
	if (prot & PROT_EXEC)
		pte |= PTE_X;
	return pte;
}

static inline pte_t pte_make_kernel(uint64_t pa, unsigned int prot)
{
	return PA_TO_PTE(pa) | pte_rights(prot) | PTE_G;
}

/* prot 0: an entry that keeps its page but lets nobody in. */
static inline pte_t pte_make_user(uint64_t pa, unsigned int prot)
{
	return PA_TO_PTE(pa) | (prot ? pte_rights(prot) | PTE_U : PTE_HIDDEN);
}

static inline pte_t pte_make_table(uint64_t pa)
{
	return PA_TO_PTE(pa) | PTE_V;
}

static inline uint64_t pte_pa(pte_t pte)
{
	return PTE_TO_PA(pte);
}

/* There is a page or a table behind the entry. */
static inline bool pte_exists(pte_t pte)
{
	return (pte & (PTE_V | PTE_HIDDEN)) != 0;
}

/* Whether the hardware lets a user access with these rights through. */
static inline bool pte_allows(pte_t pte, unsigned int prot)
{
	return (pte & PTE_V) && (!(prot & PROT_READ) || (pte & PTE_R)) &&
	       (!(prot & PROT_WRITE) || (pte & PTE_W)) && (!(prot & PROT_EXEC) || (pte & PTE_X));
}

static inline bool pte_is_writable(pte_t pte)
{
	return (pte & PTE_W) != 0;
}

static inline pte_t pte_write_protect(pte_t pte)
{
	return pte & ~(PTE_W | PTE_D);
}

/*
 * Every store to a table that hardware walks goes through here. What it leads to, a page's contents
 * or another table, is visible before it: another hart's walk takes no lock.
 */
static inline void pte_set(pte_t *entry, pte_t value)
{
	__asm__ volatile("fence w, w" : : : "memory");
	*(volatile pte_t *)entry = value;
}

#endif
