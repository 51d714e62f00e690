/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own address space: image, direct map of RAM, devices, stacks with guard pages.
 * Privileged specification, "Sv39".
 */
#include <riscv/csr.h>
#include "lib/errno.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"

extern char image_start[], text_start[], text_end[], rodata_end[], image_end[];

#define PROT_READ  (PTE_R)
#define PROT_WRITE (PTE_R | PTE_W)
#define PROT_EXEC  (PTE_R | PTE_X)

static uint64_t *root;
static uint64_t next_stack = HV_WINDOW;

/* The table below *pte, made if there is none. NULL without memory. */
static uint64_t *next_table(uint64_t *pte)
{
	uint64_t *table;

	if (*pte & PTE_V)
		return hva_from_hpa(HPA(PTE_TO_PA(*pte)));
	table = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);
	if (table != NULL)
		*pte = PA_TO_PTE(hpa_from_hva(table).v) | PTE_V;
	return table;
}

/*
 * Map one stretch with the largest leaves that alignment allows. What is mapped already stays as
 * it is, which lets RAM be added around the image and a device be asked for twice.
 */
static int map(uint64_t va, uint64_t pa, uint64_t size, uint64_t prot)
{
	while (size > 0) {
		uint64_t *table = root, *pte = NULL;
		int level;

		for (level = SV39_LEVELS - 1;; level--) {
			uint64_t leaf = 1UL << SV39_SHIFT(level);

			pte = &table[SV39_INDEX(va, level)];
			if (level == 0 || (*pte & PTE_V && PTE_IS_LEAF(*pte)))
				break;
			if (!(*pte & PTE_V) && IS_ALIGNED(va | pa, leaf) && size >= leaf)
				break;
			table = next_table(pte);
			if (table == NULL)
				return -ENOMEM;
		}
		if (!(*pte & PTE_V))
			*pte = PA_TO_PTE(pa) | prot | PTE_V | PTE_G | PTE_A | PTE_D;

		uint64_t leaf = 1UL << SV39_SHIFT(level);
		uint64_t step = MIN(size, leaf - (va & (leaf - 1)));

		va += step;
		pa += step;
		size -= step;
	}
	/* Entries that were invalid may be cached as such. */
	__asm__ volatile("sfence.vma" : : : "memory");
	return 0;
}

static int map_image(const char *start, const char *end, uint64_t prot)
{
	return map((uint64_t)start, hpa_from_hva(start).v, (uint64_t)(end - start), prot);
}

int hvmap_init(void)
{
	int err;

	root = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);
	if (root == NULL)
		return -ENOMEM;
	err = map_image(text_start, text_end, PROT_EXEC);
	if (!err)
		err = map_image(text_end, rodata_end, PROT_READ);
	if (!err)
		err = map_image(rodata_end, image_end, PROT_WRITE);
	return err;
}

int hvmap_add_ram(hpa_t base, uint64_t size)
{
	if (base.v >= HV_DIRECT_SIZE)
		return -EINVAL;
	size = MIN(size, HV_DIRECT_SIZE - base.v);
	return map(base.v + HV_OFFSET, base.v, size, PROT_WRITE);
}

void *hvmap_device(hpa_t base, uint64_t size)
{
	uint64_t start = ALIGN_DOWN(base.v, PAGE_SIZE);
	uint64_t end = ALIGN_UP(base.v + size, PAGE_SIZE);

	if (end > HV_DIRECT_SIZE || end < base.v)
		return NULL;
	if (map(start + HV_OFFSET, start, end - start, PROT_WRITE))
		return NULL;
	return hva_from_hpa(base);
}

uint64_t hvmap_stack(void)
{
	uint64_t base = next_stack + PAGE_SIZE, top = base + HART_STACK_SIZE;

	if (top + PAGE_SIZE > HV_WINDOW + HV_WINDOW_SIZE)
		return 0;
	for (uint64_t va = base; va < top; va += PAGE_SIZE) {
		void *page = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);

		if (page == NULL || map(va, hpa_from_hva(page).v, PAGE_SIZE, PROT_WRITE))
			return 0;
	}
	next_stack = top;
	return top;
}

uint64_t hvmap_satp(void)
{
	return SATP_MODE_SV39 << SATP_MODE_SHIFT | hpa_from_hva(root).v >> PAGE_SHIFT;
}
