/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart's timers, in which vCPUs and devices' alarms wait together, tours of an alarm over all
 * harts, and who pays for a hart's time in interrupts. vm/sched.h, vm/valarm.h.
 * SOURCES: hypervisor/lib/timerq.c hypervisor/vm/runq.c hypervisor/vm/credit.c
 */
#include "fake_kalloc.h"
#include "hart/hart.h"
#include "test.h"
#include "vm/mode.h"
#include "vm/sched.h"

#define HARTS	3
#define MS	10000UL			/* in ticks */

/* The machine of the files below. */
static struct hart *here;
static uint64_t clock_now;
#define this_hart()	here
#define time_now()	clock_now
#define hart_timer_program(deadline)	(here->timer_programmed = (deadline))
#include "vm/sched.c"
#include "vm/sched_time.c"
#include "vm/valarm.c"

struct hart hart_boot;
static struct hart others[HARTS - 1];
static struct hart *hart_list[HARTS] = { &hart_boot, &others[0], &others[1] };
struct hart **harts = hart_list;
unsigned hart_count = HARTS;
uint64_t timebase_hz = 1000 * MS;

static struct vm vms[2];
static struct vcpu cpus[2];		/* one of each */
static unsigned kicks[HARTS];

void hart_kick(struct hart *hart)
{
	kicks[hart->index]++;
}

void sched_offer(struct vcpu *v)
{
	(void)v;
}

struct hart *sched_lock_home(struct vcpu *v)
{
	spin_lock(&v->hart->lock);
	return v->hart;
}

void vcpu_irq_raise(struct vcpu *v, unsigned irq)
{
	v->irq_pending |= 1UL << irq;
}

static void set_up(void)
{
	clock_now = 100 * MS;
	memset(kicks, 0, sizeof(kicks));
	for (unsigned i = 0; i < HARTS; i++) {
		kfree(hart_list[i]->sched);
		*hart_list[i] = (struct hart){ .index = i, .online = true,
					       .timer_programmed = UINT64_MAX };
		CHECK_EQ(sched_init(hart_list[i]), 0);
	}
	here = &hart_boot;
	for (unsigned i = 0; i < 2; i++) {
		vms[i] = (struct vm){ .state = VM_RUNNING };
		credit_init(&vms[i].credit, CREDIT_WEIGHT_DEFAULT, 0, MS);
		cpus[i] = (struct vcpu){ .vm = &vms[i], .hart = here, .state = VCPU_BLOCKED,
					 .timer_deadline = UINT64_MAX,
					 .wake_deadline = UINT64_MAX };
		runq_entity_init(&cpus[i].runq, &vms[i].credit);
		cputime_init(&cpus[i].time, clock_now);
		timerq_node_init(&cpus[i].timer_node);
	}
}

static void tear_down(void)
{
	for (unsigned i = 0; i < HARTS; i++) {
		kfree(hart_list[i]->sched);
		hart_list[i]->sched = NULL;
	}
	CHECK_EQ(kalloc_live, 0);
}

/* vCPU i runs on this hart from now on. */
static void run(unsigned i)
{
	struct runq *runq = &sched_of(here)->runq;

	sched_wake(&cpus[i]);
	CHECK(runq_pick(runq, clock_now) == &cpus[i].runq);
	cputime_switch(&cpus[i].time, CPUTIME_RUN, clock_now);
	cpus[i].running = true;
}

/* ---- Alarms and vCPUs in one queue ---- */

/*
 * An alarm in what looks like a vCPU that is blocked and waits for its timer, to whoever does not
 * look at what kind of node it is.
 */
static struct vcpu around;
static unsigned rings;

static void ring(struct valarm *alarm)
{
	(void)alarm;
	rings++;
	/* Whom its work is for can be charged. */
	CHECK(here->in_interrupt);
}

static struct valarm *alarm_in_vcpu(void)
{
	struct valarm *alarm = container_of(&around.timer_node, struct valarm, node);

	/* What follows the node is the alarm's; all before it, such as state, is the vCPU's. */
	around = cpus[0];
	valarm_init(alarm, ring);
	around.state = VCPU_BLOCKED;
	rings = 0;
	return alarm;
}

TEST("an alarm that is due is not the vCPU whose timer would be due")
{
	struct valarm *alarm;

	set_up();
	alarm = alarm_in_vcpu();
	valarm_set(alarm, clock_now);
	CHECK(sched_start_due(here, &cpus[1], clock_now) == NULL);
	CHECK(timerq_first(&here->timers) == &alarm->node);
	sched_expire_timers(here);
	CHECK_EQ(rings, 1);
	CHECK(timerq_first(&here->timers) == NULL);
	CHECK(sched_of(here)->runq.current == NULL);
	tear_down();
}

TEST("a vCPU whose timer is due first, and that sleeps alone, is started at once")
{
	set_up();
	cpus[0].timer_deadline = clock_now;
	timerq_insert(&here->timers, &cpus[0].timer_node, clock_now);
	CHECK(sched_start_due(here, &cpus[1], clock_now) == &cpus[0]);
	CHECK_EQ(cpus[0].irq_pending, SIP_STIP);
	CHECK(cpus[0].running);
	CHECK(sched_of(here)->runq.current == &cpus[0].runq);
	CHECK(timerq_first(&here->timers) == NULL);
	tear_down();
}

TEST("two that sleep in turn have one timer in the queue, that of who sleeps on")
{
	set_up();
	timerq_insert(&here->timers, &cpus[0].timer_node, clock_now);
	cpus[1].wake_deadline = clock_now + 5 * MS;
	CHECK(sched_start_due(here, &cpus[1], clock_now) == &cpus[0]);
	CHECK(timerq_first(&here->timers) == &cpus[1].timer_node);
	CHECK_EQ(here->timers.count, 1);
	CHECK(!timerq_is_queued(&cpus[0].timer_node));
	tear_down();
}

TEST("one that sleeps wakes by its own timer, in no queue, if that is not after the others'")
{
	for (uint64_t other = 0; other < 2; other++) {
		set_up();
		cpus[1].wake_deadline = clock_now;
		timerq_insert(&here->timers, &cpus[0].timer_node, clock_now + other);
		CHECK(sched_start_due(here, &cpus[1], clock_now - 1) == NULL);
		CHECK(sched_start_due(here, &cpus[1], clock_now) == &cpus[1]);
		CHECK(cpus[1].running && !cpus[0].running);
		CHECK(timerq_first(&here->timers) == &cpus[0].timer_node);
		tear_down();
	}
}

TEST("one that is held back, is awake or has a cap is not started at once, and nothing changes")
{
	for (unsigned why = 0; why < 6; why++) {
		set_up();
		timerq_insert(&here->timers, &cpus[0].timer_node, clock_now);
		cpus[1].wake_deadline = clock_now + 5 * MS;
		cpus[0].paused = why == 0;
		cpus[0].left = why == 1;
		cpus[0].evict = why == 2;
		cpus[0].start_pending = why == 3;
		if (why == 4)
			cpus[0].state = VCPU_STOPPED;
		if (why == 5)
			credit_set(&vms[0].credit, CREDIT_WEIGHT_DEFAULT, 50, clock_now);
		CHECK(sched_start_due(here, &cpus[1], clock_now) == NULL);
		CHECK(timerq_first(&here->timers) == &cpus[0].timer_node);
		CHECK(!timerq_is_queued(&cpus[1].timer_node));
		CHECK(!cpus[0].running && sched_of(here)->runq.current == NULL);
		tear_down();
	}
}

TEST("an alarm and a vCPU's timer that are due at once both expire, each as what it is")
{
	struct valarm alarm;

	set_up();
	rings = 0;
	valarm_init(&alarm, ring);
	valarm_set(&alarm, clock_now - 2);
	timerq_insert(&here->timers, &cpus[1].timer_node, clock_now - 1);
	sched_expire_timers(here);
	CHECK_EQ(rings, 1);
	CHECK_EQ(cpus[1].state, VCPU_RUNNABLE);
	CHECK(runq_is_queued(&cpus[1].runq));
	runq_dequeue(&cpus[1].runq);
	tear_down();
}

/* ---- Shares ---- */

TEST("a cap that a VM gets ends the slice of its vCPU that runs alone, wherever that is")
{
	for (unsigned i = 0; i < 2; i++) {
		struct vcpu *list[] = { &cpus[0] };
		struct runq *runq;
		uint64_t until;

		set_up();
		vms[0].vcpus = list;
		vms[0].vcpu_count = 1;
		runq = &sched_of(here)->runq;
		run(0);
		CHECK_EQ(runq_deadline(runq), UINT64_MAX);
		clock_now += 1000 * MS;
		here = hart_list[i];
		sched_set_shares(&vms[0], CREDIT_WEIGHT_DEFAULT, 50);
		CHECK_EQ(kicks[0], i);
		CHECK(runq_is_over(runq, clock_now));
		CHECK_EQ(runq_deadline(runq), clock_now);
		runq_put(runq, clock_now);
		/* What it has run before is not for the cap to count. */
		CHECK_EQ(credit_allowed(&vms[0].credit, clock_now, &until), 20 * MS);
		tear_down();
	}
}

TEST("a vCPU that the cap of its VM keeps waiting is ready when the cap goes")
{
	struct vcpu *list[] = { &cpus[0] };

	set_up();
	vms[0].vcpus = list;
	vms[0].vcpu_count = 1;
	credit_set(&vms[0].credit, CREDIT_WEIGHT_DEFAULT, 10, clock_now);
	credit_charge(&vms[0].credit, 1000 * MS, clock_now);
	sched_wake(&cpus[0]);
	CHECK(cpus[0].runq.parked);
	sched_set_shares(&vms[0], CREDIT_WEIGHT_DEFAULT, 0);
	CHECK(runq_is_queued(&cpus[0].runq) && !cpus[0].runq.parked);
	CHECK_EQ(runq_count(&sched_of(here)->runq), 1);
	runq_dequeue(&cpus[0].runq);
	tear_down();
}

/* ---- The end of a VM ---- */

TEST("a vCPU that was paused and left before it was dismissed is not paused after the reboot")
{
	set_up();
	run(0);
	sched_pause(&cpus[0], true);
	/* Its hart sees the VM's state, and it leaves; vm_stop() comes to it only then. */
	vms[0].state = VM_REBOOTING;
	runq_put(&sched_of(here)->runq, clock_now);
	cpus[0].running = false;
	cpus[0].left = true;
	sched_dismiss(&cpus[0]);
	sched_readmit(&cpus[0]);
	sched_set_state(&cpus[0], VCPU_RUNNABLE);
	CHECK(runq_is_queued(&cpus[0].runq));
	runq_dequeue(&cpus[0].runq);
	tear_down();
}

TEST("a vCPU whose VM ends does not wait for its cap to leave")
{
	set_up();
	credit_set(&vms[0].credit, CREDIT_WEIGHT_DEFAULT, 10, clock_now);
	credit_charge(&vms[0].credit, 1000 * MS, clock_now);
	sched_wake(&cpus[0]);
	CHECK(cpus[0].runq.parked);
	/* As vm_stop() does it. */
	vms[0].state = VM_DESTROYED;
	credit_set(&vms[0].credit, CREDIT_WEIGHT_DEFAULT, 0, clock_now);
	sched_dismiss(&cpus[0]);
	CHECK(runq_is_queued(&cpus[0].runq) && !cpus[0].runq.parked);
	runq_dequeue(&cpus[0].runq);
	tear_down();
}

/* ---- Tours ---- */

TEST("a tour rings when every hart that runs has been in its run loop, and not before")
{
	struct valarm alarm;

	set_up();
	rings = 0;
	others[0].online = false;
	valarm_tour(&alarm, ring);
	for (unsigned i = 0; i < HARTS; i++) {
		CHECK_EQ(rings, 0);
		here = hart_list[i];
		CHECK_EQ(timerq_first(&here->timers) != NULL, here->online);
		CHECK_EQ(kicks[i], i == 2);
		sched_expire_timers(here);
	}
	CHECK_EQ(rings, 1);
	for (unsigned i = 0; i < HARTS; i++)
		CHECK(timerq_first(&hart_list[i]->timers) == NULL);
	tear_down();
}

/* ---- Whose a hart's time is ---- */

TEST("work in an interrupt is charged to the VM that it is for, and stolen from who runs")
{
	struct runq *runq;
	uint64_t begin, slice_end, vtime;

	set_up();
	runq = &sched_of(here)->runq;
	run(0);
	slice_end = runq->slice_end;
	clock_now += 2 * MS;
	begin = clock_now;
	here->in_interrupt = true;
	clock_now += MS;
	CHECK_EQ(sched_charge(&vms[1], begin), clock_now);
	CHECK_EQ(vms[1].service_ticks, MS);
	CHECK_EQ(credit_vtime(&vms[1].credit), credit_weigh(&vms[1].credit, MS));
	CHECK_EQ(runq->slice_end, slice_end + MS);
	CHECK_EQ(cputime_ticks(&cpus[0].time, CPUTIME_WAIT, clock_now), MS);
	CHECK_EQ(cputime_ticks(&cpus[0].time, CPUTIME_RUN, clock_now), 2 * MS);
	/* Of its own 3 ms it pays two. */
	vtime = credit_vtime(&vms[0].credit);
	runq_put(runq, clock_now);
	CHECK(credit_vtime(&vms[0].credit) - vtime <= credit_weigh(&vms[0].credit, 2 * MS));
	CHECK_EQ(credit_vtime(&vms[0].credit), credit_weigh(&vms[0].credit, 2 * MS));
	tear_down();
}

TEST("work in an interrupt for the VM that runs is paid for once")
{
	uint64_t begin;

	set_up();
	run(0);
	begin = clock_now;
	here->in_interrupt = true;
	clock_now += MS;
	sched_charge(&vms[0], begin);
	CHECK_EQ(vms[0].service_ticks, 0);
	runq_put(&sched_of(here)->runq, clock_now);
	CHECK_EQ(credit_vtime(&vms[0].credit), credit_weigh(&vms[0].credit, MS));
	tear_down();
}

TEST("work in an interrupt on a hart that sleeps is charged, too")
{
	uint64_t begin;

	set_up();
	begin = clock_now;
	here->in_interrupt = true;
	clock_now += MS;
	sched_charge(&vms[1], begin);
	CHECK_EQ(vms[1].service_ticks, MS);
	CHECK_EQ(credit_vtime(&vms[1].credit), credit_weigh(&vms[1].credit, MS));
	tear_down();
}

TEST("outside of interrupts nobody is charged: who runs has asked for the work")
{
	uint64_t begin;

	set_up();
	run(0);
	begin = clock_now;
	clock_now += MS;
	CHECK_EQ(sched_charge(&vms[1], begin), clock_now);
	CHECK_EQ(vms[1].service_ticks, 0);
	CHECK_EQ(credit_vtime(&vms[1].credit), 0);
	runq_put(&sched_of(here)->runq, clock_now);
	tear_down();
}
