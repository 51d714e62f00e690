/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roots of address spaces and their ASIDs.
 * Privileged specification, "Supervisor Address Translation and Protection (satp) Register".
 */
#include "priv/root.h"

#include "boot/hart.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/page.h"
#include "priv/priv.h"

#define ROOT_KERNEL_HALF	(SV39_ENTRIES / 2)

struct root root_kernel;

/*
 * ASIDs are handed out in order and never given back. When they run out everything is flushed
 * and a new generation begins; a root of an older one gets a new ASID when it next runs.
 */
static uint64_t root_generation = 1, root_next_asid = 1;
/* The slots of the kernel that every root shares; fixed after boot. */
static uint16_t root_slots[SV39_ENTRIES];
static size_t root_slot_count;

static void root_assign_asid(struct root *root)
{
	if (root->generation == root_generation)
		return;
	if (priv_asid_bits == 0) {
		root->generation = root_generation;
		return;
	}
	if (root_next_asid >> priv_asid_bits) {
		root_generation++;
		root_next_asid = 1;
		priv_fence_all();
	}
	root->asid = root_next_asid++;
	root->generation = root_generation;
}

uint64_t root_satp(struct root *root)
{
	root_assign_asid(root);
	return SATP_MODE_SV39 << SATP_MODE_SHIFT | root->asid << SATP_ASID_SHIFT |
	       virt_to_phys(root->table) >> PAGE_SHIFT;
}

void root_init(pte_t *table)
{
	uint64_t satp;

	root_kernel.table = table;
	root_kernel.generation = root_generation;
	for (size_t i = ROOT_KERNEL_HALF; i < SV39_ENTRIES; i++)
		if (pte_exists(table[i]))
			root_slots[root_slot_count++] = (uint16_t)i;
	/* Bits of the ASID field that are not implemented read as zero. */
	satp = root_satp(&root_kernel) | SATP_ASID_MASK << SATP_ASID_SHIFT;
	priv_write_satp(satp);
	for (satp = SATP_ASID(priv_csr_read(satp)); satp & 1; satp >>= 1)
		priv_asid_bits++;
	root_kernel.generation = 0;
	hart_this->satp = root_satp(&root_kernel);
	priv_write_satp(hart_this->satp);
	priv_fence_all();
}

int root_new(struct root *root)
{
	struct page *page = page_alloc_zeroed();

	if (!page)
		return -ENOMEM;
	root->table = page_to_virt(page);
	root->asid = root->generation = 0;
	for (size_t i = 0; i < root_slot_count; i++)
		pte_set(&root->table[root_slots[i]], root_kernel.table[root_slots[i]]);
	return 0;
}

void root_free(struct root *root)
{
	page_put(page_of(root->table));
	root->table = NULL;
}

void root_switch(struct root *root)
{
	uint64_t satp = root_satp(root);

	if (hart_this->satp == satp)
		return;
	hart_this->satp = satp;
	priv_write_satp(satp);
	if (priv_asid_bits == 0)
		priv_fence_all();
}

void root_fence(struct root *root)
{
	/* A root without an ASID of this generation has nothing cached. */
	if (root->generation != root_generation)
		return;
	if (priv_asid_bits)
		priv_fence_asid(root->asid);
	else
		priv_fence_all();
}

void root_fence_page(struct root *root, uint64_t va)
{
	if (root->generation != root_generation)
		return;
	if (priv_asid_bits)
		priv_fence_page_asid(va, root->asid);
	else
		priv_fence_page(va);
}
