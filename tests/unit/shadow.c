/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shadow, one behaviour a test: how it is filled and used. Fences are in shadow_fence.c and
 * shadow_global.c, random guests in shadow_random.c; the machine that all run on, and that checks
 * them, is in shadow_machine.h.
 * SOURCES: hypervisor/mem/shadow.c hypervisor/mem/shadow_fill.c hypervisor/mem/ptpool.c
 * SOURCES: hypervisor/mem/walk.c hypervisor/lib/string.c
 */
#include "shadow_usual.h"
TEST("a page takes one fault, however it is used later, and no fence")
{
	unsigned before;

	start();
	before = fences();
	map(0, K, 0, LEAF(RAM_BASE + 0x30000, RWX));
	CHECK_EQ(load(K), 1);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(store(K), 0);
	CHECK_EQ(fetch(K), 0);
	CHECK_EQ(fences(), before);
	CHECK_EQ(m.shadow.stat.fills, 1);
	machine_finish();
}

TEST("A is set by the first access, D by the first store, which takes one fault more")
{
	uint64_t *pte;

	start();
	map(0, K, 0, PA_TO_PTE(RAM_BASE) | PTE_V | RW);
	pte = guest_pte(0, K, 0, 0);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(*pte & (PTE_A | PTE_D), PTE_A);
	/* the read-only leaf that the TLB holds must not make it two */
	forget_invalid(K);
	CHECK_EQ(machine_access(at(K), WALK_STORE, true), 1);
	CHECK_EQ(*pte & (PTE_A | PTE_D), PTE_A | PTE_D);
	CHECK_EQ(store(K), 0);
	machine_finish();
}

TEST("a read-only page that becomes writable is stored to after one fault")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, PTE_R));
	CHECK_EQ(load(K), 1);
	CHECK_EQ(store(K), -EXC_STORE_PAGE_FAULT);
	map(0, K, 0, LEAF(RAM_BASE, RW));
	forget_invalid(K);
	CHECK_EQ(machine_access(at(K), WALK_STORE, true), 1);
	CHECK_EQ(m.shadow.stat.spurious, 0);
	/* fenced by its address: no leaf of old is left, what led to it is */
	CHECK_EQ(m.hardware.cells[ASID_FIRST][at(K)].leaves.count, 1);
	CHECK(m.hardware.cells[ASID_FIRST][at(K)].tables.count > 0);
	machine_finish();
}

TEST("under Svade a clear A or D is the guest's page fault and its PTE is not written")
{
	struct machine_config config = usual;
	uint64_t pte = PA_TO_PTE(RAM_BASE) | PTE_V | RW;

	config.svade = true;
	machine_start(config);
	machine_switch(0, false);
	map(0, K, 0, pte);
	CHECK_EQ(load(K), -EXC_LOAD_PAGE_FAULT);
	map(0, K, 0, pte | PTE_A);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(store(K), -EXC_STORE_PAGE_FAULT);
	CHECK_EQ(*guest_pte(0, K, 0, 0), pte | PTE_A);
	machine_finish();
}

TEST("with SUM=0 user pages fault; with SUM=1 they are loaded and stored, never fetched")
{
	start();
	map(0, U, 0, LEAF(RAM_BASE, RWX | PTE_U));
	CHECK_EQ(load(U), -EXC_LOAD_PAGE_FAULT);
	machine_switch(0, true);
	CHECK_EQ(store(U), 1);
	CHECK_EQ(load(U), 0);
	CHECK_EQ(fetch(U), -EXC_INST_PAGE_FAULT);
	machine_switch(0, false);
	CHECK_EQ(load(U), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}

TEST("a kernel page filled under one SUM is there under the other")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, RWX));
	map(0, K + 0x1000, 0, LEAF(RAM_BASE, RWX));
	CHECK_EQ(load(K), 1);
	machine_switch(0, true);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(K + 0x1000), 1);
	machine_switch(0, false);
	CHECK_EQ(load(K + 0x1000), 0);
	machine_finish();
}

TEST("the first user page beside kernel pages costs one fault and stays out of SUM=0")
{
	const struct softtlb_list *tables;
	uint64_t shared;

	start();
	map(0, B, 0, LEAF(RAM_BASE, RW));
	map(0, B + 0x1000, 0, LEAF(RAM_BASE + 0x1000, RW | PTE_U));
	CHECK_EQ(load(B), 1);
	machine_switch(0, true);
	CHECK_EQ(load(B), 0);
	tables = &m.hardware.cells[SATP_ASID(m.vsatp)][at(B + 0x1000)].tables;
	CHECK(tables->count > 0);
	shared = tables->entries[0].value;
	CHECK_EQ(load(B + 0x1000), 1);
	/* nor do walks from the pointer to the shared table go on */
	for (unsigned i = 0; i < tables->count; i++)
		CHECK(tables->entries[i].value != shared);
	machine_switch(0, false);
	CHECK_EQ(load(B + 0x1000), -EXC_LOAD_PAGE_FAULT);
	CHECK_EQ(load(B), 0);
	machine_finish();
}

TEST("a user page that comes before the kernel's in its slot stays out of SUM=0, too")
{
	machine_start(usual);
	machine_switch(0, true);
	map(0, B, 0, LEAF(RAM_BASE, RW));
	map(0, B + 0x1000, 0, LEAF(RAM_BASE + 0x1000, RW | PTE_U));
	CHECK_EQ(load(B + 0x1000), 1);
	CHECK_EQ(load(B), 1);
	machine_switch(0, false);
	CHECK_EQ(load(B + 0x1000), -EXC_LOAD_PAGE_FAULT);
	CHECK_EQ(load(B), 1);
	machine_finish();
}

TEST("a warm switch gives the same vsatp and does nothing else")
{
	uint64_t first, second;
	unsigned before;

	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	map(1, K, 0, LEAF(RAM_BASE + 0x1000, RW));
	CHECK_EQ(load(K), 1);
	first = m.vsatp;
	machine_switch(1, false);
	second = m.vsatp;
	CHECK(first != second);
	CHECK_EQ(load(K), 1);
	before = fences() + m.allocations;
	machine_switch(0, false);
	CHECK_EQ(m.vsatp, first);
	CHECK_EQ(load(K), 0);
	machine_switch(1, false);
	CHECK_EQ(m.vsatp, second);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(fences() + m.allocations, before);
	machine_finish();
}

TEST("a satp that is not Sv39 needs no shadow, and a fault there is an error of ours")
{
	struct guest_trap trap;

	start();
	CHECK_EQ(shadow_switch(&m.shadow, 0, false), 0);
	CHECK_EQ(shadow_switch(&m.shadow, SATP_MODE_SV48 << SATP_MODE_SHIFT, false), 0);
	CHECK_EQ(shadow_fault(&m.shadow, GVA(K), WALK_LOAD, 0, false, false, &trap), -EINVAL);
	CHECK_EQ(shadow_fault(&m.shadow, GVA(K), WALK_LOAD, spaces[1].satp, false, false, &trap),
		 -EINVAL);
	machine_finish();
}

TEST("a guest superpage in RAM is filled by 2 MiB, elsewhere by 4 KiB")
{
	start();
	map(0, K, 1, LEAF(RAM_BASE + 2 * M, RWX));
	CHECK_EQ(load(K), 1);
	CHECK_EQ(load(K + 0x1ff000), 0);
	map(0, K + 0x200000, 1, LEAF(0x10000000, RW));
	CHECK_EQ(load(K + 0x200000), 1);
	CHECK_EQ(load(K + 0x201000), 1);
	map(0, B, 2, LEAF(RAM_BASE, RW));
	CHECK_EQ(load(B), 1);
	CHECK_EQ(load(B + 0x1000), 0);
	CHECK_EQ(load(B + 0x400000), 1);
	machine_finish();
}

TEST("MXR makes execute-only pages readable, the user's too, as long as it is set")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, PTE_X));
	map(0, U, 0, LEAF(RAM_BASE, PTE_X | PTE_U));
	machine_switch(0, true);
	CHECK_EQ(load(K), -EXC_LOAD_PAGE_FAULT);
	CHECK_EQ(load(U), -EXC_LOAD_PAGE_FAULT);
	machine_set_mxr(true);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(load(U), 1);
	CHECK_EQ(fetch(K), 0);
	CHECK_EQ(fetch(U), -EXC_INST_PAGE_FAULT);
	machine_set_mxr(false);
	CHECK_EQ(load(K), -EXC_LOAD_PAGE_FAULT);
	CHECK_EQ(load(U), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}

TEST("an MXR change drops nothing when no page depends on it")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, PTE_X));
	map(0, U, 0, LEAF(RAM_BASE, RW | PTE_U));
	machine_switch(0, true);
	CHECK_EQ(fetch(K), 1);
	CHECK_EQ(load(U), 1);
	machine_set_mxr(true);
	CHECK_EQ(load(K), 0);
	machine_set_mxr(false);
	CHECK_EQ(fetch(K), 0);
	CHECK_EQ(load(U), 0);
	machine_finish();
}

TEST("a PTE that points to the hypervisor's own pages gives an access fault")
{
	start();
	map(0, K, 0, LEAF(WINDOW, RWX));
	map(0, B, 2, LEAF(SHADOW_GPA_LIMIT - PAGE_1G_SIZE, RWX));
	map(0, TOP, 2, LEAF(SHADOW_GPA_LIMIT, RWX));
	CHECK_EQ(load(K), -EXC_LOAD_ACCESS);
	CHECK_EQ(store(K), -EXC_STORE_ACCESS);
	CHECK_EQ(fetch(K), -EXC_INST_ACCESS);
	CHECK_EQ(load(TOP), -EXC_LOAD_ACCESS);
	CHECK_EQ(load(B), 1);
	machine_finish();
}

TEST("a pinned page is readable and writable everywhere, whatever the guest maps there")
{
	start();
	map(0, K, 1, LEAF(RAM_BASE + 2 * M, RWX));
	CHECK_EQ(load(K + 0x5000), 1);
	machine_pin(K + 0x5000, WINDOW + 0x12345000);
	CHECK_EQ(store(K + 0x5000), 1);
	CHECK_EQ(fetch(K + 0x5000), -EXC_INST_PAGE_FAULT);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(store(K + 0x5000), 0);
	machine_switch(1, true);
	CHECK_EQ(load(K + 0x5000), 1);
	machine_sfence(false, 0, false, 0);
	CHECK_EQ(load(K + 0x5000), 1);
	machine_pin(TOP, WINDOW + 0x12345000);
	CHECK_EQ(load(TOP), 1);
	CHECK_EQ(load(K + 0x5000), -EXC_LOAD_PAGE_FAULT);
	machine_switch(0, false);
	CHECK_EQ(fetch(K + 0x5000), 1);
	machine_unpin();
	CHECK_EQ(load(TOP), -EXC_LOAD_PAGE_FAULT);
	CHECK_EQ(shadow_pin(&m.shadow, GVA(K + 8), GPA(0)), -EINVAL);
	CHECK_EQ(shadow_pin(&m.shadow, GVA(K), GPA(8)), -EINVAL);
	CHECK_EQ(shadow_pin(&m.shadow, GVA(0x4000000000), GPA(0)), -EINVAL);
	machine_finish();
}

TEST("the least recently used address space makes room for a new one")
{
	struct machine_config config = usual;

	config.asids = 7;
	machine_start(config);
	for (unsigned space = 0; space < 3; space++) {
		map(space, K, 0, LEAF(RAM_BASE, RW));
		machine_switch(space, false);
		CHECK_EQ(load(K), 1);
	}
	machine_switch(0, false);
	machine_switch(3, false);
	for (unsigned space = 0; space < 3; space += 2) {
		machine_switch(space, false);
		CHECK_EQ(load(K), 0);
	}
	machine_switch(1, false);
	CHECK_EQ(load(K), 1);
	machine_finish();
}

TEST("a full pool gives up other address spaces before the current one")
{
	struct machine_config config = usual;

	config.max_pages = SHADOW_MIN_PAGES;
	machine_start(config);
	for (unsigned space = 0; space < 3; space++) {
		for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++)
			map(space, addresses[a], 0, LEAF(RAM_BASE, RW));
	}
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++)
			CHECK_EQ(machine_access(a, WALK_STORE, false), 1);
	}
	CHECK(m.shadow.stat.reclaims > 0);
	for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++)
		CHECK_EQ(machine_access(a, WALK_STORE, false), 0);
	CHECK_EQ(m.used_count, SHADOW_MIN_PAGES);
	machine_finish();
}

TEST("an address space that fills the pool alone goes on, with global pages as without")
{
	struct machine_config config = usual;

	config.max_pages = SHADOW_MIN_PAGES;
	for (unsigned global = 0; global < 2; global++) {
		struct ptchain held = { 0 };

		machine_start(config);
		machine_switch(0, false);
		for (unsigned i = 0; i < SHADOW_MIN_PAGES - 10; i++)
			CHECK(ptpool_alloc(&m.shadow.pool, &held, 0));
		for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++) {
			map(0, addresses[a], 0, LEAF(RAM_BASE, RW | (global ? PTE_G : 0)));
			CHECK_EQ(load(addresses[a]), 1);
			CHECK_EQ(load(addresses[a]), 0);
		}
		CHECK(m.shadow.stat.reclaims > 0);
		CHECK_EQ(m.shadow.stat.global_fills, global * m.shadow.stat.fills);
		machine_finish();
	}
}

TEST("hardware that remembers an invalid PTE is fenced when the same fault comes again")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	CHECK_EQ(machine_access(at(K), WALK_LOAD, true), 2);
	CHECK_EQ(m.shadow.stat.spurious, 1);
	CHECK_EQ(machine_access(at(K), WALK_LOAD, true), 0);
	machine_finish();
}

TEST("shadow_init refuses too few pages or ASIDs and keeps nothing when memory is short")
{
	struct shadow_config config = {
		.ops = &machine_ops, .ctx = &m, .pages = m.pool,
		.max_pages = SHADOW_MIN_PAGES, .asid_count = 2,
	};

	start();
	machine_finish();
	for (unsigned pages = 0; pages < SHADOW_MIN_PAGES; pages++) {
		m.config.host_pages = pages;
		CHECK_EQ(shadow_init(&m.shadow, &config), -ENOMEM);
		CHECK_EQ(m.used_count, 0);
		shadow_destroy(&m.shadow);
	}
	m.config.host_pages = 256;
	config.asid_count = 1;
	CHECK_EQ(shadow_init(&m.shadow, &config), -EINVAL);
	config.asid_count = 2;
	config.max_pages--;
	CHECK_EQ(shadow_init(&m.shadow, &config), -EINVAL);
	shadow_destroy(&m.shadow);
	CHECK_EQ(m.used_count, 0);
}

TEST("statistics count fills, traps, drops, flushes and contexts")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	load(K);
	load(K + 0x1000);
	machine_sfence(true, K, false, 0);
	load(K);
	machine_sfence(false, 0, false, 0);
	machine_switch(1, false);
	CHECK_EQ(m.shadow.stat.fills, 2);
	CHECK_EQ(m.shadow.stat.traps, 1);
	CHECK_EQ(m.shadow.stat.drops, 1);
	CHECK_EQ(m.shadow.stat.flushes, 1);
	CHECK_EQ(m.shadow.stat.contexts, 2);
	CHECK_EQ(m.shadow.stat.spurious, 0);
	machine_finish();
}
