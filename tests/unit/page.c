/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem/page.c: blocks, their merging, the ranges that memory is made of; at random against a model.
 * SOURCES: hypervisor/mem/page.c hypervisor/lib/string.c
 */
#include "mem/page.h"
#include "lib/errno.h"
#include "test.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The memory of the tests: 64 MiB at a physical address like the machine's, mapped somewhere. */
#define BASE		UINT64_C(0x80000000)
#define SPAN_SIZE	(UINT64_C(64) << 20)
#define SPAN_PAGES	(SPAN_SIZE / PAGE_SIZE)

static const struct page_range span = { { BASE }, { BASE + SPAN_SIZE } };
static struct page_allocator pages;
static uint8_t metadata[SPAN_PAGES];
static char *memory;

static struct page_range range(uint64_t start, uint64_t end)
{
	return (struct page_range){ HPA(BASE + start), HPA(BASE + end) };
}

static void set_up(void)
{
	if (!memory)
		memory = mmap(NULL, SPAN_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(memory != MAP_FAILED);
	CHECK_EQ(page_metadata_bytes(span), sizeof(metadata));
	memset(metadata, 0xff, sizeof(metadata));
	page_init(&pages, span, (uint64_t)(uintptr_t)memory - BASE, metadata);
}

static void set_up_full(void)
{
	set_up();
	CHECK_EQ(page_add_range(&pages, span, NULL, 0), 0);
}

static uint64_t address_of(const void *block)
{
	return page_to_hpa(&pages, block).v - BASE;
}

/* Whether the function ends in a failed assertion. */
static bool asserts(void (*function)(void))
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		function();
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST("a new allocator has no memory")
{
	set_up();
	CHECK(page_alloc(&pages, 0, 0) == NULL);
	CHECK_EQ(page_free_bytes(&pages), 0);
	CHECK_EQ(page_total_bytes(&pages), 0);
}

TEST("a block of every order is aligned to its size and inside the memory")
{
	set_up_full();
	for (unsigned order = 0; order <= 14; order++) {
		void *block = page_alloc(&pages, order, 0);

		CHECK(block != NULL);
		CHECK_EQ(page_to_hpa(&pages, block).v % (PAGE_SIZE << order), 0);
		CHECK(address_of(block) + (PAGE_SIZE << order) <= SPAN_SIZE);
		CHECK_EQ(page_block_order(&pages, block), order);
		CHECK_EQ(page_free_bytes(&pages), SPAN_SIZE - (PAGE_SIZE << order));
		CHECK(page_from_hpa(&pages, page_to_hpa(&pages, block)) == block);
		page_free(&pages, block, order);
	}
	CHECK_EQ(page_free_bytes(&pages), SPAN_SIZE);
}

TEST("what is reserved only its owner gets, and always")
{
	void *all[SPAN_PAGES / 2], *one;
	size_t count = 0;

	set_up_full();
	CHECK(!page_reserve(&pages, SPAN_SIZE + PAGE_SIZE));
	CHECK(page_reserve(&pages, SPAN_SIZE / 2));
	CHECK_EQ(page_free_bytes(&pages), SPAN_SIZE / 2);
	CHECK_EQ(page_promised_bytes(&pages), SPAN_SIZE / 2);
	CHECK(!page_reserve(&pages, SPAN_SIZE / 2 + PAGE_SIZE));
	CHECK(page_alloc(&pages, page_order_for(SPAN_SIZE), 0) == NULL);
	while ((one = page_alloc(&pages, PAGE_ORDER_4K, 0)) != NULL)
		all[count++] = one;
	CHECK_EQ(count, SPAN_PAGES / 2);
	CHECK_EQ(page_free_bytes(&pages), 0);
	one = page_alloc(&pages, PAGE_ORDER_4K, PAGE_RESERVED);
	CHECK(one != NULL);
	page_free_reserved(&pages, one);
	CHECK_EQ(page_free_bytes(&pages), 0);
	CHECK(page_alloc(&pages, PAGE_ORDER_4K, 0) == NULL);
	while (count > 0)
		page_free(&pages, all[--count], PAGE_ORDER_4K);
	page_unreserve(&pages, SPAN_SIZE / 2);
	CHECK_EQ(page_free_bytes(&pages), SPAN_SIZE);
}

static void take_beyond_reserve(void)
{
	page_reserve(&pages, PAGE_SIZE);
	page_alloc(&pages, PAGE_ORDER_4K, PAGE_RESERVED);
	page_alloc(&pages, PAGE_ORDER_4K, PAGE_RESERVED);
}

TEST("to take more than was reserved stops the machine")
{
	set_up_full();
	CHECK(asserts(take_beyond_reserve));
}

TEST("an order above the memory or above 1 GiB gives NULL")
{
	set_up_full();
	CHECK(page_alloc(&pages, 15, 0) == NULL);
	CHECK(page_alloc(&pages, PAGE_ORDER_1G, 0) == NULL);
	CHECK(page_alloc(&pages, PAGE_ORDER_COUNT, 0) == NULL);
	CHECK(page_alloc(&pages, 1000, 0) == NULL);
	CHECK(page_alloc(&pages, 14, 0) != NULL);
	CHECK(page_alloc(&pages, 0, 0) == NULL);
}

TEST("PAGE_ZERO clears a block that was used before")
{
	char *block;

	set_up_full();
	block = page_alloc(&pages, 2, 0);
	memset(block, 0xa5, 4 * PAGE_SIZE);
	page_free(&pages, block, 2);
	CHECK(page_alloc(&pages, 2, PAGE_ZERO) == block);
	for (size_t i = 0; i < 4 * PAGE_SIZE; i++)
		CHECK_EQ(block[i], 0);
}

TEST("every page can be given out, once, and all merge back into one block")
{
	static void *all[SPAN_PAGES];
	static bool seen[SPAN_PAGES];

	set_up_full();
	for (size_t i = 0; i < SPAN_PAGES; i++) {
		all[i] = page_alloc(&pages, 0, 0);
		CHECK(all[i] && !seen[address_of(all[i]) / PAGE_SIZE]);
		seen[address_of(all[i]) / PAGE_SIZE] = true;
	}
	CHECK(page_alloc(&pages, 0, 0) == NULL);
	CHECK_EQ(page_free_bytes(&pages), 0);
	for (size_t i = 0; i < SPAN_PAGES; i += 2)
		page_free(&pages, all[i], 0);
	CHECK(page_alloc(&pages, 1, 0) == NULL);
	for (size_t i = 1; i < SPAN_PAGES; i += 2)
		page_free(&pages, all[i], 0);
	CHECK_EQ(page_free_bytes(&pages), SPAN_SIZE);
	CHECK(page_alloc(&pages, 14, 0) != NULL);
}

/* Takes all single pages and checks that they are exactly those not marked. */
static void check_all_but(const bool *reserved)
{
	static bool given[SPAN_PAGES];
	void *page;

	memset(given, 0, sizeof(given));
	while ((page = page_alloc(&pages, 0, 0)) != NULL)
		given[address_of(page) / PAGE_SIZE] = true;
	for (size_t i = 0; i < SPAN_PAGES; i++)
		CHECK_EQ(given[i], !reserved[i]);
}

TEST("pages that a reserved range touches are never given out")
{
	static bool reserved[SPAN_PAGES];
	static const uint64_t parts[][2] = {
		{ 0x2000, 0x3000 }, { 0x0, 0x1000 }, { 0x5800, 0x5801 }, { 0x2800, 0x4010 },
		{ 0x9000, 0x9000 }, { 0xb000, 0xa000 }, { SPAN_SIZE - 1, SPAN_SIZE + 0x5000 },
		{ 0x100000, 0x345678 }, { 0x200000, 0x210000 },
	};
	struct page_range list[ARRAY_SIZE(parts) + 2];
	size_t count = ARRAY_SIZE(parts);

	set_up();
	for (size_t i = 0; i < count; i++) {
		uint64_t first = parts[i][0] / PAGE_SIZE;
		uint64_t end = ALIGN_UP(parts[i][1], PAGE_SIZE) / PAGE_SIZE;

		list[i] = range(parts[i][0], parts[i][1]);
		if (parts[i][0] < parts[i][1])
			for (uint64_t k = first; k < end && k < SPAN_PAGES; k++)
				reserved[k] = true;
	}
	list[count++] = (struct page_range){ HPA(0), HPA(BASE) };
	list[count++] = (struct page_range){ HPA(UINT64_MAX - 5), HPA(UINT64_MAX) };
	CHECK_EQ(page_add_range(&pages, span, list, count), 0);
	check_all_but(reserved);
}

TEST("a reserved range at the end of the address space reserves up to it")
{
	struct page_range all = { HPA(BASE + 0x1000), HPA(UINT64_MAX) };
	static bool reserved[SPAN_PAGES];

	set_up();
	memset(reserved + 1, true, SPAN_PAGES - 1);
	CHECK_EQ(page_add_range(&pages, span, &all, 1), 0);
	check_all_but(reserved);
}

TEST("reserved ranges at random leave exactly the other pages")
{
	uint64_t seed = 7;

	for (int round = 0; round < 50; round++) {
		static bool reserved[SPAN_PAGES];
		struct page_range list[20];
		uint64_t left = SPAN_PAGES;

		set_up();
		memset(reserved, 0, sizeof(reserved));
		for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
			uint64_t start = test_random(&seed) % SPAN_SIZE;
			uint64_t size = test_random(&seed) % (1 << 20);
			uint64_t end = MIN(start + size, SPAN_SIZE);

			list[i] = range(start, end);
			for (; start < end; start = ALIGN_DOWN(start + PAGE_SIZE, PAGE_SIZE)) {
				left -= !reserved[start / PAGE_SIZE];
				reserved[start / PAGE_SIZE] = true;
			}
		}
		CHECK_EQ(page_add_range(&pages, span, list, ARRAY_SIZE(list)), 0);
		CHECK_EQ(page_total_bytes(&pages), left * PAGE_SIZE);
		CHECK_EQ(page_free_bytes(&pages), left * PAGE_SIZE);
		check_all_but(reserved);
	}
}

TEST("a range keeps its whole pages only, and a range without one adds nothing")
{
	set_up();
	CHECK_EQ(page_add_range(&pages, range(0x10, 0x1ff0), NULL, 0), 0);
	CHECK_EQ(page_total_bytes(&pages), 0);
	CHECK_EQ(page_add_range(&pages, range(0x10, 0x2010), NULL, 0), 0);
	CHECK_EQ(page_total_bytes(&pages), PAGE_SIZE);
	CHECK_EQ(address_of(page_alloc(&pages, 0, 0)), 0x1000);
}

TEST("a range outside the span or added before is refused and adds nothing")
{
	set_up();
	CHECK_EQ(page_add_range(&pages, range(0x4000, 0x8000), NULL, 0), 0);
	CHECK_EQ(page_add_range(&pages, range(0x0000, 0x5000), NULL, 0), -EINVAL);
	CHECK_EQ(page_add_range(&pages, range(0x7000, 0xc000), NULL, 0), -EINVAL);
	CHECK_EQ(page_add_range(&pages, range(0x5000, 0x6000), NULL, 0), -EINVAL);
	CHECK_EQ(page_add_range(&pages, range(0, SPAN_SIZE + PAGE_SIZE), NULL, 0), -EINVAL);
	CHECK_EQ(page_add_range(&pages, range(0 - PAGE_SIZE, 0x4000), NULL, 0), -EINVAL);
	CHECK_EQ(page_total_bytes(&pages), 0x4000);
	CHECK_EQ(page_add_range(&pages, range(0x0000, 0x4000), NULL, 0), 0);
	CHECK_EQ(page_total_bytes(&pages), 0x8000);
	CHECK(page_alloc(&pages, 3, 0) != NULL);
}

TEST("page_find_room gives the first aligned room that no reserved range touches")
{
	struct page_range reserved[] = { range(0, 0x3800), range(0x6000, 0x7000) };
	hpa_t start;

	CHECK(page_find_room(span, reserved, 2, 0x2000, PAGE_SIZE, &start));
	CHECK_EQ(start.v, BASE + 0x4000);
	CHECK(page_find_room(span, reserved, 2, 0x2001, PAGE_SIZE, &start));
	CHECK_EQ(start.v, BASE + 0x7000);
	CHECK(page_find_room(span, reserved, 2, 0x1000, PAGE_2M_SIZE, &start));
	CHECK_EQ(start.v, BASE + PAGE_2M_SIZE);
	CHECK(!page_find_room(span, reserved, 2, SPAN_SIZE - 0x6000, PAGE_SIZE, &start));
	CHECK(!page_find_room(span, reserved, 2, UINT64_MAX, PAGE_SIZE, &start));
	CHECK(!page_find_room(range(0, 0x3000), reserved, 2, 1, PAGE_SIZE, &start));
}

TEST("page_order_for gives the smallest order that holds a size")
{
	CHECK_EQ(page_order_for(0), 0);
	CHECK_EQ(page_order_for(PAGE_SIZE), 0);
	CHECK_EQ(page_order_for(PAGE_SIZE + 1), 1);
	CHECK_EQ(page_order_for(PAGE_2M_SIZE), PAGE_ORDER_2M);
	CHECK_EQ(page_order_for(PAGE_1G_SIZE), PAGE_ORDER_1G);
	CHECK_EQ(page_order_for(PAGE_1G_SIZE + 1), PAGE_ORDER_COUNT);
	CHECK_EQ(page_order_for(UINT64_MAX), PAGE_ORDER_COUNT);
}

static void *victim;

static void free_victim(void)
{
	page_free(&pages, victim, 1);
}

TEST("a double free, a foreign free, a wrong order and an inner page are assertion failures")
{
	static char foreign[2 * PAGE_SIZE] __attribute__((aligned(4096)));
	char *block;

	set_up_full();
	block = page_alloc(&pages, 1, 0);
	victim = block;
	CHECK(!asserts(free_victim));
	victim = block + PAGE_SIZE;
	CHECK(asserts(free_victim));
	victim = block + 8;
	CHECK(asserts(free_victim));
	victim = foreign;
	CHECK(asserts(free_victim));
	victim = page_alloc(&pages, 0, 0);
	CHECK(asserts(free_victim));
	page_free(&pages, block, 1);
	victim = block;
	CHECK(asserts(free_victim));
}

/* What a thousand blocks at random should be: their owners in a table of pages. */
#define STRESS_BLOCKS	1000

static struct {
	char *block;
	unsigned order;
} blocks[STRESS_BLOCKS];
static uint16_t owner[SPAN_PAGES];

static void stress_alloc(uint16_t slot, unsigned order, uint64_t *used)
{
	char *block = page_alloc(&pages, order, 0);
	uint64_t first;

	if (!block)
		return;
	first = address_of(block) / PAGE_SIZE;
	CHECK_EQ(first & ((1u << order) - 1), 0);
	for (uint64_t i = first; i < first + (1u << order); i++) {
		CHECK_EQ(owner[i], 0);
		owner[i] = (uint16_t)(slot + 1);
	}
	memcpy(block, &slot, sizeof(slot));
	memcpy(block + (PAGE_SIZE << order) - sizeof(slot), &slot, sizeof(slot));
	blocks[slot].block = block;
	blocks[slot].order = order;
	*used += PAGE_SIZE << order;
}

static void stress_free(uint16_t slot, uint64_t *used)
{
	char *block = blocks[slot].block;
	unsigned order = blocks[slot].order;

	CHECK_EQ(memcmp(block, &slot, sizeof(slot)), 0);
	CHECK_EQ(memcmp(block + (PAGE_SIZE << order) - sizeof(slot), &slot, sizeof(slot)), 0);
	memset(owner + address_of(block) / PAGE_SIZE, 0, sizeof(owner[0]) << order);
	page_free(&pages, block, order);
	blocks[slot].block = NULL;
	*used -= PAGE_SIZE << order;
}

TEST("blocks at random never overlap, and when all are free the allocator is as it began")
{
	static struct page_range holes[] = { { { BASE + 0x300000 }, { BASE + 0x345000 } },
					     { { BASE + 0x1801000 }, { BASE + 0x1802000 } } };
	static uint8_t before[SPAN_PAGES];
	uint64_t seed = 99, used = 0, total;

	set_up();
	CHECK_EQ(page_add_range(&pages, span, holes, 2), 0);
	total = page_total_bytes(&pages);
	memcpy(before, metadata, sizeof(before));
	for (int step = 0; step < 200000; step++) {
		uint16_t slot = (uint16_t)(test_random(&seed) % STRESS_BLOCKS);

		if (blocks[slot].block)
			stress_free(slot, &used);
		else
			stress_alloc(slot, (unsigned)(test_random(&seed) % 100) * 11 / 100, &used);
		CHECK_EQ(page_free_bytes(&pages), total - used);
	}
	for (uint16_t slot = 0; slot < STRESS_BLOCKS; slot++)
		if (blocks[slot].block)
			stress_free(slot, &used);
	CHECK_EQ(page_free_bytes(&pages), total);
	CHECK_EQ(memcmp(before, metadata, sizeof(before)), 0);
}
