/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs change harts: pinned elsewhere, stolen, or both at once. vm/sched.h, sched_pin().
 * SOURCES: hypervisor/lib/timerq.c hypervisor/vm/runq.c hypervisor/vm/credit.c
 */
#include "hart/hart.h"
#include "test.h"
#include "vm/mode.h"
#include "vm/sched.h"

#define HARTS	3
#define MS	10000UL			/* in ticks */

static uint64_t clock_now = 100 * MS;
#define time_now()	clock_now

/* What another hart does before this one has the next lock. */
static void (*meanwhile)(void);

static void lock_after(struct spinlock *lock)
{
	void (*first)(void) = meanwhile;

	meanwhile = NULL;
	if (first != NULL)
		first();
	spin_lock(lock);
}
#define spin_lock(lock)	lock_after(lock)
#include "vm/sched_move.c"

static struct hart list[HARTS];
static struct sched_hart scheds[HARTS];
static struct hart *hart_list[HARTS] = { &list[0], &list[1], &list[2] };
struct hart **harts = hart_list;
unsigned hart_count = HARTS;
static unsigned kicks[HARTS];

static struct vm vm;
static struct vcpu v;
static uint64_t affinity;

void hart_kick(struct hart *hart)
{
	kicks[hart->index]++;
}

/* v waits on the first hart and may run anywhere. */
static void set_up(void)
{
	memset(kicks, 0, sizeof(kicks));
	for (unsigned i = 0; i < HARTS; i++) {
		list[i] = (struct hart){ .index = i, .online = true, .sched = &scheds[i] };
		scheds[i] = (struct sched_hart){ 0 };
		runq_init(&scheds[i].runq, MS);
		timerq_init(&list[i].timers);
	}
	vm = (struct vm){ .state = VM_RUNNING };
	credit_init(&vm.credit, CREDIT_WEIGHT_DEFAULT, 0, MS);
	affinity = (1u << HARTS) - 1;
	v = (struct vcpu){ .vm = &vm, .hart = &list[0], .state = VCPU_RUNNABLE,
			   .affinity = &affinity };
	runq_entity_init(&v.runq, &vm.credit);
	timerq_node_init(&v.timer_node);
	sched_count(&v, v.hart, true);
	runq_enqueue(&scheds[0].runq, &v.runq, RUNQ_WAKE, clock_now);
}

static int pin(unsigned hart)
{
	uint64_t wanted = 1UL << hart;

	return sched_pin(&v, &wanted);
}

static void steal_to_1(void)
{
	CHECK(sched_steal(&list[1]));
}

/* As far as the look at whether it is loaded: what follows comes too late. */
static void pin_to_2(void)
{
	list[0].loaded = &v;
	CHECK_EQ(pin(2), 0);
	list[0].loaded = NULL;
}

/* It was loaded when it was pinned to that hart, and has just been put away. */
static void set_up_leaving(unsigned hart)
{
	set_up();
	list[0].loaded = &v;
	CHECK_EQ(pin(hart), 0);
	list[0].loaded = NULL;
}

/* It is queued there and nowhere else, and counts there. */
static void expect_on(unsigned hart)
{
	CHECK(v.hart == &list[hart] && v.runq.queue == &scheds[hart].runq);
	for (unsigned i = 0; i < HARTS; i++) {
		CHECK_EQ(runq_count(&scheds[i].runq), i == hart);
		CHECK_EQ(scheds[i].vcpu_count, i == hart);
	}
}

TEST("one that waits goes at once to the hart that it is pinned to, which is told")
{
	set_up();
	CHECK_EQ(pin(1), 0);
	expect_on(1);
	CHECK(!v.evict && kicks[1] == 1);
	CHECK_EQ(pin(1), 0);
	expect_on(1);
	CHECK(!v.evict && kicks[1] == 1);
}

TEST("one that is loaded goes when its hart has put it away, and is held back until then")
{
	set_up();
	list[0].loaded = &v;
	CHECK_EQ(pin(2), 0);
	expect_on(0);
	CHECK(v.evict && v.held != 0 && kicks[0] == 1 && kicks[2] == 0);
	CHECK(!sched_steal(&list[2]));
	list[0].loaded = NULL;
	sched_evict(&list[0], &v);
	expect_on(2);
	CHECK(!v.evict && v.held == 0 && kicks[2] == 1);
}

TEST("one that its new hart takes before it is brought there need not leave that hart")
{
	set_up_leaving(1);
	meanwhile = steal_to_1;
	sched_evict(&list[0], &v);
	expect_on(1);
	CHECK(!v.evict && v.held == 0);
}

TEST("one that is pinned anew while it is brought to a hart has to leave that one, too")
{
	set_up_leaving(1);
	meanwhile = pin_to_2;
	sched_evict(&list[0], &v);
	expect_on(1);
	CHECK(v.evict);
	sched_evict(&list[1], &v);
	expect_on(2);
	CHECK(!v.evict);
}

TEST("a vCPU cannot be pinned to harts that do not run, and stays as it was")
{
	set_up();
	list[1].online = false;
	CHECK_EQ(pin(1), -EINVAL);
	expect_on(0);
	CHECK(!v.evict && affinity == (1u << HARTS) - 1);
}

TEST("one that may not run on an idle hart is not taken by it, nor by evening out")
{
	set_up();
	CHECK_EQ(pin(0), 0);
	CHECK(!sched_steal(&list[1]) && !sched_steal(&list[2]));
	sched_balance(&list[0]);
	sched_balance(&list[0]);
	expect_on(0);
	affinity |= 1u << 2;
	CHECK(!sched_steal(&list[1]));
	CHECK(sched_steal(&list[2]));
	expect_on(2);
}
