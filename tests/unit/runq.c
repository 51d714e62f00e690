/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm/runq.c: order and fairness.
 * SOURCES: hypervisor/vm/runq.c
 */
#include "vm/runq.h"
#include "test.h"

#define ENTITIES	10

static struct runq queue, other;
static struct runq_entity entities[ENTITIES];

static void set_up(void)
{
	runq_init(&queue);
	runq_init(&other);
	for (size_t i = 0; i < ENTITIES; i++)
		runq_entity_init(&entities[i]);
}

TEST("an empty run queue picks nothing")
{
	set_up();
	CHECK(runq_pick(&queue) == NULL);
	CHECK_EQ(runq_count(&queue), 0);
}

TEST("entities run in the order in which they became runnable")
{
	set_up();
	for (size_t i = 0; i < ENTITIES; i++)
		CHECK(runq_enqueue(&queue, &entities[i]));
	CHECK_EQ(runq_count(&queue), ENTITIES);
	for (size_t i = 0; i < ENTITIES; i++) {
		CHECK(runq_pick(&queue) == &entities[i]);
		CHECK(!runq_is_queued(&entities[i]));
	}
	CHECK_EQ(runq_count(&queue), 0);
}

TEST("a second wake-up of a queued entity changes nothing, on this queue or another")
{
	set_up();
	runq_enqueue(&queue, &entities[0]);
	runq_enqueue(&queue, &entities[1]);
	CHECK(!runq_enqueue(&queue, &entities[0]));
	CHECK(!runq_enqueue(&other, &entities[0]));
	CHECK_EQ(runq_count(&queue), 2);
	CHECK_EQ(runq_count(&other), 0);
	CHECK(runq_pick(&queue) == &entities[0]);
}

TEST("a dequeued entity does not run, and the others keep their order")
{
	set_up();
	for (size_t i = 0; i < 3; i++)
		runq_enqueue(&queue, &entities[i]);
	CHECK(runq_dequeue(&entities[1]));
	CHECK(!runq_dequeue(&entities[1]));
	CHECK(!runq_is_queued(&entities[1]));
	CHECK_EQ(runq_count(&queue), 2);
	CHECK(runq_pick(&queue) == &entities[0]);
	CHECK(runq_pick(&queue) == &entities[2]);
	CHECK(runq_pick(&queue) == NULL);
}

TEST("entities that never yield get equal numbers of slices")
{
	unsigned slices[ENTITIES] = { 0 };

	set_up();
	for (size_t i = 0; i < ENTITIES; i++)
		runq_enqueue(&queue, &entities[i]);
	for (size_t i = 0; i < 100 * ENTITIES; i++) {
		struct runq_entity *entity = runq_pick(&queue);

		slices[entity - entities]++;
		runq_enqueue(&queue, entity);
	}
	for (size_t i = 0; i < ENTITIES; i++)
		CHECK_EQ(slices[i], 100);
}

TEST("an entity waits for at most one slice of each other, whoever sleeps and wakes")
{
	unsigned waited[ENTITIES] = { 0 };
	uint64_t seed = 17;

	set_up();
	for (int step = 0; step < 20000; step++) {
		size_t i = test_random(&seed) % ENTITIES;
		struct runq_entity *entity;

		if (runq_enqueue(&queue, &entities[i]))
			waited[i] = 0;
		entity = runq_pick(&queue);
		CHECK(waited[entity - entities] < ENTITIES);
		for (size_t k = 0; k < ENTITIES; k++)
			waited[k]++;
		if (test_random(&seed) % 4) {
			runq_enqueue(&queue, entity);
			waited[entity - entities] = 0;
		}
	}
}
