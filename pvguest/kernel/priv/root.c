/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roots of address spaces and their ASIDs.
 * Privileged specification, "Supervisor Address Translation and Protection (satp) Register".
 */
#include "priv/root.h"

#include "boot/hart.h"
#include "boot/info.h"
#include "drv/sbi.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "mm/map.h"
#include "mm/page.h"
#include "priv/priv.h"
#include "priv/smp.h"

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

/* Some hart runs on that ASID now. */
static __attribute__((noinline)) bool root_asid_is_running(uint64_t asid)
{
	for (size_t i = 0; i < hart_count; i++)
		if (hart_all[i]->root && hart_all[i]->root->asid == asid)
			return true;
	return false;
}

/* What harts run now keeps its ASID, as their satp cannot be changed from here. */
static __attribute__((noinline)) void root_begin_generation(void)
{
	root_generation++;
	root_next_asid = 1;
	priv_fence_all();
	for (size_t i = 0; priv_is_smp() && i < hart_count; i++) {
		if (hart_all[i]->root)
			hart_all[i]->root->generation = root_generation;
		if (hart_all[i] != hart_this && hart_all[i]->online)
			sbi_fence_all(hart_all[i]->id);
	}
}

static uint64_t root_make_satp(const struct root *root)
{
	return SATP_MODE_SV39 << SATP_MODE_SHIFT | root->asid << SATP_ASID_SHIFT |
	       virt_to_phys(root->table) >> PAGE_SHIFT;
}

static __attribute__((noinline)) void root_assign_asid(struct root *root)
{
	if (priv_asid_bits != 0) {
		do {
			if (root_next_asid >> priv_asid_bits)
				root_begin_generation();
			root->asid = root_next_asid++;
		} while (priv_is_smp() && root_asid_is_running(root->asid));
	}
	root->generation = root_generation;
	root->satp = root_make_satp(root);
}

uint64_t root_satp(struct root *root)
{
	if (root->generation != root_generation)
		root_assign_asid(root);
	return root->satp;
}

void root_init(pte_t *table)
{
	uint64_t satp;

	root_kernel.table = table;
	for (size_t i = ROOT_KERNEL_HALF; i < SV39_ENTRIES; i++)
		if (pte_exists(table[i]))
			root_slots[root_slot_count++] = (uint16_t)i;
	/* Bits of the ASID field that are not implemented read as zero. */
	satp = root_make_satp(&root_kernel) | SATP_ASID_MASK << SATP_ASID_SHIFT;
	priv_write_satp(satp);
	for (satp = SATP_ASID(priv_csr_read(satp)); satp & 1; satp >>= 1)
		priv_asid_bits++;
	/* Each hart needs one that no other uses, and there must be some to give away. */
	if (1UL << priv_asid_bits <= 2 * info.hart_count)
		priv_asid_bits = 0;
	hart_this->satp = root_satp(&root_kernel);
	hart_this->root = &root_kernel;
	priv_write_satp(hart_this->satp);
	priv_fence_all();
}

int root_new(struct root *root)
{
	struct page *page = page_alloc_zeroed();

	if (!page)
		return -ENOMEM;
	map_table_pages++;
	root->table = page_to_virt(page);
	root->asid = root->generation = root->harts = root->stale = 0;
	/* Its pages may hold code that another hart has put there. */
	root->stale_code = ~0UL;
	for (size_t i = 0; i < root_slot_count; i++)
		pte_set(&root->table[root_slots[i]], root_kernel.table[root_slots[i]]);
	return 0;
}

void root_free(struct root *root)
{
	map_table_pages--;
	page_put(page_of(root->table));
	root->table = NULL;
}

/* Several harts: this one is about to use root, and makes up for what it missed. */
static __attribute__((noinline)) void root_arrive(struct root *root)
{
	struct hart *hart = hart_this;
	uint64_t stale = root->stale & hart->mask, stale_code = root->stale_code & hart->mask;

	hart->root = root;
	root->harts |= hart->mask;
	root->stale &= ~stale;
	root->stale_code &= ~stale_code;
	if (stale && priv_asid_bits)
		priv_fence_asid(root->asid);
	if (stale_code)
		__asm__ volatile("fence.i" : : : "memory");
}

void root_switch(struct root *root)
{
	uint64_t satp = root_satp(root);

	if (priv_is_smp())
		root_arrive(root);
	if (hart_this->satp == satp)
		return;
	hart_this->satp = satp;
	priv_write_satp(satp);
	if (priv_asid_bits == 0)
		priv_fence_all();
}

void root_join(void)
{
	hart_this->satp = root_satp(&root_kernel);
	root_arrive(&root_kernel);
	priv_write_satp(hart_this->satp);
	priv_fence_all();
}

static void root_fence_here(struct root *root)
{
	if (priv_asid_bits)
		priv_fence_asid(root->asid);
	else
		priv_fence_all();
}

/* Whether a hart other than this one runs on root now. */
static bool root_runs_on(const struct root *root, const struct hart *hart)
{
	return hart != hart_this && hart->root == root;
}

/* size bytes from va; 0 and ~0: everything. */
static __attribute__((noinline)) void root_fence_others(struct root *root, uint64_t va,
							uint64_t size)
{
	uint64_t now = hart_this->mask;

	for (size_t i = 0; i < hart_count; i++) {
		if (!root_runs_on(root, hart_all[i]))
			continue;
		now |= hart_all[i]->mask;
		if (priv_asid_bits)
			sbi_fence_asid(hart_all[i]->id, va, size, root->asid);
		else
			sbi_fence_all(hart_all[i]->id);
	}
	root->stale |= root->harts & ~now;
	root->harts &= now;
}

void root_fence(struct root *root)
{
	/* A root without an ASID of this generation has nothing cached. */
	if (root->generation != root_generation)
		return;
	root_fence_here(root);
	if (priv_is_smp() && (root->harts & ~hart_this->mask))
		root_fence_others(root, 0, ~0UL);
}

void root_fence_page_here(struct root *root, uint64_t va)
{
	if (root->generation != root_generation)
		return;
	if (priv_asid_bits)
		priv_fence_page_asid(va, root->asid);
	else
		priv_fence_page(va);
}

void root_fence_page(struct root *root, uint64_t va)
{
	root_fence_page_here(root, va);
	if (priv_is_smp() && root->generation == root_generation &&
	    (root->harts & ~hart_this->mask))
		root_fence_others(root, va, PAGE_SIZE);
}

void root_fence_code(struct root *root)
{
	__asm__ volatile("fence.i" : : : "memory");
	if (!priv_is_smp())
		return;
	root->stale_code = ~hart_this->mask;
	for (size_t i = 0; i < hart_count; i++) {
		if (!root_runs_on(root, hart_all[i]))
			continue;
		sbi_fence_code(hart_all[i]->id);
		root->stale_code &= ~hart_all[i]->mask;
	}
}
