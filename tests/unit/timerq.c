/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/timerq.c against a table that is searched from end to end.
 * SOURCES: hypervisor/lib/timerq.c
 */
#include "lib/timerq.h"
#include "test.h"

#define NODES		2000

static struct timerq_node nodes[NODES];
static struct timerq queue;

static void set_up(void)
{
	timerq_init(&queue);
	for (size_t i = 0; i < NODES; i++)
		timerq_node_init(&nodes[i]);
}

TEST("an empty queue has no first deadline and nothing expires")
{
	set_up();
	CHECK(timerq_first(&queue) == NULL);
	CHECK(timerq_expire(&queue, UINT64_MAX) == NULL);
	timerq_remove(&nodes[0]);
	CHECK(!timerq_is_queued(&nodes[0]));
}

TEST("a node keeps its kind")
{
	set_up();
	nodes[0].kind = TIMERQ_ALARM;
	timerq_insert(&queue, &nodes[0], 5);
	timerq_insert(&queue, &nodes[0], 6);
	CHECK(timerq_expire(&queue, 6) == &nodes[0]);
	CHECK_EQ(nodes[0].kind, TIMERQ_ALARM);
}

TEST("deadlines expire in order, at their tick and not before, up to the largest")
{
	static const uint64_t deadlines[] = { 50, 10, UINT64_MAX, 0, 30, 10 };

	set_up();
	for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		timerq_insert(&queue, &nodes[i], deadlines[i]);
	CHECK(timerq_expire(&queue, 0) == &nodes[3]);
	CHECK(timerq_expire(&queue, 9) == NULL);
	CHECK_EQ(timerq_expire(&queue, 10)->deadline_ticks, 10);
	CHECK(!timerq_is_queued(&nodes[1]) != !timerq_is_queued(&nodes[5]));
	CHECK(timerq_expire(&queue, 10) != NULL);
	CHECK(timerq_expire(&queue, 29) == NULL);
	CHECK(timerq_expire(&queue, 60) == &nodes[4]);
	CHECK(timerq_expire(&queue, 60) == &nodes[0]);
	CHECK(timerq_expire(&queue, UINT64_MAX - 1) == NULL);
	CHECK(timerq_expire(&queue, UINT64_MAX) == &nodes[2]);
	CHECK_EQ(queue.count, 0);
}

TEST("inserting a queued node moves it, also to another queue")
{
	struct timerq other;

	set_up();
	timerq_init(&other);
	timerq_insert(&queue, &nodes[0], 10);
	timerq_insert(&queue, &nodes[1], 20);
	timerq_insert(&queue, &nodes[0], 30);
	CHECK(timerq_first(&queue) == &nodes[1]);
	CHECK_EQ(queue.count, 2);
	timerq_insert(&other, &nodes[1], 5);
	CHECK(timerq_first(&queue) == &nodes[0] && timerq_first(&other) == &nodes[1]);
	CHECK_EQ(queue.count, 1);
	CHECK_EQ(other.count, 1);
}

/* The smallest deadline of all queued nodes. */
static uint64_t model_first(size_t *count)
{
	uint64_t first = UINT64_MAX;

	*count = 0;
	for (size_t i = 0; i < NODES; i++) {
		if (timerq_is_queued(&nodes[i])) {
			first = MIN(first, nodes[i].deadline_ticks);
			++*count;
		}
	}
	return first;
}

TEST("a node that takes the first one's place is where its deadline puts it")
{
	set_up();
	for (size_t others = 0; others < 6; others++) {
		size_t count;

		timerq_insert(&queue, &nodes[0], 10);
		for (size_t i = 1; i <= others; i++)
			timerq_insert(&queue, &nodes[i], 10 * (i + 1));
		timerq_replace_first(&queue, &nodes[9], 35);
		CHECK(!timerq_is_queued(&nodes[0]));
		CHECK_EQ(timerq_first(&queue)->deadline_ticks, others > 0 ? 20 : 35);
		for (count = 0; timerq_expire(&queue, 35) != NULL; count++)
			;
		CHECK_EQ(count, 1 + MIN(others, 2));
		CHECK_EQ(queue.count, others - MIN(others, 2));
		while (timerq_expire(&queue, UINT64_MAX) != NULL)
			;
	}
}

TEST("at random the first is always the earliest and the count is right")
{
	uint64_t seed = 5;
	size_t count;

	set_up();
	for (int step = 0; step < 20000; step++) {
		size_t i = test_random(&seed) % NODES;

		if (test_random(&seed) % 3)
			timerq_insert(&queue, &nodes[i], test_random(&seed) % 10000);
		else
			timerq_remove(&nodes[i]);
		if (test_random(&seed) % 16 == 0 && queue.first)
			timerq_remove(queue.first);
		i = test_random(&seed) % NODES;
		if (queue.first && !timerq_is_queued(&nodes[i]))
			timerq_replace_first(&queue, &nodes[i], test_random(&seed) % 10000);
		if (step % 7 == 0) {
			uint64_t first = model_first(&count);

			CHECK_EQ(queue.count, count);
			if (count)
				CHECK_EQ(timerq_first(&queue)->deadline_ticks, first);
		}
	}
}

TEST("thousands of deadlines come out sorted, whether they went in sorted, reversed or mixed")
{
	for (uint64_t order = 0; order < 3; order++) {
		uint64_t last = 0, seed = 11;
		struct timerq_node *node;
		size_t count = 0;

		set_up();
		for (size_t i = 0; i < NODES; i++)
			timerq_insert(&queue, &nodes[i],
				      order == 0 ? i : order == 1 ? NODES - i : test_random(&seed));
		while ((node = timerq_expire(&queue, UINT64_MAX)) != NULL) {
			count++;
			CHECK(!timerq_is_queued(node));
		}
		CHECK_EQ(count, NODES);
		for (size_t i = 0; i < NODES; i++)
			timerq_insert(&queue, &nodes[i], (i * 7919) % NODES);
		while ((node = timerq_first(&queue)) != NULL) {
			CHECK(node->deadline_ticks >= last);
			last = node->deadline_ticks;
			timerq_remove(node);
		}
	}
}
