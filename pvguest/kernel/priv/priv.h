/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The privileged layer: everything of the kernel that needs S-mode, and nothing else does.
 * Privileged specification, chapter 10; docs/abi.md for what replaces it in mode pv.
 */
#ifndef PRIV_PRIV_H
#define PRIV_PRIV_H

#include "lib/types.h"
#include "priv/site.h"

/* The hypervisor's feature word (STRATA_F_*); 0 natively and in te, rewrite and hw. */
extern uint64_t priv_features;
/* The Strata extension is there (its counter call is, in every mode). */
extern bool priv_has_strata;
/* How many ASID bits satp holds; 0 means that each root switch must flush. */
extern unsigned int priv_asid_bits;

/* Patches all sites for the feature word. Once, on the boot hart, before any site is executed. */
void priv_patch(uint64_t features);
/* Points traps of this hart at the kernel and opens the counters for programs. tp is set. */
void priv_hart_init(void);
/* Number of sites, for the boot message. */
size_t priv_site_count(void);

/* Interrupts of this hart off. */
static inline void priv_irq_disable(void)
{
	__asm__ volatile(PRIV_SITE("csrci sstatus, 2",
				   "li a1, 2\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_CLEAR, sstatus)
				   PRIV_BACK,
				   "sb zero, " PRIV_STR(STRATA_PAGE_SIE_ON) "(tp)")
			 :
			 :
			 : PRIV_CLOBBER);
}

/* In step 1: if something became pending meanwhile, the hypervisor is told to deliver it. */
#define PRIV_IRQ_ENABLE_PAGE                                                                       \
	"li a0, 1\n\tsb a0, " PRIV_STR(STRATA_PAGE_SIE_ON) "(tp)\n\t"                              \
	"ld a0, " PRIV_STR(STRATA_PAGE_SIP) "(tp)\n\t"                                             \
	"ld a1, " PRIV_STR(STRATA_PAGE_SIE) "(tp)\n\t"                                             \
	"and a0, a0, a1\n\tbeqz a0, 771b + 4\n\t"                                                  \
	PRIV_HYPERCALL(STRATA_FN_EVENT_CHECK) PRIV_BACK

static inline void priv_irq_enable(void)
{
	__asm__ volatile(PRIV_SITE("csrsi sstatus, 2",
				   "li a1, 2\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_SET, sstatus)
				   PRIV_BACK,
				   PRIV_IRQ_ENABLE_PAGE)
			 :
			 :
			 : PRIV_CLOBBER);
}

/* Waits until an interrupt that sie lets through is pending; sstatus.SIE does not matter. */
static inline void priv_wait(void)
{
	__asm__ volatile(PRIV_SITE("wfi", PRIV_HYPERCALL(STRATA_FN_BLOCK) PRIV_BACK,
				   PRIV_HYPERCALL(STRATA_FN_BLOCK) PRIV_BACK)
			 :
			 :
			 : PRIV_CLOBBER);
}

#define PRIV_SFENCE_BODY(setup)                                                                    \
	setup PRIV_HYPERCALL(STRATA_FN_SFENCE) PRIV_BACK

/* All translations of all address spaces. */
static inline void priv_fence_all(void)
{
	__asm__ volatile(PRIV_SITE("sfence.vma zero, zero",
				   PRIV_SFENCE_BODY("li a2, 0\n\t"),
				   PRIV_SFENCE_BODY("li a2, 0\n\t"))
			 :
			 :
			 : PRIV_CLOBBER, "a2");
}

/* One page in all address spaces. */
static inline void priv_fence_page(uint64_t va)
{
	__asm__ volatile(PRIV_SITE("sfence.vma %0, zero",
				   PRIV_SFENCE_BODY("mv a0, %0\n\tli a2, 1\n\t"),
				   PRIV_SFENCE_BODY("mv a0, %0\n\tli a2, 1\n\t"))
			 :
			 : "r"(va)
			 : PRIV_CLOBBER, "a2");
}

/* All user pages of one address space. */
static inline void priv_fence_asid(uint64_t asid)
{
	__asm__ volatile(PRIV_SITE("sfence.vma zero, %0",
				   PRIV_SFENCE_BODY("mv a1, %0\n\tli a2, 2\n\t"),
				   PRIV_SFENCE_BODY("mv a1, %0\n\tli a2, 2\n\t"))
			 :
			 : "r"(asid)
			 : PRIV_CLOBBER, "a2");
}

/* One page of one address space. */
static inline void priv_fence_page_asid(uint64_t va, uint64_t asid)
{
	__asm__ volatile(PRIV_SITE("sfence.vma %0, %1",
				   PRIV_SFENCE_BODY("mv a0, %0\n\tmv a1, %1\n\tli a2, 3\n\t"),
				   PRIV_SFENCE_BODY("mv a0, %0\n\tmv a1, %1\n\tli a2, 3\n\t"))
			 :
			 : "r"(va), "r"(asid)
			 : PRIV_CLOBBER, "a2");
}

/* Between these two the kernel may touch user pages (sstatus.SUM). */
static inline void priv_user_open(void)
{
	priv_csr_set(sstatus, SSTATUS_SUM);
}

static inline void priv_user_close(void)
{
	priv_csr_clear(sstatus, SSTATUS_SUM);
}

/* The kernel itself may use FP registers, to save and load them. */
static inline void priv_fp_open(void)
{
	priv_csr_set(sstatus, SSTATUS_FS_DIRTY);
}

static inline void priv_write_satp(uint64_t satp)
{
	priv_csr_write_call(satp, satp);
}

/* The software interrupt of this hart has been seen. */
static inline void priv_ipi_clear(void)
{
	priv_csr_clear_call(sip, SIP_SSIP);
}

/* Every interrupt that the kernel handles. */
#define PRIV_SIE_ALL	(SIP_SSIP | SIP_STIP | SIP_SEIP)

/* sie; only while interrupts are off. */
static inline void priv_set_sie(uint64_t sie)
{
	priv_csr_write(sie, sie);
}

/* The Sstc extension's timer; only if it was probed. In pv it is not offered. */
static inline void priv_write_stimecmp(uint64_t ticks)
{
	csr_write(CSR_STIMECMP, ticks);
}

/* Time in ticks; unprivileged, but scounteren and hcounteren guard it. */
static inline uint64_t priv_time(void)
{
	return csr_read(CSR_TIME);
}

#endif
