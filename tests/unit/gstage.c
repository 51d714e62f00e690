/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The G-stage builder, watched by a TLB that forgets nothing until it is fenced, with every
 * allocation made to fail in turn, and freed tables turned into traps for a walker.
 * SOURCES: hypervisor/mem/gstage.c
 */
#include "test.h"

#include "lib/errno.h"
#include "mem/gstage.h"
#include "softtlb.h"

#define ARENA_PAGES	512u
#define ARENA_HPA	0x240000000UL
/* What a freed page is full of: a leaf that allows everything. */
#define POISON		(PA_TO_PTE(0x66660000000UL) | 0xdf)
#define M		(1UL << 20)
#define G		(1UL << 30)

static uint64_t (*arena)[SV39_ENTRIES];
static bool used[ARENA_PAGES];
static unsigned used_count, allocations, fail_at, fences;
static struct softtlb tlb;
static struct gstage lender, borrower;

/* The machine looks at its tables whenever it wants; both VMIDs run at once, tags 0 and 1. */
static uint64_t roots[2];		/* as in hgatp; 0 = not loaded */

static void speculate(void)
{
	for (unsigned tag = 0; tag < 2; tag++)
		softtlb_speculate(&tlb, tag, roots[tag]);
}

static void load_roots(void)
{
	roots[0] = lender.root ? lender.ops->to_hpa(lender.ctx, lender.root).v : 0;
	roots[1] = borrower.root ? borrower.ops->to_hpa(borrower.ctx, borrower.root).v : 0;
}

static void *arena_alloc(void *ctx, unsigned order)
{
	unsigned size = 1u << order;

	CHECK(ctx == &tlb);
	speculate();
	if (allocations++ == fail_at)
		return NULL;
	for (unsigned i = 0; i + size <= ARENA_PAGES; i += size) {
		unsigned j = 0;

		while (j < size && !used[i + j])
			j++;
		if (j < size)
			continue;
		memset(arena[i], 0, size * PAGE_SIZE);
		for (j = 0; j < size; j++)
			used[i + j] = true;
		used_count += size;
		return arena[i];
	}
	return NULL;
}

static void arena_free(void *ctx, void *table, unsigned order)
{
	unsigned i = (unsigned)((uint64_t(*)[SV39_ENTRIES])table - arena);

	CHECK(ctx == &tlb);
	speculate();
	for (unsigned j = 0; j < 1u << order; j++) {
		CHECK(used[i + j]);
		used[i + j] = false;
		for (unsigned k = 0; k < SV39_ENTRIES; k++)
			arena[i + j][k] = POISON;
	}
	used_count -= 1u << order;
	speculate();
}

static hpa_t arena_to_hpa(void *ctx, void *table)
{
	(void)ctx;
	return HPA((uintptr_t)table - (uintptr_t)arena + ARENA_HPA);
}

static void *arena_from_hpa(void *ctx, hpa_t hpa)
{
	(void)ctx;
	return (char *)arena + (hpa.v - ARENA_HPA);
}

static const uint64_t *read_pte(void *ctx, uint64_t pa)
{
	(void)ctx;
	return pa - ARENA_HPA < ARENA_PAGES * PAGE_SIZE ?
		       (uint64_t *)arena + (pa - ARENA_HPA) / 8 : NULL;
}

static void fence_page(void *ctx, gpa_t gpa)
{
	(void)ctx;
	fences++;
	speculate();
	softtlb_fence_address(&tlb, 0, gpa.v, false);
	softtlb_fence_address(&tlb, 1, gpa.v, false);
	speculate();
}

static void fence_all(void *ctx)
{
	(void)ctx;
	fences++;
	speculate();
	softtlb_fence_all(&tlb);
	speculate();
}

static const struct pt_ops ops = {
	arena_alloc, arena_free, arena_to_hpa, arena_from_hpa, fence_page, fence_all,
};

/* Pages of interest: both ends of leaves of every size, and the ends of the address space. */
static const uint64_t addresses[] = {
	0, 0x1000, 2 * M - 0x1000, 2 * M, G - 0x1000, G,
	2 * G - 0x1000, 2 * G, 2 * G + 0x1000, 2 * G + 0x5000, 2 * G + 2 * M - 0x1000,
	2 * G + 2 * M, 2 * G + 2 * M + 0x1000, 2 * G + 6 * M, 3 * G - 0x1000, 3 * G, 3 * G + 4 * M,
	4 * G - 0x1000, 4 * G, 1024 * G, 1024 * G + 0x3000, 2048 * G - 0x1000,
};

static void start(void)
{
	if (!arena)
		arena = aligned_alloc(4 * PAGE_SIZE, ARENA_PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < ARENA_PAGES * SV39_ENTRIES; i++)
		arena[i / SV39_ENTRIES][i % SV39_ENTRIES] = POISON;
	memset(used, 0, sizeof(used));
	used_count = allocations = fences = 0;
	roots[0] = roots[1] = 0;
	fail_at = ~0u;
	memset(&lender, 0, sizeof(lender));
	memset(&borrower, 0, sizeof(borrower));
	softtlb_destroy(&tlb);
	tlb.read = read_pte;
	tlb.root_bits = 11;
	tlb.tables_cached = true;
	tlb.address_count = ARRAY_SIZE(addresses);
	memcpy(tlb.addresses, addresses, sizeof(addresses));
	CHECK_EQ(gstage_init(&lender, &ops, &tlb), 0);
	load_roots();
}

/* When a G-stage is gone, no TLB may know anything of it or find its way into freed pages. */
static void finish(void)
{
	load_roots();
	speculate();
	roots[0] = roots[1] = 0;
	gstage_destroy(&borrower);
	gstage_destroy(&lender);
	CHECK_EQ(used_count, 0);
	for (unsigned tag = 0; tag < 2; tag++) {
		for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++) {
			CHECK_EQ(tlb.cells[tag][a].leaves.count, 0);
			CHECK_EQ(tlb.cells[tag][a].tables.count, 0);
		}
	}
	softtlb_destroy(&tlb);
}

static int map(uint64_t gpa, uint64_t hpa, uint64_t size)
{
	return gstage_map(&lender, GPA(gpa), HPA(hpa), size, GSTAGE_RWX);
}

static uint64_t lookup(const struct gstage *gs, uint64_t gpa)
{
	struct gstage_leaf leaf;

	return gstage_lookup(gs, GPA(gpa), &leaf) ? ~0UL : leaf.hpa.v;
}

static uint64_t leaf_size(uint64_t gpa)
{
	struct gstage_leaf leaf;

	CHECK_EQ(gstage_lookup(&lender, GPA(gpa), &leaf), 0);
	return leaf.size;
}

TEST("the root is 16 KiB, aligned to 16 KiB, and hgatp names it, the mode and the VMID")
{
	uint64_t root;

	start();
	root = arena_to_hpa(NULL, lender.root).v;
	CHECK_EQ(used_count, 4);
	CHECK_EQ(root % SV39X4_ROOT_SIZE, 0);
	CHECK_EQ(gstage_hgatp(&lender, 5), 8UL << 60 | 5UL << 44 | root >> 12);
	CHECK_EQ(gstage_hgatp(&lender, 0xffff) >> 44, 8UL << 16 | 0x3fff);
	finish();
}

TEST("leaves are as large as the alignment of both addresses allows")
{
	start();
	CHECK_EQ(map(2 * G, 4 * G, 2 * G), 0);
	CHECK_EQ(leaf_size(2 * G), G);
	CHECK_EQ(lender.table_count, 0);
	CHECK_EQ(map(4 * G, 4 * G + 2 * M, G), 0);
	CHECK_EQ(leaf_size(4 * G + 5 * M), 2 * M);
	CHECK_EQ(lender.table_count, 1);
	CHECK_EQ(map(6 * G - 0x1000, 8 * G - 0x1000, G + 2 * M + 0x2000), 0);
	CHECK_EQ(leaf_size(6 * G - 0x1000), 0x1000);
	CHECK_EQ(leaf_size(6 * G), G);
	CHECK_EQ(leaf_size(7 * G), 2 * M);
	CHECK_EQ(leaf_size(7 * G + 2 * M), 0x1000);
	CHECK_EQ(lookup(&lender, 7 * G + 2 * M + 0x123), 9 * G + 2 * M + 0x123);
	CHECK_EQ(lookup(&lender, 7 * G + 2 * M + 0x1000), ~0UL);
	CHECK_EQ(map(10 * G, 0x1000, 2 * M), 0);
	CHECK_EQ(leaf_size(10 * G), 0x1000);
	CHECK_EQ(fences, 0);
	finish();
}

TEST("G-stage leaves have U, A and D set, so that no walk faults for them or writes")
{
	start();
	CHECK_EQ(gstage_map(&lender, GPA(0), HPA(0x1000), 0x1000, GSTAGE_R), 0);
	speculate();
	CHECK_EQ(tlb.cells[0][0].leaves.count, 1);
	CHECK_EQ(tlb.cells[0][0].leaves.entries[0].value,
		 PA_TO_PTE(0x1000) | PTE_V | PTE_R | PTE_U | PTE_A | PTE_D);
	finish();
}

TEST("a part of a superpage is unmapped or remapped alone")
{
	start();
	CHECK_EQ(map(2 * G, 4 * G, 2 * G), 0);
	CHECK_EQ(gstage_unmap(&lender, GPA(2 * G + 0x5000), 0x1000), 0);
	CHECK_EQ(lookup(&lender, 2 * G + 0x5000), ~0UL);
	CHECK_EQ(lookup(&lender, 2 * G + 0x4fff), 4 * G + 0x4fff);
	CHECK_EQ(lookup(&lender, 2 * G + 0x6000), 4 * G + 0x6000);
	CHECK_EQ(leaf_size(2 * G + 2 * M), 2 * M);
	CHECK_EQ(leaf_size(3 * G), G);
	CHECK_EQ(lender.table_count, 2);
	CHECK_EQ(gstage_map(&lender, GPA(3 * G + 2 * M), HPA(0), 2 * M, GSTAGE_R), 0);
	CHECK_EQ(lookup(&lender, 3 * G + 2 * M + 1), 1);
	CHECK_EQ(lookup(&lender, 3 * G + 4 * M), 5 * G + 4 * M);
	/* a whole one again: its tables go */
	CHECK_EQ(map(2 * G, 6 * G, G), 0);
	CHECK_EQ(lender.table_count, 1);
	CHECK_EQ(used_count, 5);
	finish();
}

TEST("ranges that are unaligned, empty, too high or without R are refused")
{
	start();
	CHECK_EQ(map(0x10, 0, 0x1000), -EINVAL);
	CHECK_EQ(map(0, 0x10, 0x1000), -EINVAL);
	CHECK_EQ(map(0, 0, 0x800), -EINVAL);
	CHECK_EQ(map(0, 0, 0), -EINVAL);
	CHECK_EQ(map(2048 * G, 0, 0x1000), -EINVAL);
	CHECK_EQ(map(2048 * G - 0x1000, 0, 0x2000), -EINVAL);
	CHECK_EQ(map(0, 0, ~0xfffUL), -EINVAL);
	CHECK_EQ(map(~0xfffUL, 0, 0x2000), -EINVAL);
	CHECK_EQ(map(0, (1UL << 56) - 0x1000, 0x2000), -EINVAL);
	CHECK_EQ(gstage_map(&lender, GPA(0), HPA(0), 0x1000, 0), -EINVAL);
	CHECK_EQ(gstage_map(&lender, GPA(0), HPA(0), 0x1000, GSTAGE_W), -EINVAL);
	CHECK_EQ(gstage_map(&lender, GPA(0), HPA(0), 0x1000, GSTAGE_RW | PTE_G), -EINVAL);
	CHECK_EQ(gstage_unmap(&lender, GPA(2048 * G), 0x1000), -EINVAL);
	CHECK_EQ(lookup(&lender, 2048 * G), ~0UL);
	CHECK_EQ(lookup(&lender, ~0UL), ~0UL);
	CHECK_EQ(map(2048 * G - 0x1000, (1UL << 56) - 0x1000, 0x1000), 0);
	CHECK_EQ(gstage_unmap(&lender, GPA(0), 2048 * G), 0);
	CHECK_EQ(used_count, 4);
	finish();
}

TEST("when any allocation fails nothing has changed and nothing leaks")
{
	static const struct { uint64_t gpa, hpa, size; } cases[] = {
		{ 0, 0x1000, 0x1000 }, { 2 * G + 0x5000, 0, 0x1000 },
		{ 3 * G - 0x1000, 0x7000, 4 * M }, { 3 * G - 3 * M, 0, 6 * M },
	};

	for (unsigned i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		unsigned c = i / 2;
		int error = -ENOMEM;

		for (unsigned k = 0; error; k++) {
			uint64_t before[ARRAY_SIZE(addresses)];
			unsigned used_before;

			start();
			CHECK_EQ(map(2 * G, 4 * G, 2 * G), 0);
			used_before = used_count;
			for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++)
				before[a] = lookup(&lender, addresses[a]);
			allocations = 0;
			fail_at = k;
			error = i & 1 ? gstage_unmap(&lender, GPA(cases[c].gpa), cases[c].size) :
					map(cases[c].gpa, cases[c].hpa, cases[c].size);
			CHECK(error == 0 || error == -ENOMEM);
			CHECK_EQ(error != 0, allocations > k);
			if (error) {
				CHECK_EQ(used_count, used_before);
				CHECK_EQ(fences, 0);
				CHECK_EQ(lender.table_count, 0);
			}
			for (unsigned a = 0; error && a < ARRAY_SIZE(addresses); a++)
				CHECK_EQ(lookup(&lender, addresses[a]), before[a]);
			fail_at = ~0u;
			finish();
		}
	}
	start();
	fail_at = allocations;
	CHECK_EQ(gstage_init(&borrower, &ops, &tlb), -ENOMEM);
	finish();
}

TEST("one page that changes is fenced by its address, and an equal mapping not at all")
{
	start();
	CHECK_EQ(map(2 * G, 0, 4 * M + 0x3000), 0);
	CHECK_EQ(map(2 * G + 4 * M, 4 * M, 0x3000), 0);
	CHECK_EQ(fences, 0);
	softtlb_remember(&tlb.cells[0][0].tables, (struct softtlb_entry){ 0 });
	CHECK_EQ(gstage_unmap(&lender, GPA(2 * G + 4 * M), 0x1000), 0);
	CHECK_EQ(fences, 1);
	CHECK_EQ(tlb.cells[0][0].tables.count, 1);
	CHECK_EQ(gstage_unmap(&lender, GPA(2 * G), 2 * M), 0);
	CHECK_EQ(fences, 2);
	CHECK_EQ(tlb.cells[0][0].tables.count, 0);
	finish();
}

TEST("a borrower sees what its lender maps and unmaps, then and later")
{
	start();
	CHECK_EQ(gstage_init(&borrower, &ops, &tlb), 0);
	CHECK_EQ(map(2 * G, 4 * G, 4 * M), 0);
	CHECK_EQ(gstage_map(&borrower, GPA(1024 * G), HPA(0x1000), 0x1000, GSTAGE_RW), 0);
	CHECK_EQ(gstage_share(&borrower, &lender, GPA(2 * G), 2 * G + 0x1000), -EINVAL);
	CHECK_EQ(gstage_share(&borrower, &lender, GPA(1024 * G), G), -EBUSY);
	CHECK_EQ(gstage_share(&borrower, &borrower, GPA(2 * G), G), -EINVAL);
	CHECK_EQ(gstage_share(&borrower, &lender, GPA(2 * G), 2 * G), 0);
	CHECK_EQ(gstage_share(&borrower, &lender, GPA(8 * G), G), -EBUSY);
	CHECK_EQ(lookup(&borrower, 2 * G + 5), 4 * G + 5);
	CHECK_EQ(map(3 * G, 8 * G, G), 0);
	CHECK_EQ(lookup(&borrower, 3 * G + 5), 8 * G + 5);
	CHECK_EQ(gstage_unmap(&lender, GPA(3 * G + 0x1000), 0x1000), 0);
	CHECK_EQ(lookup(&borrower, 3 * G + 0x1000), ~0UL);
	CHECK_EQ(lookup(&borrower, 3 * G + 0x2000), 8 * G + 0x2000);
	CHECK_EQ(map(4 * G, 0, G), 0);
	CHECK_EQ(lookup(&borrower, 4 * G), ~0UL);
	CHECK_EQ(lookup(&lender, 1024 * G), ~0UL);
	CHECK_EQ(lookup(&borrower, 1024 * G), 0x1000);
	CHECK_EQ(gstage_unmap(&borrower, GPA(3 * G), 0x1000), -EBUSY);
	CHECK_EQ(gstage_unmap(&borrower, GPA(0), 2048 * G), -EBUSY);
	CHECK_EQ(gstage_map(&borrower, GPA(2 * G - 0x1000), HPA(0), 0x2000, GSTAGE_R), -EBUSY);
	CHECK_EQ(gstage_map(&borrower, GPA(2 * G - 0x1000), HPA(0), 0x1000, GSTAGE_R), 0);
	load_roots();
	speculate();
	roots[1] = 0;
	gstage_destroy(&borrower);
	CHECK_EQ(lookup(&lender, 2 * G + 5), 4 * G + 5);
	CHECK(!lender.borrower);
	gstage_destroy(&borrower);
	finish();
}

/* ---- random changes against a plain list of pages ---- */

static struct { uint64_t hpa, prot; } pages[ARRAY_SIZE(addresses)];

/* After a change has returned, nothing in any TLB contradicts what is mapped now. */
static void check_tlb(uint64_t shared_from, uint64_t shared_to)
{
	load_roots();
	speculate();
	for (unsigned a = 0; a < ARRAY_SIZE(addresses); a++) {
		bool shared = addresses[a] >= shared_from && addresses[a] < shared_to;

		for (unsigned tag = 0; tag < 2; tag++) {
			struct softtlb_list *list = &tlb.cells[tag][a].leaves;

			if (tag == 1 && !shared)
				continue;
			for (unsigned i = 0; i < list->count; i++) {
				CHECK_EQ(list->entries[i].value & GSTAGE_RWX, pages[a].prot);
				CHECK_EQ(softtlb_leaf_pa(&tlb, a, list->entries[i]),
					 pages[a].hpa);
			}
			if (pages[a].prot)
				CHECK(list->count > 0);
		}
		CHECK_EQ(lookup(&lender, addresses[a]),
			 pages[a].prot ? pages[a].hpa : ~0UL);
		if (borrower.root)
			CHECK_EQ(lookup(&borrower, addresses[a]),
				 shared && pages[a].prot ? pages[a].hpa : ~0UL);
	}
}

TEST("after each of many random changes no TLB holds a translation that is not mapped")
{
	static const uint64_t sizes[] = {
		0x1000, 0x1000, 0x2000, 0x5000, 2 * M, 2 * M, 4 * M, 2 * M + 0x1000, G, G + 2 * M,
		2 * G, 2 * M - 0x1000,
	};
	static const uint64_t prots[] = { GSTAGE_R, GSTAGE_RW, GSTAGE_RWX, GSTAGE_X };
	uint64_t seed = 7;

	for (unsigned round = 0; round < 30; round++) {
		uint64_t from = 0, to = 0;

		start();
		memset(pages, 0, sizeof(pages));
		if (round & 1) {
			from = 2 * G;
			to = 4 * G;
			CHECK_EQ(gstage_init(&borrower, &ops, &tlb), 0);
			CHECK_EQ(gstage_share(&borrower, &lender, GPA(from), to - from), 0);
		}
		for (unsigned step = 0; step < 150; step++) {
			uint64_t r = test_random(&seed);
			uint64_t gpa = addresses[r % ARRAY_SIZE(addresses)];
			uint64_t size = sizes[r / 64 % ARRAY_SIZE(sizes)];
			uint64_t prot = r >> 20 & 3 ? prots[r >> 22 & 3] : 0;
			uint64_t hpa = (gpa & ~(G - 1)) + (r >> 24 & 1 ? 16 * G : 0) +
				       (r >> 25 & 3 ? gpa & (G - 1) : (r >> 30 & 0xff) << 12);
			int error;

			if (size > 2 * M && ((gpa ^ hpa) & (2 * M - 1)))
				size = 0x3000;
			if (size > 16 * M && ((gpa ^ hpa) & (G - 1)))
				size = 6 * M;
			allocations = 0;
			fail_at = r >> 40 & 3 ? ~0u : (unsigned)(r >> 42 & 3);
			if (prot)
				error = gstage_map(&lender, GPA(gpa), HPA(hpa), size, prot);
			else
				error = gstage_unmap(&lender, GPA(gpa), size);
			if (gpa + size > GSTAGE_GPA_LIMIT)
				CHECK_EQ(error, -EINVAL);
			else
				CHECK(error == 0 || error == -ENOMEM);
			for (unsigned a = 0; !error && a < ARRAY_SIZE(addresses); a++) {
				if (addresses[a] - gpa >= size)
					continue;
				pages[a].prot = prot;
				pages[a].hpa = hpa + (addresses[a] - gpa);
			}
			check_tlb(from, to);
		}
		CHECK_EQ(used_count, (to ? 8u : 4u) + lender.table_count);
		finish();
	}
}
