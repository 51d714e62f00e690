/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random guests on the shadow: edits of page tables (also hostile ones), fences, switches of satp,
 * SUM and MXR, pins and accesses, in any order, each followed by the check of shadow_machine.h.
 * SOURCES: hypervisor/mem/shadow.c hypervisor/mem/shadow_fill.c hypervisor/mem/ptpool.c
 * SOURCES: hypervisor/mem/walk.c hypervisor/lib/string.c
 */
#include "shadow_machine.h"

#define ROUNDS	30u
#define STEPS	400u

static uint64_t seed;
/* This round's guests have a kernel whose pages are global, and the same everywhere, mostly. */
static bool tidy;

static unsigned below(unsigned limit)
{
	return (unsigned)((test_random(&seed) >> 33) % limit);
}

static bool one_in(unsigned n)
{
	return below(n) == 0;
}

/* A pointer: mostly to a table meant for that level; else to any page, or to no RAM at all. */
static uint64_t random_pointer(unsigned level)
{
	unsigned choice = below(64);
	uint64_t gpa = RAM_BASE + (level == 2 ? TABLE_1(choice) : TABLE_0(choice)) * PAGE_SIZE;

	if (one_in(20))
		gpa = RAM_BASE + below(20) * PAGE_SIZE;
	if (one_in(60))
		gpa = one_in(2) ? WINDOW : test_random(&seed) >> 8 & ~PAGE_MASK;
	return PA_TO_PTE(gpa) | PTE_V | (one_in(4) ? PTE_G : 0) | (one_in(60) ? PTE_A : 0);
}

static uint64_t random_leaf(unsigned level)
{
	static const uint64_t prots[] = {
		PTE_R, PTE_R | PTE_W, PTE_R | PTE_W, PTE_R | PTE_W | PTE_X, PTE_R | PTE_X, PTE_X,
	};
	uint64_t size = 1UL << (12 + 9 * level), gpa;
	uint64_t pte = prots[below(ARRAY_SIZE(prots))] | PTE_V;

	switch (below(10)) {
	case 0:
		gpa = 0x10000000;			/* a device */
		break;
	case 1:
		gpa = WINDOW & ~(size - 1);		/* our own pages */
		break;
	default:
		gpa = RAM_BASE + below(2 * RAM_SIZE >> 12) * PAGE_SIZE;
		break;
	}
	pte |= PA_TO_PTE(gpa & ~(size - 1));
	pte |= (one_in(2) ? PTE_U : 0) | (one_in(4) ? PTE_G : 0) | (one_in(4) ? PTE_RSW : 0);
	pte |= (one_in(8) ? 0 : PTE_A) | (one_in(3) ? 0 : PTE_D);
	if (one_in(60))
		pte ^= 1UL << below(64);		/* anything may go wrong */
	return pte;
}

/* Map an address. Its slot says whose page it is, mostly, so that the kernel can run. */
static void map_address(unsigned space, unsigned a)
{
	unsigned level = one_in(3) ? 1 + one_in(3) : 0;
	uint64_t pte = random_leaf(level);

	if (addresses[a] >= K && !one_in(8))
		pte &= ~(uint64_t)PTE_U;
	else if (addresses[a] < B && !one_in(8))
		pte |= PTE_U;
	if (tidy && !one_in(50))
		pte = addresses[a] >= K ? pte | PTE_G : pte & ~(uint64_t)PTE_G;
	*guest_pte(space, addresses[a], level, below(64)) = pte;
}

static void edit_tables(void)
{
	unsigned space = one_in(3) ? below(SPACES) : m.space;
	unsigned a = below(ARRAY_SIZE(addresses));
	unsigned level = below(8) < 5 ? 0 : 1 + below(2);
	uint64_t *entry;

	if (one_in(2)) {
		map_address(space, a);
		check_machine();
		return;
	}
	entry = guest_pte(space, addresses[a], level, below(64));
	if (one_in(6))
		*entry = 0;
	else if (level > 0 && !one_in(4))
		*entry = random_pointer(level);
	else if (one_in(3))
		*entry ^= 1UL << below(10);		/* one flag */
	else
		*entry = random_leaf(level);
	check_machine();
}

static void fence(void)
{
	uint64_t va = addresses[below(ARRAY_SIZE(addresses))] + below(4096);

	/* another page of what may be the same superpage */
	if (one_in(3))
		va ^= (uint64_t)below(512) << (one_in(2) ? 12 : 21);
	machine_sfence(below(4), va, one_in(2), SATP_ASID(spaces[below(SPACES)].satp));
}

static void random_pin(void)
{
	if (one_in(2))
		machine_unpin();
	else
		machine_pin(one_in(2) ? K + 0x5000 : one_in(2) ? TOP : B + 0x1000,
			    WINDOW + 0x12345000);
}

static void step(bool worst)
{
	unsigned what = below(100);

	if (what < 30) {
		edit_tables();
	} else if (what < 70) {
		if (!m.vsatp)
			machine_switch(m.space, m.sum);
		for (unsigned i = below(4); i < 4; i++)
			machine_access(below(ARRAY_SIZE(addresses)), (enum walk_access)below(3),
				       worst);
	} else if (what < 82) {
		fence();
	} else if (what < 92) {
		machine_switch(one_in(2) ? m.space : below(SPACES), one_in(2));
	} else if (what < 94) {
		machine_set_mxr(!m.mxr);
	} else if (what < 96) {
		random_pin();
	} else if (what < 97) {
		softtlb_fence_all(&m.guest);
		shadow_flush_all(&m.shadow);
	} else {
		/* the guest's user runs, or satp becomes Bare */
		CHECK_EQ(shadow_switch(&m.shadow, below(2) << 20, one_in(2)), 0);
		m.vsatp = 0;
	}
	check_machine();
}

static void run(struct machine_config config, bool worst)
{
	uint64_t fills = 0, global = 0, drops = 0, traps = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		tidy = round % 2;
		machine_start(config);
		for (unsigned i = 0; i < SPACES * ARRAY_SIZE(addresses); i++)
			map_address(i % SPACES, i / SPACES);
		machine_switch(0, false);
		for (unsigned i = 0; i < STEPS; i++)
			step(worst);
		fills += m.shadow.stat.fills;
		global += m.shadow.stat.global_fills;
		drops += m.shadow.stat.drops;
		traps += m.shadow.stat.traps;
		machine_finish();
	}
	/* the test did test something */
	CHECK(fills > ROUNDS * 60);
	CHECK(global > ROUNDS * 15);
	CHECK(drops > ROUNDS * 3);
	CHECK(traps > ROUNDS * 80);
}

TEST("random guests never use a translation that their own fences have ended")
{
	seed = 1;
	run((struct machine_config){ .asids = 64, .max_pages = 200, .host_pages = 256 }, false);
}

TEST("nor on hardware that remembers what was invalid, and every guest makes progress")
{
	seed = 2;
	run((struct machine_config){ .asids = 64, .max_pages = 200, .host_pages = 256 }, true);
}

TEST("nor when contexts and their ASIDs are few and reused")
{
	seed = 3;
	run((struct machine_config){ .asids = 4, .max_pages = 200, .host_pages = 256 }, true);
}

TEST("nor when there is one context only")
{
	seed = 4;
	run((struct machine_config){ .asids = 3, .max_pages = 200, .host_pages = 256 }, true);
}

TEST("nor when the pool is always exhausted")
{
	seed = 5;
	run((struct machine_config){ .asids = 64, .max_pages = SHADOW_MIN_PAGES,
				     .host_pages = 256 }, true);
}

TEST("nor when the host has no more pages than were reserved")
{
	seed = 6;
	run((struct machine_config){ .asids = 64, .max_pages = 200,
				     .host_pages = SHADOW_MIN_PAGES }, false);
}

TEST("nor on harts that leave A and D to software (Svade)")
{
	seed = 7;
	run((struct machine_config){ .asids = 64, .max_pages = 200, .host_pages = 256,
				     .svade = true }, true);
}
