/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU that waits and has its hart to itself. Privileged specification, "Wait for Interrupt".
 */
#include "hart/trace.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"
#include "vm/sched_sleep.h"

/* Neither a trace nor an account sees its exits, and no guest interrupt file can wake it. */
static bool may_sleep(const struct hart *hart, const struct vcpu *v)
{
	return hart->geilen == 0 && !v->resuming && !v->watched;
}

/* v leaves the hart, which nobody else wants: it is blocked and does not run. */
static bool lie_down(struct hart *hart, struct vcpu *v)
{
	struct runq *runq = &sched_of(hart)->runq;
	uint64_t deadline = UINT64_MAX, now;
	bool asleep;

	spin_lock(&hart->lock);
	/*
	 * Or another hart has woken it just now; or its VM has ended, of which it may have been
	 * told before it blocked, and nobody will tell it again.
	 */
	asleep = v->state == VCPU_BLOCKED && runq_is_empty(runq) && !v->paused &&
		 v->vm->state == VM_RUNNING;
	if (asleep) {
		now = time_now();
		sched_leave(hart, v, now);
		deadline = sched_first_timer(hart);
		runq_put(runq, now);
		/* Whoever does not see it yet wakes v by its queue. */
		__atomic_store_n(&v->asleep, 1U, __ATOMIC_RELAXED);
	}
	spin_unlock(&hart->lock);
	if (asleep && deadline != hart->timer_programmed)
		hart_timer_program(deadline);
	return asleep;
}

static bool somebody_waits(void)
{
	for (unsigned i = 0; i < hart_count; i++)
		if (runq_count(&sched_of(harts[i])->runq) > 0)
			return true;
	return false;
}

/*
 * Wait for an interrupt, as the run loop does while it is idle. Return: false if another hart has
 * taken this one for idle, and has a vCPU for it.
 */
static bool wait(struct hart *hart, struct vcpu *v)
{
	struct sched_hart *sched = sched_of(hart);

	if (v->mode->settle != NULL)
		v->mode->settle(v);
	__atomic_store_n(&sched->idle, 1U, __ATOMIC_RELAXED);
	/* The store must be visible before the queues are looked at, which are plain loads. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (likely(!somebody_waits()) || !sched_steal(hart))
		hart_wait();
	sched_clear_kick();
	return __atomic_exchange_n(&sched->idle, 0U, __ATOMIC_RELAXED) != 0;
}

/* v runs again if it was roused and nobody else wants the hart: then the run loop is not needed. */
static bool get_up(struct hart *hart, struct vcpu *v, bool alone)
{
	bool roused, starts;
	uint64_t now, deadline;

	spin_lock(&hart->lock);
	now = time_now();
	deadline = sched_first_timer(hart);
	roused = READ_ONCE(v->asleep) == 0 ||
		 !__atomic_exchange_n(&v->asleep, 0U, __ATOMIC_SEQ_CST);
	/* What comes from now on interrupts it; that it has left its VM only this hart can say. */
	starts = roused && alone && v->state == VCPU_BLOCKED && !v->paused && !v->evict &&
		 runq_start(&sched_of(hart)->runq, &v->runq, now);
	if (starts) {
		v->state = VCPU_RUNNABLE;
		cputime_switch(&v->time, CPUTIME_RUN, now);
		__atomic_store_n(&v->running, true, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&hart->lock);
	/* Another hart may have set one, and interrupted this one for that, too. */
	if (deadline < hart->timer_programmed)
		hart_timer_program(deadline);
	if (roused && !starts)
		sched_wake(v);
	return starts;
}

/* The order of running, a fence behind it, and requests is that of sched_begin(). */
static bool begin(struct vcpu *v)
{
	if (READ_ONCE(v->requests) != 0 && vcpu_take_requests(v) != VCPU_RESUME)
		return false;
	v->suspended = false;
	if (unlikely(v->clocked))
		vpmu_resume(&v->vpmu);
	if (unlikely(trace_on())) {
		vcpu_choose_exits(v);
		csr_write(CSR_STVEC, (uint64_t)(uintptr_t)v->vector);
	}
	return true;
}

bool sched_is_for_vcpu(struct vcpu *v)
{
	struct hart *hart = this_hart();
	uint64_t deadline;

	sched_clear_kick();
	if (READ_ONCE(v->requests) == 0 || READ_ONCE(v->paused) || READ_ONCE(v->evict) ||
	    runq_count(&sched_of(hart)->runq) > 0 || hart->geilen != 0 || trace_on())
		return false;
	spin_lock(&hart->lock);
	deadline = sched_next_deadline(hart);
	spin_unlock(&hart->lock);
	hart_timer_program(deadline);
	return true;
}

struct vcpu *sched_sleep(struct vcpu *v)
{
	struct hart *hart = this_hart();

	if (runq_count(&sched_of(hart)->runq) > 0)
		return sched_switch(v);
	if (!may_sleep(hart, v) || !lie_down(hart, v))
		return NULL;
	return get_up(hart, v, wait(hart, v)) && begin(v) ? v : NULL;
}
