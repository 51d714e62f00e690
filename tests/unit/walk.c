/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk of a guest's Sv39 tables, against a second implementation written from the text of the
 * specification, over every pattern of flags at every level; and hostile tables.
 * SOURCES: hypervisor/mem/walk.c
 */
#include "test.h"

#include "mem/walk.h"

#define RAM_BASE	0x80000000UL
#define RAM_PAGES	16u
#define ROOT		RAM_BASE
#define SATP(root)	(SATP_MODE_SV39 << SATP_MODE_SHIFT | (root) >> PAGE_SHIFT)

static uint64_t ram[RAM_PAGES][SV39_ENTRIES];
static unsigned reads;

static uint64_t *read_ram(void *ctx, gpa_t gpa)
{
	uint64_t page = (gpa.v - RAM_BASE) >> PAGE_SHIFT;

	CHECK(ctx == ram);
	CHECK_EQ(gpa.v & 7, 0);
	CHECK(gpa.v < 1UL << 56);
	reads++;
	return gpa.v >= RAM_BASE && page < RAM_PAGES ? &ram[page][gpa.v >> 3 & 511] : NULL;
}

static const struct walk_ops ops = { .read_pte = read_ram };

static enum walk_status walk(uint64_t va, struct walk_result *out)
{
	return walk_sv39(&ops, ram, SATP(ROOT), GVA(va), out);
}

static uint64_t page_gpa(unsigned page)
{
	return RAM_BASE + page * PAGE_SIZE;
}

static uint64_t pointer(unsigned page)
{
	return PA_TO_PTE(page_gpa(page)) | PTE_V;
}

/* Tables in pages 0, 1, 2 that lead va to an entry at level, which is returned. */
static uint64_t *entry_at(uint64_t va, unsigned level)
{
	memset(ram, 0, sizeof(ram));
	for (unsigned l = 2, page = 0; l > level; l--, page++)
		ram[page][SV39_INDEX(va, l)] = pointer(page + 1);
	return &ram[2 - level][SV39_INDEX(va, level)];
}

/* The words of the specification, one bit at a time. */
static enum walk_status expect(uint64_t pte, unsigned level)
{
	unsigned low10 = (unsigned)(pte & 0x3ff);
	bool v = low10 & 1, r = low10 & 2, w = low10 & 4, x = low10 & 8, u = low10 & 16;
	bool a = low10 & 64, d = low10 & 128;
	uint64_t ppn = pte << 10 >> 20;

	if (!v || (!r && w) || pte >> 54)
		return WALK_PAGE_FAULT;
	if (r || x)
		return ppn % (1UL << 9 * level) ? WALK_PAGE_FAULT : WALK_OK;
	if (level == 0 || a || d || u)
		return WALK_PAGE_FAULT;
	/* a pointer; the entry below is made invalid by the test, or is not RAM */
	return ppn >= RAM_BASE >> 12 && ppn < (RAM_BASE >> 12) + RAM_PAGES ? WALK_PAGE_FAULT :
									      WALK_ACCESS_FAULT;
}

TEST("every pattern of the ten low bits at every level walks as the specification says")
{
	uint64_t va = 0xffffffd2345678a8;

	for (unsigned level = 0; level < 3; level++) {
		uint64_t *entry = entry_at(va, level);

		for (unsigned low = 0; low < 1024; low++) {
			struct walk_result out;

			*entry = PA_TO_PTE(0x140000000) | low;
			CHECK_EQ(walk(va, &out), expect(*entry, level));
			if (expect(*entry, level) != WALK_OK)
				continue;
			CHECK_EQ(out.pte, *entry);
			CHECK(out.pte_host == entry);
			CHECK_EQ(out.level, level);
			CHECK_EQ(out.pte_gpa.v,
				 page_gpa(2 - level) + 8 * SV39_INDEX(va, level));
			CHECK_EQ(out.gpa.v,
				 0x140000000 + (va & ((1UL << (12 + 9 * level)) - 1)));
		}
	}
}

TEST("any reserved bit, PBMT or N raises a page fault, in leaves and pointers")
{
	uint64_t va = 0x4000123000;

	for (unsigned level = 0; level < 3; level++) {
		for (unsigned bit = 54; bit < 64; bit++) {
			struct walk_result out;
			uint64_t *entry = entry_at(va & 0x3fffffffff, level);

			*entry = 1UL << bit | PTE_V | PTE_R | PTE_A;
			CHECK_EQ(walk(va & 0x3fffffffff, &out), WALK_PAGE_FAULT);
			if (level == 0)
				continue;
			*entry = 1UL << bit | pointer(3);
			ram[3][SV39_INDEX(va & 0x3fffffffff, level - 1)] = PTE_V | PTE_R | PTE_A;
			CHECK_EQ(walk(va & 0x3fffffffff, &out), WALK_PAGE_FAULT);
		}
	}
}

TEST("a superpage whose low PPN bits are not zero raises a page fault")
{
	for (unsigned level = 1; level < 3; level++) {
		for (unsigned bit = 0; bit < 44; bit++) {
			struct walk_result out;
			uint64_t *entry = entry_at(0, level);

			*entry = 1UL << (PTE_PPN_SHIFT + bit) | PTE_V | PTE_R;
			CHECK_EQ(walk(0, &out), bit < 9 * level ? WALK_PAGE_FAULT : WALK_OK);
			if (bit >= 9 * level)
				CHECK_EQ(out.gpa.v, 1UL << (12 + bit));
		}
	}
}

TEST("an address that is not canonical raises a page fault before any PTE is read")
{
	struct walk_result out;

	*entry_at(0, 2) = PTE_V | PTE_R;
	reads = 0;
	for (unsigned bit = 39; bit < 64; bit++) {
		CHECK_EQ(walk(1UL << bit, &out), WALK_PAGE_FAULT);
		CHECK_EQ(walk(~(1UL << bit), &out), WALK_PAGE_FAULT);
		CHECK_EQ(walk((1UL << bit) - 1, &out), WALK_PAGE_FAULT);
	}
	CHECK_EQ(walk(0x4000000000, &out), WALK_PAGE_FAULT);
	CHECK_EQ(walk(0xffffffbfffffffff, &out), WALK_PAGE_FAULT);
	CHECK_EQ(reads, 0);
	CHECK_EQ(walk(0x3fffffff, &out), WALK_OK);
}

TEST("a PTE outside guest RAM raises an access fault, wherever it is pointed to from")
{
	static const uint64_t wild[] = { 0, 0x7ffff000, RAM_BASE + RAM_PAGES * PAGE_SIZE,
					 1UL << 40, (1UL << 56) - PAGE_SIZE };
	struct walk_result out;

	for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		CHECK_EQ(walk_sv39(&ops, ram, SATP(wild[i]), GVA(0), &out), WALK_ACCESS_FAULT);
		for (unsigned level = 1; level < 3; level++) {
			*entry_at(0, level) = PA_TO_PTE(wild[i]) | PTE_V;
			CHECK_EQ(walk(0, &out), WALK_ACCESS_FAULT);
			CHECK_EQ(out.pte_gpa.v, wild[i]);
		}
	}
}

TEST("tables that point to themselves end after three levels")
{
	struct walk_result out;

	memset(ram, 0, sizeof(ram));
	for (unsigned i = 0; i < SV39_ENTRIES; i++)
		ram[0][i] = pointer(0);
	reads = 0;
	CHECK_EQ(walk(0x123456789, &out), WALK_PAGE_FAULT);
	CHECK_EQ(reads, 3);
}

TEST("random tables walk as the specification says and never leave guest RAM")
{
	uint64_t seed = 1;

	for (unsigned round = 0; round < 200; round++) {
		for (unsigned page = 0; page < RAM_PAGES; page++) {
			for (unsigned i = 0; i < SV39_ENTRIES; i++) {
				uint64_t r = test_random(&seed);

				ram[page][i] = r & 3 ? pointer(r >> 8 & 15) | (r >> 16 & 0x321) :
						       test_random(&seed);
			}
		}
		for (unsigned i = 0; i < 200; i++) {
			uint64_t va = test_random(&seed), table = ROOT;
			enum walk_status want = WALK_PAGE_FAULT;
			struct walk_result out;
			int level;

			va = (uint64_t)((int64_t)va >> 25);
			for (level = 2; level >= 0; level--) {
				uint64_t *at = read_ram(ram, GPA(table + (va >> (12 + 9 * level) &
									  511) * 8));

				want = at ? expect(*at, (unsigned)level) : WALK_ACCESS_FAULT;
				if (!at || (*at & 0xf) != 1 || (*at & 0xd0) || *at >> 54)
					break;
				table = *at << 10 >> 20 << 12;
			}
			CHECK_EQ(walk(va, &out), level < 0 ? WALK_PAGE_FAULT : want);
		}
	}
}

TEST("a mapping is global if its leaf has G, or any pointer to it")
{
	const uint64_t va = 0x1234567000;
	struct walk_result out;

	for (unsigned level = 0; level <= 2; level++) {
		for (unsigned where = 0; where < 1U << (3 - level); where++) {
			*entry_at(va, level) = PA_TO_PTE(0x40000000) | PTE_V | PTE_R;
			for (unsigned l = 2, page = 0; page < 3 - level; l--, page++)
				ram[page][SV39_INDEX(va, l)] |= where >> page & 1 ? PTE_G : 0;
			CHECK_EQ(walk(va, &out), WALK_OK);
			CHECK_EQ(out.global, where ? PTE_G : 0);
		}
	}
}

TEST("permissions depend on R, W, X, U, the privilege, SUM and MXR as specified")
{
	for (unsigned i = 0; i < 16 * 8 * 3; i++) {
		bool r = i & 1, w = i & 2, x = i & 4, u = i & 8;
		bool s = i & 16, sum = i & 32, mxr = i & 64;
		enum walk_access access = (enum walk_access)(i / 128);
		uint64_t pte = PTE_V | (r ? PTE_R : 0) | (w ? PTE_W : 0) | (x ? PTE_X : 0) |
			       (u ? PTE_U : 0);
		bool allowed = access == WALK_FETCH ? x :
			       access == WALK_STORE ? w : r || (mxr && x);

		/* "U=1: U-mode; S-mode only loads and stores, with SUM=1" */
		if (u)
			allowed = allowed && (!s || (sum && access != WALK_FETCH));
		else
			allowed = allowed && s;
		CHECK_EQ(walk_permits(pte, access, s, sum, mxr), allowed);
	}
}

TEST("loads and fetches need A; stores need A and D")
{
	CHECK_EQ(walk_missing_ad(0, WALK_FETCH), PTE_A);
	CHECK_EQ(walk_missing_ad(PTE_D, WALK_LOAD), PTE_A);
	CHECK_EQ(walk_missing_ad(PTE_A, WALK_LOAD), 0);
	CHECK_EQ(walk_missing_ad(PTE_A, WALK_STORE), PTE_D);
	CHECK_EQ(walk_missing_ad(0, WALK_STORE), PTE_A | PTE_D);
	CHECK_EQ(walk_missing_ad(PTE_A | PTE_D, WALK_STORE), 0);
}

TEST("A and D are set only in the PTE that was walked")
{
	uint64_t pte = PTE_V | PTE_R;

	CHECK(walk_set_ad(&pte, PTE_V | PTE_R, PTE_A));
	CHECK_EQ(pte, PTE_V | PTE_R | PTE_A);
	CHECK(!walk_set_ad(&pte, PTE_V | PTE_R, PTE_A | PTE_D));
	CHECK_EQ(pte, PTE_V | PTE_R | PTE_A);
}

TEST("a fault has the cause of the original access and its whole address")
{
	struct guest_trap trap;

	memset(&trap, 0xff, sizeof(trap));
	walk_trap(WALK_PAGE_FAULT, WALK_FETCH, GVA(0x1234567890abcdef), &trap);
	CHECK_EQ(trap.cause, EXC_INST_PAGE_FAULT);
	CHECK_EQ(trap.tval, 0x1234567890abcdef);
	CHECK_EQ(trap.tval2, 0);
	CHECK_EQ(trap.tinst, 0);
	walk_trap(WALK_PAGE_FAULT, WALK_LOAD, GVA(0), &trap);
	CHECK_EQ(trap.cause, EXC_LOAD_PAGE_FAULT);
	walk_trap(WALK_PAGE_FAULT, WALK_STORE, GVA(0), &trap);
	CHECK_EQ(trap.cause, EXC_STORE_PAGE_FAULT);
	walk_trap(WALK_ACCESS_FAULT, WALK_FETCH, GVA(0), &trap);
	CHECK_EQ(trap.cause, EXC_INST_ACCESS);
	walk_trap(WALK_ACCESS_FAULT, WALK_LOAD, GVA(0), &trap);
	CHECK_EQ(trap.cause, EXC_LOAD_ACCESS);
	walk_trap(WALK_ACCESS_FAULT, WALK_STORE, GVA(0), &trap);
	CHECK_EQ(trap.cause, EXC_STORE_ACCESS);
}
