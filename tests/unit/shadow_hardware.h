/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hardware of shadow_machine.h: RAM, page tables, two TLBs; and what the shadow calls of it.
 */
#ifndef UNIT_SHADOW_HARDWARE_H
#define UNIT_SHADOW_HARDWARE_H

#include "test.h"

#include "lib/errno.h"
#include "mem/shadow.h"
#include "softtlb.h"

#define RAM_BASE	0x80000000UL
#define RAM_SIZE	0x800000UL	/* what is_ram() says; the first pages hold tables */
#define RAM_PAGES	64u
#define WINDOW		(SHADOW_GPA_LIMIT + 0x7654000)
#define WINDOW_PAGES	256u
#define ASID_FIRST	3u
#define POISON		(PA_TO_PTE(0x66660000UL) | 0xdf)

#define SPACES		6u
#define K		0xffffffc000000000UL	/* a slot with kernel pages */
#define U		0x10000UL		/* one with user pages */
#define B		0x40000000UL		/* one with both */
#define TOP		0xfffffffffffff000UL

static const uint64_t addresses[] = {
	K, K + 0x1000, K + 0x5000, K + 0x1ff000, K + 0x200000, K + 0x201000, K + 0x600000,
	K + 0x3fe00000, U, U + 0x1000, U + 0x200000, U + 0x203000, B, B + 0x1000, B + 0x200000,
	B + 0x400000, TOP,
};

struct space {
	uint64_t satp;
	unsigned root;			/* page of RAM */
};

static const struct space spaces[SPACES] = {
#define SPACE(asid, page)                                                                         \
	{ (SATP_MODE_SV39 << SATP_MODE_SHIFT) | ((uint64_t)(asid) << SATP_ASID_SHIFT) |           \
		  ((RAM_BASE >> PAGE_SHIFT) + (page)), page }
	SPACE(1, 0), SPACE(1, 1), SPACE(2, 2), SPACE(3, 0), SPACE(0, 1), SPACE(0xffff, 2),
#undef SPACE
};

struct machine_config {
	uint32_t asids, max_pages;
	uint32_t host_pages;		/* how many there are */
	bool svade;
};

static struct machine {
	struct shadow shadow;
	struct ptpage pool[WINDOW_PAGES];
	struct machine_config config;

	uint64_t (*ram)[SV39_ENTRIES];
	uint64_t (*window)[SV39_ENTRIES];	/* the shadow's own pages */
	bool used[WINDOW_PAGES];
	unsigned used_count;

	/* the guest's kernel */
	unsigned space;
	bool sum, mxr;
	bool pinned;
	uint64_t pin_va, pin_gpa;

	uint64_t vsatp;			/* 0: the guest's user runs, or satp is Bare */
	struct { bool used; unsigned space; bool sum; } owner[SOFTTLB_TAGS];	/* of ASIDs */
	struct softtlb hardware, guest;	/* tags: the ASID; the number of the space */
	unsigned fences_va, fences_va_all, fences_asid, fences_all, allocations;
} m;

/* ---- hardware ---- */

/* A machine looks at its page tables whenever it wants. */
static inline void observe(void)
{
	const struct space *space = &spaces[m.space];

	softtlb_speculate(&m.guest, m.space, (space->satp & SATP_PPN_MASK) << PAGE_SHIFT);
	if (m.vsatp)
		softtlb_speculate(&m.hardware, (unsigned)SATP_ASID(m.vsatp),
				  (m.vsatp & SATP_PPN_MASK) << PAGE_SHIFT);
}

static inline const uint64_t *window_read(void *ctx, uint64_t pa)
{
	(void)ctx;
	CHECK(pa - WINDOW < WINDOW_PAGES * PAGE_SIZE);
	return &m.window[(pa - WINDOW) >> 12][pa >> 3 & 511];
}

static inline uint64_t *ram_at(uint64_t gpa)
{
	return gpa - RAM_BASE < RAM_PAGES * PAGE_SIZE ?
		       &m.ram[(gpa - RAM_BASE) >> 12][gpa >> 3 & 511] : NULL;
}

static inline const uint64_t *guest_read(void *ctx, uint64_t pa)
{
	(void)ctx;
	return ram_at(pa);
}

/* The specification's list of what makes a PTE invalid. */
static inline bool guest_valid(uint64_t pte, unsigned level)
{
	if (pte >> 54 || (pte & (PTE_R | PTE_W)) == PTE_W)
		return false;
	if (pte & (PTE_R | PTE_X))
		return (pte >> 10) % (1UL << 9 * level) == 0;
	return level > 0 && !(pte & (PTE_A | PTE_D | PTE_U));
}

/* Whether S-mode may use a leaf. D is asked for because a write without it would go unnoticed. */
static inline bool guest_allows(uint64_t pte, enum walk_access access, bool sum, bool mxr)
{
	bool user = pte & PTE_U, r = pte & PTE_R, w = pte & PTE_W, x = pte & PTE_X;

	if (!(pte & PTE_A) || (user && !sum))
		return false;
	if (access == WALK_FETCH)
		return x && !user;
	if (access == WALK_STORE)
		return w && (pte & PTE_D);
	return r || (x && mxr);
}

/* What native hardware does when its TLB is empty: a cause, or -1 if the access succeeds. */
static inline int native_cause(uint64_t va, enum walk_access access)
{
	static const int page_fault[] = { 12, 13, 15 }, access_fault[] = { 1, 5, 7 };
	uint64_t table = RAM_BASE + spaces[m.space].root * PAGE_SIZE;
	unsigned level = 2;
	uint64_t pte;

	if (m.pinned && va >> 12 == m.pin_va >> 12)
		return access == WALK_FETCH ? 12 : -1;
	if ((va >> 38) + 1 > 1 && va >> 38 != 0x3ffffff)
		return page_fault[access];
	for (;; level--) {
		const uint64_t *at = ram_at(table + 8 * (va >> (12 + 9 * level) & 511));

		if (!at)
			return access_fault[access];
		pte = *at;
		if (!(pte & PTE_V) || !guest_valid(pte, level))
			return page_fault[access];
		if (pte & (PTE_R | PTE_X))
			break;
		table = PTE_TO_PA(pte);
	}
	if (!guest_allows(m.config.svade ? pte : pte | PTE_A | PTE_D, access, m.sum, m.mxr))
		return page_fault[access];
	if (PTE_TO_PA(pte) + (va & ((1UL << (12 + 9 * level)) - 1)) >= SHADOW_GPA_LIMIT)
		return access_fault[access];
	return -1;
}

/* Whether the hardware that runs the shadow lets VU-mode use a leaf. */
static inline bool hardware_allows(uint64_t pte, enum walk_access access)
{
	if (access == WALK_FETCH)
		return pte & PTE_X;
	if (access == WALK_STORE)
		return pte & PTE_W;
	return (pte & PTE_R) || ((pte & PTE_X) && m.mxr);
}

/* ---- the shadow's callbacks ---- */

static inline void *machine_alloc(void *ctx, gpa_t *gpa)
{
	CHECK(ctx == &m);
	observe();
	m.allocations++;
	for (unsigned i = 0; i < m.config.host_pages; i++) {
		if (m.used[i])
			continue;
		m.used[i] = true;
		m.used_count++;
		*gpa = GPA(WINDOW + i * PAGE_SIZE);
		return m.window[i];
	}
	return NULL;
}

static inline void machine_free(void *ctx, void *page, gpa_t gpa)
{
	uint64_t i = (gpa.v - WINDOW) >> PAGE_SHIFT;

	CHECK(ctx == &m);
	CHECK(page == m.window[i] && m.used[i]);
	observe();
	m.used[i] = false;
	m.used_count--;
	for (unsigned e = 0; e < SV39_ENTRIES; e++)
		m.window[i][e] = POISON;
	observe();
}

static inline uint64_t *machine_read_pte(void *ctx, gpa_t gpa)
{
	CHECK(ctx == &m);
	return ram_at(gpa.v);
}

static inline bool machine_is_ram(void *ctx, gpa_t gpa, uint64_t size)
{
	CHECK(ctx == &m);
	CHECK_EQ(gpa.v % PAGE_2M_SIZE, 0);
	CHECK_EQ(size, PAGE_2M_SIZE);
	return gpa.v >= RAM_BASE && gpa.v + size <= RAM_BASE + RAM_SIZE;
}

static inline void machine_fence_va(void *ctx, uint64_t asid, gva_t va)
{
	CHECK(ctx == &m);
	m.fences_va++;
	observe();
	softtlb_fence_address(&m.hardware, (unsigned)asid, va.v, false);
	observe();
}

static inline void machine_fence_va_all(void *ctx, gva_t va)
{
	CHECK(ctx == &m);
	m.fences_va_all++;
	observe();
	for (unsigned asid = 0; asid < SOFTTLB_TAGS; asid++)
		softtlb_fence_address(&m.hardware, asid, va.v, false);
	observe();
}

static inline void machine_fence_asid(void *ctx, uint64_t asid)
{
	CHECK(ctx == &m);
	m.fences_asid++;
	observe();
	softtlb_fence_tag(&m.hardware, (unsigned)asid, false);
	observe();
}

static inline void machine_fence_all(void *ctx)
{
	CHECK(ctx == &m);
	m.fences_all++;
	observe();
	softtlb_fence_all(&m.hardware);
	observe();
}

static const struct shadow_ops machine_ops = {
	.pool = { machine_alloc, machine_free },
	.walk = { machine_read_pte },
	.is_ram = machine_is_ram,
	.fence_va = machine_fence_va,
	.fence_va_all = machine_fence_va_all,
	.fence_asid = machine_fence_asid,
	.fence_all = machine_fence_all,
};

#endif
