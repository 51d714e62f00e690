/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/list.h, lib/bitmap.h and lib/lock.h.
 * SOURCES:
 */
#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "test.h"

#include <pthread.h>

struct item {
	int value;
	struct list_head node;
};

static struct item items[4] = { { 0, { 0 } }, { 1, { 0 } }, { 2, { 0 } }, { 3, { 0 } } };

/* The values of a list as a decimal number. */
static int order_of(struct list_head *head)
{
	struct item *item;
	int order = 0;

	list_for_each_entry(item, head, node)
		order = order * 10 + item->value;
	return order;
}

TEST("a list keeps the order of insertion at its ends and after removal")
{
	struct list_head head = LIST_HEAD_INIT(head);

	CHECK(list_empty(&head) && list_first(&head) == NULL && list_pop(&head) == NULL);
	list_add_tail(&head, &items[2].node);
	list_add_tail(&head, &items[3].node);
	list_add(&head, &items[1].node);
	CHECK_EQ(order_of(&head), 123);
	list_remove(&items[2].node);
	list_remove(&items[2].node);
	CHECK_EQ(order_of(&head), 13);
	CHECK(list_entry(list_pop(&head), struct item, node) == &items[1]);
	CHECK(list_empty(&items[1].node));
	CHECK_EQ(order_of(&head), 3);
}

TEST("the safe walk may remove what it stands on")
{
	struct list_head head;
	struct item *item, *following;
	int sum = 0;

	list_init(&head);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		list_add_tail(&head, &items[i].node);
	list_for_each_entry_safe(item, following, &head, node) {
		sum += item->value;
		list_remove(&item->node);
	}
	CHECK_EQ(sum, 6);
	CHECK(list_empty(&head));
}

TEST("the lowest and the highest set bit and their number are right for every pair of bits")
{
	for (unsigned low = 0; low < 64; low++) {
		for (unsigned high = low; high < 64; high++) {
			CHECK_EQ(bit_lowest(BIT(low) | BIT(high)), low);
			CHECK_EQ(bit_highest(BIT(low) | BIT(high)), high);
			CHECK_EQ(bit_count(BIT(low) | BIT(high)), low == high ? 1 : 2);
		}
	}
	CHECK_EQ(bit_count(UINT64_MAX), 64);
	CHECK_EQ(bit_count(0), 0);
}

TEST("a search in a bitmap finds each bit and ends at its limit, also inside a word")
{
	enum { BITS = 130 };
	uint64_t set[BITMAP_WORDS(BITS)] = { 0 }, clear[BITMAP_WORDS(BITS)];

	memset(clear, 0xff, sizeof(clear));
	CHECK_EQ(bitmap_next_set(set, BITS, 0), BITS);
	CHECK_EQ(bitmap_next_clear(clear, BITS, 0), BITS);
	for (size_t bit = 0; bit < BITS; bit++) {
		bitmap_set(set, bit);
		bitmap_clear(clear, bit);
		CHECK(bitmap_test(set, bit) && !bitmap_test(clear, bit));
		for (size_t from = 0; from <= BITS; from++) {
			CHECK_EQ(bitmap_next_set(set, BITS, from), from <= bit ? bit : BITS);
			CHECK_EQ(bitmap_next_clear(clear, BITS, from), from <= bit ? bit : BITS);
		}
		CHECK_EQ(bitmap_next_set(set, bit, 0), bit);
		bitmap_clear(set, bit);
		bitmap_set(clear, bit);
	}
}

static struct spinlock lock = SPINLOCK_INIT;
static uint64_t counter;

static void *count_under_lock(void *unused)
{
	for (int i = 0; i < 100000; i++) {
		spin_lock(&lock);
		counter++;
		spin_unlock(&lock);
	}
	return unused;
}

TEST("a spin lock excludes: two threads count to their sum")
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, count_under_lock, NULL), 0);
	count_under_lock(NULL);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(counter, 200000);
	CHECK(!spin_is_locked(&lock));
}

TEST("trylock takes a free lock and leaves a held one")
{
	CHECK(spin_trylock(&lock));
	CHECK(!spin_trylock(&lock) && spin_is_locked(&lock));
	spin_unlock(&lock);
	CHECK(spin_trylock(&lock));
	spin_init(&lock);
	CHECK(!spin_is_locked(&lock));
}
