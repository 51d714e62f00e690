/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sv39 page tables of a test guest, out of a pool of pages in its image.
 * RISC-V privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System".
 */
#include "guest.h"

#define POOL_PAGES		64
#define IMAGE_BASE		0x80000000UL
#define IMAGE_LEAVES		4	/* 2 MiB each: the image, and the RAM in front of it */

static uint8_t pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int pool_used;

void *page_alloc(void)
{
	if (pool_used == POOL_PAGES) {
		test_fail("out of test pages");
		test_finish();
	}
	return memset(pool[pool_used++], 0, PAGE_SIZE);
}

void page_reset(void)
{
	pool_used = 0;
}

uint64_t *page_entry(uint64_t *root, uint64_t va, unsigned int level)
{
	uint64_t *table = root;

	for (unsigned int l = SV39_LEVELS - 1; l > level; l--) {
		uint64_t *entry = &table[SV39_INDEX(va, l)];

		if (!(*entry & PTE_V))
			*entry = PA_TO_PTE((uintptr_t)page_alloc()) | PTE_V;
		table = (uint64_t *)PTE_TO_PA(*entry);
	}
	return &table[SV39_INDEX(va, level)];
}

void page_map(uint64_t *root, uint64_t va, uint64_t pa, uint64_t flags, unsigned int level)
{
	*page_entry(root, va, level) = PA_TO_PTE(pa) | flags;
}

uint64_t *page_root(void)
{
	uint64_t *root = page_alloc();

	for (uint64_t i = 0; i < IMAGE_LEAVES; i++) {
		uint64_t pa = IMAGE_BASE + i * PAGE_2M_SIZE;

		page_map(root, pa, pa, PTE_S_RWX, 1);
	}
	return root;
}

void page_switch(const uint64_t *root, uint64_t asid)
{
	csr_write(CSR_SATP, SATP_MODE_SV39 << SATP_MODE_SHIFT | asid << SATP_ASID_SHIFT |
				    (uintptr_t)root >> PAGE_SHIFT);
	sfence_all();
}

void page_off(void)
{
	csr_write(CSR_SATP, 0);
	sfence_all();
}
