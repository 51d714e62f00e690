/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shadow, one behaviour a test: global mappings, which all address spaces share and fences of
 * an ASID leave. RISC-V privileged specification, "Supervisor Memory-Management Fence Instruction"
 * and "Sv32: Addressing and Memory Protection" (the G bit).
 * SOURCES: hypervisor/mem/shadow.c hypervisor/mem/shadow_fill.c hypervisor/mem/ptpool.c
 * SOURCES: hypervisor/mem/walk.c hypervisor/lib/string.c
 */
#include "shadow_usual.h"

#define G_RW	(RW | PTE_G)

/* Map the same page in the first spaces. */
static void map_all(uint64_t va, unsigned level, uint64_t pte)
{
	for (unsigned space = 0; space < 3; space++)
		map(space, va, level, pte);
}

TEST("a global page takes one fault in all address spaces together, under either SUM")
{
	unsigned before;

	start();
	machine_switch(1, true);
	before = fences();
	map_all(K, 0, LEAF(RAM_BASE, G_RW));
	map_all(K + 0x1000, 0, LEAF(RAM_BASE + 0x1000, G_RW));
	CHECK_EQ(load(K), 1);
	machine_switch(0, false);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(K + 0x1000), 1);
	CHECK_EQ(fences(), before);
	/* one that is new finds both */
	machine_switch(2, true);
	CHECK_EQ(store(K), 0);
	CHECK_EQ(store(K + 0x1000), 0);
	CHECK_EQ(m.shadow.stat.global_fills, 2);
	machine_finish();
}

TEST("sfence.vma of an ASID, with an address or without, leaves global pages")
{
	start();
	map_all(K, 0, LEAF(RAM_BASE, G_RW));
	map_all(U, 0, LEAF(RAM_BASE, RW));
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		CHECK_EQ(load(K), space == 0);
		CHECK_EQ(load(U), 1);
	}
	machine_sfence(false, 0, true, 2);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(U), 1);
	machine_sfence(true, K, true, 2);
	CHECK_EQ(load(K), 0);
	machine_sfence(false, 0, true, 1);
	machine_switch(0, false);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(U), 1);
	machine_finish();
}

TEST("sfence.vma of all ASIDs drops global pages from every address space")
{
	start();
	map_all(K, 0, LEAF(RAM_BASE, G_RW));
	map_all(K + 0x1000, 0, LEAF(RAM_BASE, G_RW));
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		CHECK_EQ(load(K), space == 0);
		CHECK_EQ(load(K + 0x1000), space == 0);
	}
	map_all(K, 0, LEAF(RAM_BASE, PTE_R | PTE_G));
	machine_sfence(true, K, false, 0);
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		CHECK_EQ(store(K), -EXC_STORE_PAGE_FAULT);
		CHECK_EQ(store(K + 0x1000), 0);
	}
	map_all(K + 0x1000, 0, 0);
	machine_sfence(false, 0, false, 0);
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		CHECK_EQ(load(K + 0x1000), -EXC_LOAD_PAGE_FAULT);
	}
	machine_finish();
}

TEST("a pointer with G makes all below it global")
{
	start();
	map_all(K, 0, LEAF(RAM_BASE, RW));
	*guest_pte(0, K, 1, 0) |= PTE_G;
	CHECK_EQ(load(K), 1);
	CHECK_EQ(m.shadow.stat.global_fills, 1);
	*guest_pte(0, K, 1, 0) &= ~PTE_G;
	*guest_pte(0, K, 2, 0) |= PTE_G;
	machine_sfence(false, 0, false, 0);
	CHECK_EQ(load(K), 1);
	CHECK_EQ(m.shadow.stat.global_fills, 2);
	machine_finish();
}

TEST("a user's page with G stays out of SUM=0 in all address spaces")
{
	start();
	machine_switch(0, true);
	map_all(K, 0, LEAF(RAM_BASE, G_RW | PTE_U));
	CHECK_EQ(load(K), 1);
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		CHECK_EQ(load(K), -EXC_LOAD_PAGE_FAULT);
	}
	machine_finish();
}

TEST("a global page that becomes writable is fenced by its address, under all ASIDs")
{
	start();
	map_all(K, 0, PA_TO_PTE(RAM_BASE) | PTE_V | PTE_A | G_RW);
	CHECK_EQ(load(K), 1);
	machine_switch(1, false);
	CHECK_EQ(load(K), 0);
	forget_invalid(K);
	CHECK_EQ(machine_access(at(K), WALK_STORE, true), 1);
	CHECK_EQ(m.fences_va_all, 1);
	machine_switch(0, false);
	forget_invalid(K);
	CHECK_EQ(machine_access(at(K), WALK_STORE, true), 0);
	machine_finish();
}

TEST("a global superpage is shared, and a fence of any address in it drops all of it everywhere")
{
	static const uint64_t parts[] = { B, B + 0x1000, B + 0x400000 };

	for (unsigned level = 1; level <= 2; level++) {
		unsigned count = level == 1 ? 2 : 3;
		uint64_t other = level == 1 ? B + 0x1ff000 : B + 0x3f000000;

		start();
		/* not RAM: filled by 4 KiB */
		map_all(B, level, LEAF(0xc0000000, G_RW));
		for (unsigned i = 0; i < count; i++)
			CHECK_EQ(load(parts[i]), 1);
		machine_switch(1, false);
		for (unsigned i = 0; i < count; i++)
			CHECK_EQ(load(parts[i]), 0);
		map_all(B, level, 0);
		machine_sfence(true, other, false, 0);
		for (unsigned i = 0; i < count; i++)
			CHECK_EQ(load(parts[i]), -EXC_LOAD_PAGE_FAULT);
		machine_switch(0, false);
		for (unsigned i = 0; i < count; i++)
			CHECK_EQ(load(parts[i]), -EXC_LOAD_PAGE_FAULT);
		machine_finish();
	}
}

TEST("a global 4 KiB page where there was a global superpage is filled alone, for all")
{
	start();
	map_all(K, 1, LEAF(RAM_BASE + 2 * M, G_RW));
	CHECK_EQ(load(K), 1);
	machine_switch(1, false);
	CHECK_EQ(load(K + 0x1000), 0);
	*guest_pte(1, K, 1, 0) = 0;
	map(1, K, 0, LEAF(RAM_BASE, PTE_R | PTE_X | PTE_G));
	CHECK_EQ(fetch(K), 1);
	machine_sfence(true, K + 0x1000, false, 0);
	CHECK_EQ(load(K + 0x1000), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}

TEST("a page of one address space beside global ones is its own; a fence gives the slot back")
{
	start();
	map_all(K, 0, LEAF(RAM_BASE, G_RW));
	map(0, K + 0x1000, 0, LEAF(RAM_BASE + 0x1000, RW));
	map(1, K + 0x1000, 0, 0);
	machine_switch(1, false);
	CHECK_EQ(load(K), 1);
	machine_switch(0, false);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(K + 0x1000), 1);
	CHECK_EQ(load(K), 1);
	machine_switch(1, false);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(K + 0x1000), -EXC_LOAD_PAGE_FAULT);
	machine_switch(0, false);
	machine_sfence(false, 0, true, 1);
	CHECK_EQ(load(K), 0);
	machine_finish();
}

TEST("when a slot becomes a context's own, neither of its roots leads to what is shared")
{
	for (unsigned sum = 0; sum < 2; sum++) {
		start();
		map_all(K, 0, LEAF(RAM_BASE, G_RW));
		map(0, K + 0x1000, 0, LEAF(RAM_BASE + 0x1000, RW));
		machine_switch(0, !sum);
		CHECK_EQ(load(K), 1);
		machine_switch(0, sum);
		CHECK_EQ(load(K + 0x1000), 1);
		/* nor does the hardware remember, under the other, that nothing was there */
		machine_switch(0, !sum);
		CHECK_EQ(machine_access(at(K + 0x1000), WALK_LOAD, true), 0);
		machine_finish();
	}
}

TEST("a slot that is shared after a context had its own there is shared with the others")
{
	start();
	map(0, K, 0, LEAF(RAM_BASE, RW));
	map_all(K + 0x1000, 0, LEAF(RAM_BASE + 0x1000, G_RW));
	CHECK_EQ(load(K), 1);
	machine_switch(1, false);
	CHECK_EQ(load(K + 0x1000), 1);
	machine_switch(2, false);
	CHECK_EQ(load(K + 0x1000), 0);
	machine_switch(0, false);
	CHECK_EQ(load(K), 0);
	CHECK_EQ(load(K + 0x1000), 1);
	machine_sfence(false, 0, false, 0);
	for (unsigned space = 0; space < 3; space++) {
		machine_switch(space, false);
		CHECK_EQ(load(K + 0x1000), space == 0);
	}
	machine_finish();
}

TEST("a pinned page takes one fault in all address spaces together, and stays when they go")
{
	start();
	machine_pin(K + 0x5000, WINDOW + 0x12345000);
	CHECK_EQ(store(K + 0x5000), 1);
	for (unsigned space = 1; space < 3; space++) {
		machine_switch(space, space == 1);
		CHECK_EQ(store(K + 0x5000), 0);
		machine_sfence(false, 0, true, space);
		CHECK_EQ(store(K + 0x5000), 0);
	}
	machine_unpin();
	CHECK_EQ(load(K + 0x5000), -EXC_LOAD_PAGE_FAULT);
	machine_switch(0, false);
	CHECK_EQ(load(K + 0x5000), -EXC_LOAD_PAGE_FAULT);
	machine_finish();
}
