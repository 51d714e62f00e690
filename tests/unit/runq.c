/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm/runq.c and vm/credit.c: order, shares, caps, wake-ups.
 * SOURCES: hypervisor/vm/runq.c hypervisor/vm/credit.c
 */
#include "vm/runq.h"
#include "test.h"

#define MS		10000UL		/* in ticks, at 10 MHz */
#define ENTITIES	16

static struct runq queue, other;
static struct credit credits[ENTITIES];
static struct runq_entity entities[ENTITIES];

static void set_up(void)
{
	runq_init(&queue, MS);
	runq_init(&other, MS);
	for (size_t i = 0; i < ENTITIES; i++) {
		credit_init(&credits[i], CREDIT_WEIGHT_DEFAULT, 0, MS);
		runq_entity_init(&entities[i], &credits[i]);
	}
}

static void wake(size_t i, uint64_t now)
{
	runq_enqueue(&queue, &entities[i], RUNQ_WAKE, now);
}

/*
 * One hart whose vCPUs never sleep, for so many ms: the ticks that each of them ran. What an
 * entity of its own does in between, woken by wake_every, is in `sleeper`.
 */
struct simulation {
	uint64_t ran[ENTITIES], longest_wait[ENTITIES], since[ENTITIES];
	uint64_t now;
};

static struct runq_entity *leave(struct simulation *sim, struct runq_entity *entity)
{
	runq_put(&queue, sim->now);
	sim->since[entity - entities] = sim->now;
	runq_enqueue(&queue, entity, RUNQ_PREEMPTED, sim->now);
	return NULL;
}

static void simulate(struct simulation *sim, uint64_t ms)
{
	uint64_t end = sim->now + ms * MS;

	while (sim->now < end) {
		struct runq_entity *entity = runq_pick(&queue, sim->now);
		uint64_t until = MIN(runq_deadline(&queue), end);
		size_t i;

		if (!entity) {
			CHECK(until > sim->now);
			sim->now = until;
			continue;
		}
		i = (size_t)(entity - entities);
		sim->longest_wait[i] = MAX(sim->longest_wait[i], sim->now - sim->since[i]);
		while (!runq_is_over(&queue, sim->now) && sim->now < end) {
			until = MAX(MIN(runq_deadline(&queue), end), sim->now + 1);
			sim->ran[i] += until - sim->now;
			sim->now = until;
			runq_release(&queue, sim->now);
		}
		leave(sim, entity);
	}
}

static bool within(uint64_t value, uint64_t wanted, uint64_t percent)
{
	uint64_t off = value > wanted ? value - wanted : wanted - value;

	return off * 100 <= wanted * percent;
}

TEST("an empty run queue picks nothing and waits for nothing")
{
	set_up();
	CHECK(runq_pick(&queue, 0) == NULL);
	CHECK_EQ(runq_count(&queue), 0);
	CHECK_EQ(runq_deadline(&queue), UINT64_MAX);
}

TEST("vCPUs that became runnable at the same time run in that order")
{
	set_up();
	for (size_t i = 0; i < ENTITIES; i++)
		CHECK(runq_enqueue(&queue, &entities[i], RUNQ_WAKE, 0));
	CHECK_EQ(runq_count(&queue), ENTITIES);
	for (size_t i = 0; i < ENTITIES; i++) {
		CHECK(runq_pick(&queue, 0) == &entities[i]);
		CHECK(!runq_is_queued(&entities[i]));
		runq_put(&queue, 0);
	}
	CHECK_EQ(runq_count(&queue), 0);
}

TEST("a second wake-up of a queued entity changes nothing, on this queue or another")
{
	set_up();
	wake(0, 0);
	wake(1, 0);
	CHECK(!runq_enqueue(&queue, &entities[0], RUNQ_WAKE, 0));
	CHECK(!runq_enqueue(&other, &entities[0], RUNQ_WAKE, 0));
	CHECK_EQ(runq_count(&queue), 2);
	CHECK_EQ(runq_count(&other), 0);
	CHECK(runq_pick(&queue, 0) == &entities[0]);
}

TEST("a dequeued entity does not run, and the others keep their order")
{
	set_up();
	for (size_t i = 0; i < 3; i++)
		wake(i, 0);
	CHECK(runq_dequeue(&entities[1]));
	CHECK(!runq_dequeue(&entities[1]));
	CHECK(runq_pick(&queue, 0) == &entities[0]);
	CHECK(runq_pick(&queue, 0) == &entities[2]);
	CHECK(runq_pick(&queue, 0) == NULL);
}

TEST("a vCPU that is alone runs without an end of its slice")
{
	set_up();
	wake(0, 0);
	CHECK(runq_pick(&queue, 0) == &entities[0]);
	CHECK_EQ(runq_deadline(&queue), UINT64_MAX);
	CHECK(!runq_is_over(&queue, 1000000 * MS));
	wake(1, 1000000 * MS);
	CHECK(runq_is_over(&queue, 1000000 * MS));
}

TEST("VMs of the same weight share a hart evenly, and nobody waits for more than a round")
{
	struct simulation sim = { .now = 0 };

	set_up();
	for (size_t i = 0; i < 10; i++)
		wake(i, 0);
	simulate(&sim, 10000);
	for (size_t i = 0; i < 10; i++) {
		CHECK(within(sim.ran[i], 1000 * MS, 2));
		CHECK(sim.longest_wait[i] <= 10 * RUNQ_SLICE_MS * MS);
	}
}

TEST("VMs share a hart in proportion to their weights")
{
	static const uint32_t weights[] = { 256, 512, 64, 1024 };
	struct simulation sim = { .now = 0 };

	set_up();
	for (size_t i = 0; i < 4; i++) {
		credit_set(&credits[i], weights[i], 0, 0);
		wake(i, 0);
	}
	simulate(&sim, 60000);
	for (size_t i = 0; i < 4; i++)
		CHECK(within(sim.ran[i], 60000 * MS * weights[i] / 1856, 2));
}

TEST("a VM of the least weight is not starved by one of the greatest")
{
	struct simulation sim = { .now = 0 };

	set_up();
	credit_set(&credits[0], 1, 0, 0);
	credit_set(&credits[1], CREDIT_WEIGHT_MAX, 0, 0);
	credit_set(&credits[2], 256, 0, 0);
	wake(0, 0);
	wake(1, 0);
	wake(2, 0);
	simulate(&sim, 2000000);
	CHECK(sim.ran[0] > 0);
	CHECK(within(sim.ran[2], 2000000 * MS * 256 / (65535 + 256 + 1), 4));
}

TEST("the vCPUs of a VM share what it has, and more of them bring no more")
{
	struct simulation sim = { .now = 0 };

	set_up();
	for (size_t i = 0; i < 4; i++) {
		entities[i].credit = &credits[0];
		wake(i, 0);
	}
	wake(4, 0);
	simulate(&sim, 20000);
	CHECK(within(sim.ran[4], 10000 * MS, 2));
	for (size_t i = 0; i < 4; i++)
		CHECK(within(sim.ran[i], 2500 * MS, 4));
}

TEST("a cap holds while the hart is idle otherwise")
{
	static const uint32_t caps[] = { 1, 10, 50, 90 };

	for (size_t i = 0; i < 4; i++) {
		struct simulation sim = { .now = 0 };

		set_up();
		credit_set(&credits[0], 256, caps[i], 0);
		wake(0, 0);
		simulate(&sim, 10000);
		CHECK(within(sim.ran[0], 100 * MS * caps[i], 2));
	}
}

TEST("what a capped VM may not use the others have, by their weights")
{
	struct simulation sim = { .now = 0 };

	set_up();
	credit_set(&credits[0], 2560, 20, 0);
	credit_set(&credits[2], 768, 0, 0);
	for (size_t i = 0; i < 3; i++)
		wake(i, 0);
	simulate(&sim, 20000);
	CHECK(within(sim.ran[0], 4000 * MS, 3));
	CHECK(within(sim.ran[1], 4000 * MS, 3));
	CHECK(within(sim.ran[2], 12000 * MS, 3));
}

TEST("two vCPUs of a capped VM have its cap together")
{
	struct simulation sim = { .now = 0 };

	set_up();
	entities[1].credit = &credits[0];
	credit_set(&credits[0], 256, 30, 0);
	wake(0, 0);
	wake(1, 0);
	simulate(&sim, 10000);
	CHECK(within(sim.ran[0] + sim.ran[1], 3000 * MS, 2));
	CHECK(within(sim.ran[0], 1500 * MS, 10));
}

TEST("a cap that is lifted is forgotten")
{
	struct simulation sim = { .now = 0 };

	set_up();
	credit_set(&credits[0], 256, 10, 0);
	wake(0, 0);
	simulate(&sim, 1000);
	credit_set(&credits[0], 256, 0, sim.now);
	sim.ran[0] = 0;
	simulate(&sim, 1000);
	CHECK(within(sim.ran[0], 1000 * MS, 4));
}

TEST("however much is charged to a VM with a cap, it runs again within a second or so")
{
	uint64_t now = 0, until;

	set_up();
	credit_set(&credits[0], 256, 10, 0);
	/* Half a hart for ten minutes: what others send it, say. */
	for (unsigned i = 0; i < 600 * 1000; i++) {
		now += MS;
		credit_charge(&credits[0], MS / 2, now);
	}
	CHECK_EQ(credit_allowed(&credits[0], now, &until), 0);
	CHECK(until > now + 900 * MS && until < now + 1100 * MS);
	CHECK(credit_allowed(&credits[0], until, &until) > 0);
}

TEST("a hart whose clock is behind that of another charges nothing to who runs there")
{
	uint64_t vtime;

	set_up();
	vtime = credit_vtime(&credits[0]);
	runq_begin_slice(&queue, &entities[0], 1000);
	runq_charge(&queue, 999);
	CHECK_EQ(credit_vtime(&credits[0]), vtime);
	runq_charge(&queue, 1001);
	CHECK_EQ(credit_vtime(&credits[0]), vtime + credit_weigh(&credits[0], 1));
}

TEST("one that wakes runs before those that never sleep, at once")
{
	struct simulation sim = { .now = 0 };

	set_up();
	wake(0, 0);
	wake(1, 0);
	simulate(&sim, 1003);
	CHECK(runq_pick(&queue, sim.now) != NULL);
	wake(2, sim.now + MS);
	CHECK(!runq_is_over(&queue, sim.now));
	CHECK(runq_is_over(&queue, sim.now + MS));
	runq_put(&queue, sim.now + MS);
	CHECK(runq_pick(&queue, sim.now + MS) == &entities[2]);
}

TEST("one that sleeps for long gains no more than the boost")
{
	struct simulation sim = { .now = 0 };

	set_up();
	wake(0, 0);
	simulate(&sim, 100000);
	wake(1, sim.now);
	sim.ran[0] = sim.ran[1] = 0;
	simulate(&sim, 1000);
	CHECK(within(sim.ran[0], 500 * MS, 4));
	CHECK(within(sim.ran[1], 500 * MS, 4));
}

TEST("one that wakes again and again takes no more than its share")
{
	struct simulation sim = { .now = 0 };
	uint64_t ran = 0;

	set_up();
	wake(0, 0);
	for (uint64_t i = 0; i < 4000; i++) {
		struct runq_entity *entity;

		/* Awake whenever it may be, for 4 ms, asleep for 1 us in between. */
		wake(1, sim.now);
		entity = runq_pick(&queue, sim.now);
		sim.now += entity == &entities[1] ? 4 * MS : RUNQ_SLICE_MS * MS;
		ran += entity == &entities[1] ? 4 * MS : 0;
		runq_put(&queue, sim.now);
		sim.now += MS / 1000;
		if (entity == &entities[0])
			runq_enqueue(&queue, entity, RUNQ_PREEMPTED, sim.now);
	}
	/* A slice is not cut short for it more often than the boost allows: at most two thirds. */
	CHECK(ran * 3 <= sim.now * 2);
	CHECK(ran * 3 >= sim.now);
}

TEST("one that was alone elsewhere for hours waits for a few slices of its own at most")
{
	struct simulation sim = { .now = 0 };

	set_up();
	credits[1].vtime = 1UL << 50;
	wake(0, 0);
	wake(1, 0);
	simulate(&sim, 1000);
	CHECK(sim.ran[1] >= 1000 * MS / (RUNQ_AHEAD + 3));
	CHECK(sim.longest_wait[1] <= (RUNQ_AHEAD + 2) * RUNQ_SLICE_MS * MS);
}

TEST("a VM is charged for a stall of the machine in its turn, and shares are right again soon")
{
	struct simulation sim = { .now = 0 };
	struct runq_entity *entity;

	set_up();
	credit_set(&credits[1], 512, 0, 0);
	wake(0, 0);
	wake(1, 0);
	simulate(&sim, 100);
	while ((entity = runq_pick(&queue, sim.now)) != &entities[0]) {
		sim.ran[1] += RUNQ_SLICE_MS * MS;
		sim.now += RUNQ_SLICE_MS * MS;
		leave(&sim, entity);
	}
	sim.ran[0] += 1000 * MS;
	sim.now += 1000 * MS;
	leave(&sim, entity);
	/* It gets a part of the hart also while it is ahead: see the test above. */
	simulate(&sim, 5000);
	CHECK(within(sim.ran[1], 2 * sim.ran[0], 3));
	simulate(&sim, 5000);
	CHECK(within(sim.ran[1], 2 * sim.ran[0], 2));
}

TEST("a vCPU does not wait for what another one of its VM ran on another hart")
{
	struct simulation sim = { .now = 0 };

	set_up();
	for (size_t i = 0; i < 3; i++)
		entities[i].credit = &credits[0];
	wake(0, 0);
	wake(1, 0);
	for (uint64_t i = 0; i < 100; i++) {
		simulate(&sim, 25);
		/* The third one ends four seconds alone on a hart of its own. */
		credit_charge(&credits[0], 4000 * MS, sim.now);
		runq_enqueue(&other, &entities[2], RUNQ_WAKE, sim.now);
		runq_dequeue(&entities[2]);
	}
	CHECK(sim.longest_wait[0] <= 4 * RUNQ_SLICE_MS * MS);
	CHECK(sim.longest_wait[1] <= 4 * RUNQ_SLICE_MS * MS);
}

TEST("a queue is behind another if its VMs have had less by a slice")
{
	set_up();
	credits[0].vtime = credit_weigh(&credits[0], 30 * MS);
	runq_enqueue(&queue, &entities[0], RUNQ_WAKE, 0);
	CHECK(!runq_is_behind(&other, &queue));
	runq_enqueue(&other, &entities[1], RUNQ_WAKE, 0);
	CHECK(runq_is_behind(&other, &queue));
	CHECK(!runq_is_behind(&queue, &other));
}

TEST("who runs does not pay for what its hart does for another, and loses none of its slice")
{
	uint64_t before, end;

	set_up();
	wake(0, 0);
	wake(1, 0);
	CHECK(runq_pick(&queue, 0) == &entities[0]);
	before = credit_vtime(&credits[0]);
	end = queue.slice_end;
	runq_excuse(&queue, 3 * MS, 4 * MS);
	CHECK_EQ(queue.slice_end, end + 3 * MS);
	runq_put(&queue, 4 * MS);
	CHECK_EQ(credit_vtime(&credits[0]) - before, credit_weigh(&credits[0], MS));
	/* Nobody runs: nobody is excused. */
	runq_excuse(&queue, MS, 5 * MS);
	CHECK(runq_pick(&queue, 5 * MS) == &entities[1]);
	/* Not for more than there was. */
	runq_excuse(&queue, 9 * MS, 6 * MS);
	before = credit_vtime(&credits[1]);
	runq_put(&queue, 6 * MS);
	CHECK_EQ(credit_vtime(&credits[1]), before);
}

TEST("an end of the slice for new shares is not that of who comes next of the same VM")
{
	set_up();
	runq_entity_init(&entities[1], &credits[0]);
	wake(0, 0);
	runq_pick(&queue, 0);
	runq_end_slice(&queue, MS);
	CHECK(runq_is_over(&queue, MS));
	CHECK(runq_hand_over(&queue, &entities[1], MS));
	CHECK(!runq_is_over(&queue, 1000 * MS));
	CHECK_EQ(runq_deadline(&queue), UINT64_MAX);
}

TEST("one that wakes alone starts as if it had been queued and picked")
{
	for (uint64_t slept = 0; slept < 100 * MS; slept += 7 * MS) {
		struct runq_entity *picked;

		set_up();
		credits[0].vtime = credits[1].vtime = 50 * MS;
		runq_enqueue(&other, &entities[1], RUNQ_WAKE, slept);
		picked = runq_pick(&other, slept);
		CHECK(picked == &entities[1]);
		CHECK(runq_start(&queue, &entities[0], slept));
		CHECK(queue.current == &entities[0]);
		CHECK(!runq_is_queued(&entities[0]));
		CHECK_EQ(credits[0].vtime, credits[1].vtime);
		CHECK_EQ(queue.slice_end, other.slice_end);
		CHECK_EQ(queue.charged, other.charged);
		CHECK_EQ(runq_deadline(&queue), runq_deadline(&other));
		CHECK_EQ(queue.count, other.count);
	}
}

TEST("one that wakes does not start before others, nor beyond its cap")
{
	set_up();
	wake(1, 0);
	CHECK(!runq_start(&queue, &entities[0], 0));
	runq_pick(&queue, 0);
	CHECK(!runq_start(&queue, &entities[0], 0));
	runq_put(&queue, 0);
	CHECK(runq_is_empty(&queue));
	credit_set(&credits[0], CREDIT_WEIGHT_DEFAULT, 50, 0);
	CHECK(!runq_start(&queue, &entities[0], 0));
	CHECK(queue.current == NULL);
}
