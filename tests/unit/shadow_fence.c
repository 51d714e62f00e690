/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shadow, one behaviour a test: what SFENCE.VMA drops of mappings that are not global, and what
 * it leaves. RISC-V privileged specification, "Supervisor Memory-Management Fence Instruction".
 * SOURCES: hypervisor/mem/shadow.c hypervisor/mem/shadow_fill.c hypervisor/mem/ptpool.c
 * SOURCES: hypervisor/mem/walk.c hypervisor/lib/string.c
 */
#include "shadow_usual.h"

TEST("a fence of any address drops all that was filled from the guest's superpage there")
{
	start();
	map(0, K + 0x200000, 1, LEAF(0x10000000, RW));
	CHECK_EQ(load(K + 0x200000), 1);
	CHECK_EQ(load(K + 0x201000), 1);
	map(0, K + 0x200000, 1, LEAF(0x10200000, RW));
	machine_sfence(true, K + 0x3fe123, false, 0);
	CHECK_EQ(load(K + 0x200000), 1);
	CHECK_EQ(load(K + 0x201000), 1);
	map(0, B, 2, LEAF(RAM_BASE, RW));
	CHECK_EQ(load(B), 1);
	CHECK_EQ(load(B + 0x400000), 1);
	map(0, B, 2, LEAF(0xc0000000, RW));
	machine_sfence(true, B + 0x3f000000, true, 1);
	CHECK_EQ(load(B), 1);
	CHECK_EQ(load(B + 0x1000), 1);
	machine_finish();
}

TEST("such a fence also finds, under SUM=0, what was filled under SUM=1 before a user page came")
{
	start();
	machine_switch(0, true);
	map(0, B, 2, LEAF(0xc0000000, RW));
	CHECK_EQ(load(B + 0x1000), 1);
	*guest_pte(0, B, 2, 0) = 0;
	map(0, B + 0x400000, 0, LEAF(RAM_BASE, RW | PTE_U));
	CHECK_EQ(load(B + 0x400000), 1);
	machine_switch(0, false);
	CHECK_EQ(load(B + 0x1000), 0);
	machine_sfence(true, B + 0x3f000000, false, 0);
	CHECK_EQ(load(B + 0x1000), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}

TEST("pages that come where a superpage was dropped are dropped one by one again")
{
	start();
	map(0, B, 2, LEAF(0xc0000000, RW));
	CHECK_EQ(load(B), 1);
	*guest_pte(0, B, 2, 0) = 0;
	machine_sfence(true, B, false, 0);
	map(0, B, 0, LEAF(RAM_BASE, RW));
	map(0, B + 0x1000, 0, LEAF(RAM_BASE, RW));
	CHECK_EQ(load(B), 1);
	CHECK_EQ(load(B + 0x1000), 1);
	machine_sfence(true, B, false, 0);
	CHECK_EQ(load(B + 0x1000), 0);
	CHECK_EQ(load(B), 1);
	machine_finish();
}

TEST("a 4 KiB page where the guest had a superpage is filled alone, and the superpage forgotten")
{
	start();
	map(0, K, 1, LEAF(RAM_BASE + 2 * M, RW));
	CHECK_EQ(load(K), 1);
	*guest_pte(0, K, 1, 0) = 0;
	map(0, K, 0, LEAF(RAM_BASE, PTE_R | PTE_X));
	CHECK_EQ(fetch(K), 1);
	machine_sfence(true, K + 0x1000, false, 0);
	CHECK_EQ(load(K + 0x1000), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}

TEST("sfence.vma with an address leaves other pages, with an ASID other address spaces")
{
	start();
	for (unsigned space = 0; space < 3; space++) {
		map(space, K, 0, LEAF(RAM_BASE, RW));
		map(space, K + 0x1000, 0, LEAF(RAM_BASE, RW));
		machine_switch(space, false);
		CHECK_EQ(load(K), 1);
		CHECK_EQ(load(K + 0x1000), 1);
	}
	machine_sfence(true, K, true, 2);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(load(K + 0x1000), 0);
	machine_switch(0, false);
	CHECK_EQ(load(K), 0);
	machine_sfence(true, K + 0xfff, false, 0);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(load(K + 0x1000), 0);
	machine_sfence(false, 0, true, 1);
	CHECK_EQ(load(K + 0x1000), 1);
	machine_switch(1, false);
	CHECK_EQ(load(K + 0x1000), 1);
	machine_switch(2, false);
	CHECK_EQ(load(K + 0x1000), 0);
	CHECK_EQ(load(K), 1);
	machine_sfence(false, 0, false, 0);
	CHECK_EQ(load(K), 1);
	machine_finish();
}

TEST("sfence.vma with an address that is not canonical, or not in any TLB, does nothing")
{
	unsigned before;

	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	CHECK_EQ(load(K), 1);
	before = fences();
	machine_sfence(true, K & 0x7fffffffffffffff, false, 0);
	machine_sfence(true, 0x4000000000, false, 0);
	machine_sfence(true, K + 0x1000, false, 0);
	machine_sfence(true, U, true, 1);
	CHECK_EQ(fences(), before);
	CHECK_EQ(load(K), 0);
	machine_finish();
}

TEST("a fence of everything where nothing was filled does nothing")
{
	unsigned before;

	start();
	machine_switch(0, true);
	before = fences();
	machine_sfence(false, 0, false, 0);
	CHECK_EQ(fences(), before);
	machine_finish();
}

TEST("the vsatp in use survives a fence of everything")
{
	uint64_t vsatp;

	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	CHECK_EQ(load(K), 1);
	vsatp = m.vsatp;
	machine_sfence(false, 0, false, 0);
	machine_switch(0, false);
	CHECK_EQ(m.vsatp, vsatp);
	CHECK_EQ(load(K), 1);
	machine_finish();
}

TEST("sfence.vma of an ASID drops few pages or many, and keeps the tables of few")
{
	for (unsigned count = SHADOW_LOG - 1; count <= ARRAY_SIZE(addresses); count++) {
		uint32_t tables;

		start();
		for (unsigned a = 0; a < count; a++) {
			map(0, addresses[a], 0, LEAF(RAM_BASE + a * PAGE_SIZE, RW));
			CHECK_EQ(load(addresses[a]), 1);
		}
		tables = m.shadow.pool.free.count;
		machine_sfence(false, 0, true, 1);
		CHECK_EQ(m.shadow.pool.free.count == tables, count <= SHADOW_LOG);
		for (unsigned a = 0; a < count; a++)
			CHECK_EQ(load(addresses[a]), 1);
		machine_finish();
	}
}

TEST("superpages that make way for pages, fence after fence, take no more tables each time")
{
	start();
	for (unsigned i = 0; i < 50; i++) {
		map(0, K, 1, LEAF(RAM_BASE + 2 * M, RW));
		CHECK_EQ(load(K), 1);
		*guest_pte(0, K, 1, 0) = 0;
		map(0, K, 0, LEAF(RAM_BASE, PTE_R | PTE_X));
		CHECK_EQ(fetch(K), 1);
		machine_sfence(false, 0, true, 1);
	}
	CHECK_EQ(m.used_count, SHADOW_MIN_PAGES);
	machine_finish();
}

TEST("a context that is used again for another address space shows nothing of the first")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	map(0, U, 0, LEAF(RAM_BASE, RW | PTE_U));
	map(1, B, 0, LEAF(RAM_BASE + 0x1000, RW));
	machine_switch(0, true);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(load(U), 1);
	machine_switch(1, false);
	CHECK_EQ(load(B), 1);
	/* of both; the first is not the current one and given up */
	machine_sfence(false, 0, true, 1);
	machine_switch(3, true);
	CHECK_EQ(SATP_ASID(m.vsatp), ASID_FIRST + 1);
	*guest_pte(3, K, 2, 0) = *guest_pte(3, U, 2, 0) = 0;
	CHECK_EQ(load(K), -EXC_LOAD_PAGE_FAULT);
	CHECK_EQ(load(U), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}
