/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU that waits in its exit, with its hart to itself. vm/sched_sleep.h.
 * SOURCES: hypervisor/lib/timerq.c hypervisor/vm/runq.c hypervisor/vm/credit.c
 */
#include "fake_kalloc.h"
#include "hart/hart.h"
#include "test.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"

#define MS	10000UL			/* in ticks */

/* The machine of the files below: two harts, nothing is pending. */
static struct hart *here;
static uint64_t clock_now = 100 * MS;
static unsigned waits;
#define this_hart()	here
#define time_now()	clock_now
#define hart_timer_program(deadline)	(here->timer_programmed = (deadline))
#define hart_wait()	(waits++)
#define sched_clear_kick()	((void)0)
#undef csr_write
#define csr_write(csr, value)	((void)(value))
#include "vm/sched.c"
#include "vm/sched_sleep.c"

struct hart hart_boot;
static struct hart other;
static struct hart *hart_list[2] = { &hart_boot, &other };
struct hart **harts = hart_list;
unsigned hart_count = 2;
uint64_t timebase_hz = 1000 * MS;
bool trace_enabled;

static const struct mode_ops mode;
static struct vm vm;
static struct vcpu v;

void hart_kick(struct hart *hart)
{
	(void)hart;
}

void sched_offer(struct vcpu *vcpu)
{
	(void)vcpu;
}

bool sched_steal(struct hart *hart)
{
	(void)hart;
	return false;
}

struct vcpu *sched_switch(struct vcpu *vcpu)
{
	(void)vcpu;
	return NULL;
}

void valarm_expire(struct valarm *alarm)
{
	(void)alarm;
}

void vcpu_irq_raise(struct vcpu *vcpu, unsigned irq)
{
	vcpu->irq_pending |= 1UL << irq;
}

enum vcpu_next vcpu_take_rare(struct vcpu *vcpu, uint64_t requests)
{
	(void)vcpu;
	(void)requests;
	return VCPU_RESCHEDULE;
}

void vcpu_choose_exits_anew(struct vcpu *vcpu)
{
	(void)vcpu;
}

void vpmu_pause(struct vpmu *pmu)
{
	(void)pmu;
}

void vpmu_resume(struct vpmu *pmu)
{
	(void)pmu;
}

struct hart *sched_lock_home(struct vcpu *vcpu)
{
	spin_lock(&vcpu->hart->lock);
	return vcpu->hart;
}

/* v runs on the first hart. */
static void set_up(void)
{
	here = &hart_boot;
	waits = 0;
	for (unsigned i = 0; i < 2; i++) {
		*hart_list[i] = (struct hart){ .index = i, .online = true,
					       .timer_programmed = UINT64_MAX };
		CHECK_EQ(sched_init(hart_list[i]), 0);
	}
	vm = (struct vm){ .state = VM_RUNNING };
	v = (struct vcpu){ .vm = &vm, .hart = here, .state = VCPU_RUNNABLE, .mode = &mode,
			   .running = true, .wake_deadline = UINT64_MAX };
	credit_init(&vm.credit, CREDIT_WEIGHT_DEFAULT, 0, MS);
	runq_entity_init(&v.runq, &vm.credit);
	timerq_node_init(&v.timer_node);
	CHECK(runq_start(&sched_of(here)->runq, &v.runq, clock_now));
	here->loaded = &v;
}

static void tear_down(void)
{
	for (unsigned i = 0; i < 2; i++) {
		kfree(hart_list[i]->sched);
		hart_list[i]->sched = NULL;
	}
	CHECK_EQ(kalloc_live, 0);
}

TEST("a vCPU that blocks and is not woken sleeps in its exit, and then leaves it")
{
	set_up();
	sched_block(&v);
	CHECK(sched_sleep(&v) == NULL);
	CHECK_EQ(waits, 1);
	CHECK(!v.running && sched_of(here)->runq.current == NULL && !runq_is_queued(&v.runq));
	sched_wake(&v);
	CHECK(runq_is_queued(&v.runq));
	runq_dequeue(&v.runq);
	tear_down();
}

TEST("a vCPU whose VM has ended, and that blocks after it was dismissed, goes to the run loop")
{
	set_up();
	/* vm_stop(), elsewhere; sched_begin() has taken VCPU_REQ_STOP before the dismissal. */
	vm.state = VM_REBOOTING;
	v.state = VCPU_STOPPED;
	sched_dismiss(&v);
	/* The guest goes on, to a WFI. */
	CHECK_EQ(v.state, VCPU_RUNNABLE);
	sched_block(&v);
	CHECK(sched_sleep(&v) == NULL);
	CHECK_EQ(waits, 0);
	CHECK(sched_of(here)->runq.current == &v.runq);
	tear_down();
}
