/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool of shadow pages: its bound, its chains, and what it gives back.
 * SOURCES: hypervisor/mem/ptpool.c hypervisor/lib/string.c
 */
#include "test.h"

#include <riscv/pte.h>

#include "lib/errno.h"
#include "mem/ptpool.h"

#define PAGES	16u
#define GPA_0	0x10000000000UL

static char memory[PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static bool used[PAGES];
static unsigned available, skew_at;

static void *test_alloc(void *ctx, gpa_t *gpa)
{
	CHECK(ctx == memory);
	for (unsigned i = 0; i < available; i++) {
		if (used[i])
			continue;
		used[i] = true;
		memset(memory[i], 0xa5, PAGE_SIZE);
		*gpa = GPA(GPA_0 + i * PAGE_SIZE + (i == skew_at ? PAGE_SIZE : 0));
		return memory[i];
	}
	return NULL;
}

static void test_free(void *ctx, void *page, gpa_t gpa)
{
	unsigned i = (unsigned)((char(*)[PAGE_SIZE])page - memory);

	CHECK(ctx == memory);
	CHECK(used[i]);
	CHECK_EQ(gpa.v, GPA_0 + i * PAGE_SIZE + (i == skew_at ? PAGE_SIZE : 0));
	used[i] = false;
}

static const struct ptpool_ops ops = { test_alloc, test_free };
static struct ptpage pages[PAGES];
static struct ptpool pool;

static unsigned used_count(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PAGES; i++)
		count += used[i];
	return count;
}

static void start(unsigned max, unsigned reserve)
{
	memset(used, 0, sizeof(used));
	available = PAGES;
	skew_at = PAGES;
	CHECK_EQ(ptpool_init(&pool, &ops, memory, pages, max, reserve), 0);
}

TEST("pages come zeroed, and their two addresses lead to each other")
{
	struct ptchain chain = { 0 };

	start(4, 1);
	CHECK_EQ(used_count(), 1);
	for (unsigned i = 0; i < 4; i++) {
		char *page = ptpool_alloc(&pool, &chain, 0);

		CHECK(page != NULL);
		for (unsigned j = 0; j < PAGE_SIZE; j++)
			CHECK_EQ(page[j], 0);
		CHECK_EQ(ptpool_gpa(&pool, page), GPA_0 + (uint64_t)(page - memory[0]));
		CHECK(ptpool_page(&pool, ptpool_gpa(&pool, page)) == page);
	}
	CHECK_EQ(chain.count, 4);
	CHECK(!ptpool_alloc(&pool, &chain, 0));
	ptpool_destroy(&pool);
	CHECK_EQ(used_count(), 0);
	ptpool_destroy(&pool);
}

TEST("a chain comes back as a whole, alone, and its pages are used again")
{
	struct ptchain first = { 0 }, second = { 0 };
	char *kept;

	start(8, 0);
	for (unsigned i = 0; i < 3; i++)
		CHECK(ptpool_alloc(&pool, &first, 0));
	kept = ptpool_alloc(&pool, &second, 0);
	for (unsigned i = 0; i < 4; i++)
		CHECK(ptpool_alloc(&pool, &first, 0));
	CHECK(!ptpool_alloc(&pool, &second, 0));
	*kept = 1;
	ptpool_release(&pool, &first);
	CHECK_EQ(first.count, 0);
	CHECK_EQ(pool.free.count, 7);
	ptpool_release(&pool, &first);
	for (unsigned i = 0; i < 7; i++) {
		char *page = ptpool_alloc(&pool, &second, 0);

		CHECK(page && page != kept);
		*page = 2;
	}
	CHECK(!ptpool_alloc(&pool, &second, 0));
	CHECK_EQ(*kept, 1);
	ptpool_release(&pool, &second);
	CHECK_EQ(pool.free.count, 8);
	ptpool_destroy(&pool);
	CHECK_EQ(used_count(), 0);
}

TEST("a chain tells the tags of its pages, newest first, also of pages that were used before")
{
	struct ptchain chain = { 0 }, other = { 0 };
	uint32_t n = 0, tag;

	start(8, 0);
	CHECK(!ptpool_each(&pool, &chain, &n, &tag));
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 4; i++) {
			CHECK(ptpool_alloc(&pool, &chain, 10 * round + i));
			CHECK(ptpool_alloc(&pool, &other, 77));
		}
		n = 0;
		for (unsigned i = 4; i-- > 0;) {
			CHECK(ptpool_each(&pool, &chain, &n, &tag));
			CHECK_EQ(tag, 10 * round + i);
		}
		CHECK(!ptpool_each(&pool, &chain, &n, &tag));
		ptpool_release(&pool, &chain);
		ptpool_release(&pool, &other);
	}
	ptpool_destroy(&pool);
}

TEST("a reserve that cannot be had leaves nothing behind")
{
	for (unsigned reserve = 1; reserve <= PAGES; reserve++) {
		start(PAGES, 0);
		ptpool_destroy(&pool);
		available = reserve - 1;
		CHECK_EQ(ptpool_init(&pool, &ops, memory, pages, PAGES, reserve), -ENOMEM);
		CHECK_EQ(used_count(), 0);
	}
}

TEST("a page at another distance between its addresses is refused")
{
	struct ptchain chain = { 0 };

	start(PAGES, 0);
	skew_at = 2;
	CHECK(ptpool_alloc(&pool, &chain, 0));
	CHECK(ptpool_alloc(&pool, &chain, 0));
	CHECK(!ptpool_alloc(&pool, &chain, 0));
	CHECK_EQ(used_count(), 2);
	ptpool_destroy(&pool);
	CHECK_EQ(used_count(), 0);
}
