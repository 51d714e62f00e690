/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for testing the shadow: a guest with RAM and page tables, the hardware that runs its
 * kernel on the shadow (a TLB that forgets nothing until fenced), and the hardware that the guest
 * believes to run on (another such TLB, over the guest's own tables, fenced by the guest alone).
 *
 * The property: whatever the first may do, the second might have done. That one may use a global
 * mapping in every address space, and keep it through the fences of an ASID.
 */
#ifndef UNIT_SHADOW_MACHINE_H
#define UNIT_SHADOW_MACHINE_H

#include "shadow_hardware.h"

/* ---- the property ---- */

/* Whether the guest's own TLB may hold a translation of address a that allows this. */
static inline bool guest_tlb_allows(unsigned space, unsigned a, enum walk_access access, bool sum,
				    uint64_t gpa)
{
	for (unsigned where = 0; where < SPACES; where++) {
		const struct softtlb_list *list = &m.guest.cells[where][a].leaves;

		for (unsigned i = 0; i < list->count; i++) {
			struct softtlb_entry leaf = list->entries[i];

			if ((where == space || leaf.global) && gpa < SHADOW_GPA_LIMIT &&
			    guest_allows(leaf.value, access, sum, m.mxr) &&
			    softtlb_leaf_pa(&m.guest, a, leaf) == gpa)
				return true;
		}
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
			softtlb_fence_address(&m.guest, space, va, has_asid);
		else
			softtlb_fence_tag(&m.guest, space, has_asid);
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
