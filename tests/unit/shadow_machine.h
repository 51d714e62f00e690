/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for testing the shadow: a guest with RAM and page tables, the hardware that runs its
 * kernel on the shadow (a TLB that forgets nothing until fenced), and the hardware that the guest
 * believes to run on (another such TLB, over the guest's own tables, fenced by the guest alone).
 *
 * The property: whatever the first may do, the second might have done.
 */
#ifndef UNIT_SHADOW_MACHINE_H
#define UNIT_SHADOW_MACHINE_H

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
	unsigned fences_va, fences_asid, fences_all, allocations;
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
	softtlb_fence_address(&m.hardware, (unsigned)asid, va.v);
	observe();
}

static inline void machine_fence_asid(void *ctx, uint64_t asid)
{
	CHECK(ctx == &m);
	m.fences_asid++;
	observe();
	softtlb_fence_tag(&m.hardware, (unsigned)asid);
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
	.fence_asid = machine_fence_asid,
	.fence_all = machine_fence_all,
};

/* ---- the property ---- */

/* Whether the guest's own TLB may hold a translation of address a that allows this. */
static inline bool guest_tlb_allows(unsigned space, unsigned a, enum walk_access access, bool sum,
				    uint64_t gpa)
{
	const struct softtlb_list *list = &m.guest.cells[space][a].leaves;

	for (unsigned i = 0; i < list->count; i++) {
		if (guest_allows(list->entries[i].value, access, sum, m.mxr) &&
		    softtlb_leaf_pa(&m.guest, a, list->entries[i]) == gpa &&
		    gpa < SHADOW_GPA_LIMIT)
			return true;
	}
	return false;
}

static inline void check_leaf(unsigned asid, unsigned a, struct softtlb_entry leaf)
{
	uint64_t gpa = softtlb_leaf_pa(&m.hardware, a, leaf);
	unsigned space = m.owner[asid].space;
	bool sum = m.owner[asid].sum;

	CHECK_EQ(leaf.value & (PTE_V | PTE_U | PTE_A | PTE_D | PTE_G),
		 PTE_V | PTE_U | PTE_A | PTE_D);
	CHECK(guest_valid(leaf.value, leaf.level));
	for (int access = WALK_FETCH; access <= WALK_STORE; access++) {
		if (!hardware_allows(leaf.value, (enum walk_access)access))
			continue;
		if (m.pinned && addresses[a] == m.pin_va) {
			CHECK_EQ(gpa, m.pin_gpa);
			CHECK(access != WALK_FETCH);
		} else if (!guest_tlb_allows(space, a, (enum walk_access)access, sum, gpa)) {
			FAIL("space %u SUM=%d MXR=%d va 0x%" PRIx64 " access %d: leaf 0x%" PRIx64
			     " of level %u is not the guest's", space, sum, m.mxr, addresses[a],
			     access, leaf.value, leaf.level);
		}
	}
}

/*
 * Whether a vsatp with this ASID may be loaded again before its ASID is fenced: its context is
 * still the one that it was given out for.
 */
static inline bool asid_is_live(unsigned asid)
{
	const struct shadow_context *c = &m.shadow.contexts[(asid - ASID_FIRST) / 2];

	return m.owner[asid].used && c->satp == spaces[m.owner[asid].space].satp &&
	       SATP_ASID(c->roots[m.owner[asid].sum].vsatp) == asid;
}

/* Nothing that the hardware may use is other than what native hardware might. */
static inline void check_machine(void)
{
	observe();
	for (unsigned asid = ASID_FIRST; asid < ASID_FIRST + m.config.asids; asid++) {
		for (unsigned a = 0; a < ARRAY_SIZE(addresses) && asid_is_live(asid); a++) {
			struct softtlb_list *list = &m.hardware.cells[asid][a].leaves;

			for (unsigned i = 0; i < list->count; i++)
				check_leaf(asid, a, list->entries[i]);
		}
	}
}

/* ---- what the guest and its hypervisor do ---- */

static inline void machine_switch(unsigned space, bool sum)
{
	unsigned asid;
	uint64_t vsatp;

	m.space = space;
	m.sum = sum;
	vsatp = shadow_switch(&m.shadow, spaces[space].satp, sum);
	asid = (unsigned)SATP_ASID(vsatp);
	CHECK_EQ(SATP_MODE(vsatp), SATP_MODE_SV39);
	CHECK(asid >= ASID_FIRST && asid < ASID_FIRST + m.config.asids);
	m.owner[asid].used = true;
	m.owner[asid].space = space;
	m.owner[asid].sum = sum;
	m.vsatp = vsatp;
	check_machine();
}

static inline void machine_set_mxr(bool mxr)
{
	shadow_mxr_changed(&m.shadow, mxr);
	m.mxr = mxr;
	check_machine();
}

static inline void machine_sfence(bool has_va, uint64_t va, bool has_asid, uint64_t asid)
{
	for (unsigned space = 0; space < SPACES; space++) {
		if (has_asid && SATP_ASID(spaces[space].satp) != asid)
			continue;
		if (has_va)
			softtlb_fence_address(&m.guest, space, va);
		else
			softtlb_fence_tag(&m.guest, space);
	}
	shadow_sfence(&m.shadow, has_va, GVA(va), has_asid, asid);
	check_machine();
}

/*
 * Whether the loaded hardware does an access without a fault. The worst hardware faults if
 * anything that it remembers makes it; the kindest succeeds if anything lets it.
 */
static inline bool hardware_access(unsigned a, enum walk_access access, bool worst)
{
	struct softtlb_cell *cell = &m.hardware.cells[SATP_ASID(m.vsatp)][a];
	unsigned allowed = 0;

	observe();
	for (unsigned i = 0; i < cell->leaves.count; i++)
		allowed += hardware_allows(cell->leaves.entries[i].value, access);
	if (!worst)
		return allowed > 0;
	return allowed > 0 && allowed == cell->leaves.count && !cell->no_leaf && !cell->no_table;
}

/*
 * The guest's kernel accesses an address. Returns the number of faults that the hypervisor saw if
 * it succeeded, or -cause if the guest got a trap.
 */
static inline int machine_access(unsigned a, enum walk_access access, bool worst)
{
	for (int faults = 0; faults < 6; faults++) {
		struct guest_trap trap;
		gva_t gva = GVA(addresses[a] + (unsigned)access * 8);
		int cause, result;

		if (hardware_access(a, access, worst))
			return faults;
		cause = native_cause(gva.v, access);
		result = shadow_fault(&m.shadow, gva, access, spaces[m.space].satp, m.sum, m.mxr,
				      &trap);
		check_machine();
		if (result == 1) {
			CHECK_EQ(trap.cause, cause);
			CHECK_EQ(trap.tval, gva.v);
			return -cause;
		}
		CHECK_EQ(result, 0);
		CHECK_EQ(cause, -1);
	}
	FAIL("no progress at 0x%" PRIx64, addresses[a]);
}

static inline void machine_pin(uint64_t va, uint64_t gpa)
{
	CHECK_EQ(shadow_pin(&m.shadow, GVA(va), GPA(gpa)), 0);
	m.pinned = true;
	m.pin_va = va;
	m.pin_gpa = gpa;
	check_machine();
}

static inline void machine_unpin(void)
{
	shadow_unpin(&m.shadow);
	m.pinned = false;
	check_machine();
}

static inline void machine_start(struct machine_config config)
{
	uint64_t (*ram)[SV39_ENTRIES] = m.ram, (*window)[SV39_ENTRIES] = m.window;
	struct shadow_config shadow_config;

	softtlb_destroy(&m.hardware);
	softtlb_destroy(&m.guest);
	memset(&m, 0, sizeof(m));
	m.config = config;
	m.ram = ram ? ram : aligned_alloc(PAGE_SIZE, RAM_PAGES * PAGE_SIZE);
	m.window = window ? window : aligned_alloc(PAGE_SIZE, WINDOW_PAGES * PAGE_SIZE);
	memset(m.ram, 0, RAM_PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < WINDOW_PAGES * SV39_ENTRIES; i++)
		m.window[i / SV39_ENTRIES][i % SV39_ENTRIES] = POISON;
	m.hardware.read = window_read;
	m.guest.read = guest_read;
	m.guest.valid = guest_valid;
	m.hardware.tables_cached = true;
	m.hardware.root_bits = m.guest.root_bits = 9;
	m.hardware.address_count = m.guest.address_count = ARRAY_SIZE(addresses);
	memcpy(m.hardware.addresses, addresses, sizeof(addresses));
	memcpy(m.guest.addresses, addresses, sizeof(addresses));
	shadow_config = (struct shadow_config){
		.ops = &machine_ops,
		.ctx = &m,
		.pages = m.pool,
		.max_pages = config.max_pages,
		.asid_first = ASID_FIRST,
		.asid_count = config.asids,
		.adue = !config.svade,
	};
	CHECK_EQ(shadow_init(&m.shadow, &shadow_config), 0);
}

/* The shadow goes: no TLB may know anything of it or find its way into freed pages. */
static inline void machine_finish(void)
{
	observe();
	m.vsatp = 0;
	shadow_destroy(&m.shadow);
	CHECK_EQ(m.used_count, 0);
	for (unsigned tag = 0; tag < SOFTTLB_TAGS; tag++) {
		for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++) {
			CHECK_EQ(m.hardware.cells[tag][a].leaves.count, 0);
			CHECK_EQ(m.hardware.cells[tag][a].tables.count, 0);
		}
	}
}

/*
 * The PTE of an address at a level of a space's tables. For missing tables some pages are used (of
 * five for level 1 and ten for level 0), as choice says; another choice may give the same.
 */
#define TABLE_1(choice)	(3 + (choice) % 5)
#define TABLE_0(choice)	(8 + (choice) % 10)

static inline uint64_t *guest_pte(unsigned space, uint64_t va, unsigned level, unsigned choice)
{
	uint64_t *entry = &m.ram[spaces[space].root][SV39_INDEX(va, 2)];

	for (unsigned l = 2; l > level; l--) {
		if (!(*entry & PTE_V) || PTE_IS_LEAF(*entry) || !ram_at(PTE_TO_PA(*entry)))
			*entry = PTE_V | PA_TO_PTE(RAM_BASE + PAGE_SIZE *
						   (l == 2 ? TABLE_1(choice) : TABLE_0(choice)));
		entry = ram_at(PTE_TO_PA(*entry)) + SV39_INDEX(va, l - 1);
	}
	return entry;
}

#endif
