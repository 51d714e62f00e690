/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vCPUs want to run, and since when: states, wake-ups and timers. */
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"
#include "vm/valarm.h"

int sched_init(struct hart *hart)
{
	struct sched_hart *sched = kalloc(sizeof(*sched));

	if (sched == NULL)
		return -ENOMEM;
	runq_init(&sched->runq, timebase_hz / 1000);
	timerq_init(&hart->timers);
	hart->sched = sched;
	hart->alone = hart_count == 1;
	return 0;
}

/* ---- What vCPUs want ---- */

void sched_account_time(struct vcpu *v, uint64_t now)
{
	static const enum cputime_kind kinds[] = {
		[VCPU_STOPPED] = CPUTIME_STOPPED, [VCPU_STARTING] = CPUTIME_STOPPED,
		[VCPU_RUNNABLE] = CPUTIME_WAIT, [VCPU_BLOCKED] = CPUTIME_BLOCKED,
	};

	cputime_switch(&v->time, v->paused ? CPUTIME_STOPPED : kinds[v->state], now);
}

/*
 * Queue v if it wants to run and does not; its hart is locked. Return: whether announce() has
 * to follow. On this hart the vCPU that runs may have been alone, without an end of its slice.
 *
 * One that has left its VM, which ends, must not run again, or it would leave twice: an interrupt
 * may still come for one that was blocked then, and a hart_start may have begun before.
 */
static bool enqueue(struct hart *hart, struct vcpu *v)
{
	struct runq *runq = &sched_of(hart)->runq;
	uint64_t now;

	if (v->state != VCPU_RUNNABLE || v->running || v->paused || v->left ||
	    runq_is_queued(&v->runq))
		return false;
	now = time_now();
	runq_enqueue(runq, &v->runq, RUNQ_WAKE, now);
	cputime_switch(&v->time, CPUTIME_WAIT, now);
	if (hart == this_hart() && runq_deadline(runq) < hart->timer_programmed)
		hart_timer_program(runq_deadline(runq));
	return hart_count > 1;
}

/* v has been queued on hart, which is not locked any more. */
static void announce(struct hart *hart, struct vcpu *v)
{
	const struct sched_hart *sched = sched_of(hart);
	bool busy;

	if (hart == this_hart()) {
		busy = hart->in_interrupt ||
		       __atomic_load_n(&sched->runq.current, __ATOMIC_RELAXED) != NULL;
	} else {
		/* With nobody current, too, it may have much to do before it picks. */
		busy = !__atomic_load_n(&sched->idle, __ATOMIC_RELAXED);
		hart_kick(hart);
	}
	if (busy)
		sched_offer(v);
}

void sched_set_state(struct vcpu *v, enum vcpu_state state)
{
	struct hart *hart = sched_lock_home(v);
	bool queued;

	v->state = state;
	if (state != VCPU_RUNNABLE)
		runq_dequeue(&v->runq);
	queued = enqueue(hart, v);
	spin_unlock(&hart->lock);
	if (queued)
		announce(hart, v);
}

void sched_dismiss(struct vcpu *v)
{
	struct hart *hart = sched_lock_home(v);
	bool queued = false;

	/* One that has left must not be found in a queue after its VM has rebooted. */
	if (!v->left) {
		v->state = VCPU_RUNNABLE;
		v->paused = false;
		/* Its VM may have no cap any more. */
		if (v->runq.parked)
			runq_dequeue(&v->runq);
		queued = enqueue(hart, v);
	}
	spin_unlock(&hart->lock);
	if (queued)
		announce(hart, v);
}

void sched_readmit(struct vcpu *v)
{
	struct hart *hart = sched_lock_home(v);

	v->left = false;
	/* It may have been paused, and have left before its dismissal. */
	v->paused = false;
	v->state = VCPU_STOPPED;
	sched_count(v, hart, true);
	spin_unlock(&hart->lock);
}

/* v, whose hart is locked, is woken if it is blocked. Return: as enqueue(). */
static bool wake(struct hart *hart, struct vcpu *v)
{
	if (v->state != VCPU_BLOCKED)
		return false;
	v->state = VCPU_RUNNABLE;
	return enqueue(hart, v);
}

void sched_wake(struct vcpu *v)
{
	struct hart *hart = sched_lock_home(v);
	bool queued = wake(hart, v);

	spin_unlock(&hart->lock);
	if (queued)
		announce(hart, v);
}

void sched_flush_woken(struct hart *hart)
{
	struct vcpu *v;

	spin_lock(&hart->lock);
	v = sched_take_woken(hart);
	if (v != NULL)
		enqueue(hart, v);
	spin_unlock(&hart->lock);
}

void sched_pause(struct vcpu *v, bool pause)
{
	struct hart *hart = sched_lock_home(v);
	bool queued, kick;

	/* One that its VM has dismissed, or will, has to run once more, to leave. */
	if (__atomic_load_n(&v->vm->state, __ATOMIC_SEQ_CST) != VM_RUNNING) {
		spin_unlock(&hart->lock);
		return;
	}
	v->paused = pause;
	if (pause)
		runq_dequeue(&v->runq);
	queued = enqueue(hart, v);
	kick = pause && v->running && hart != this_hart();
	if (!v->running)
		sched_account_time(v, time_now());
	spin_unlock(&hart->lock);
	if (queued)
		announce(hart, v);
	if (kick)
		hart_kick(hart);
}

/* What v has run until now it has run under the VM's old shares. */
static void charge(struct vcpu *v)
{
	struct hart *hart = sched_lock_home(v);
	struct runq *runq = &sched_of(hart)->runq;

	if (runq->current == &v->runq)
		runq_charge(runq, time_now());
	spin_unlock(&hart->lock);
}

/* v's place in the queue, and how long it may run, are of the VM's old shares. */
static void renew(struct vcpu *v)
{
	struct hart *hart = sched_lock_home(v);
	struct runq *runq = &sched_of(hart)->runq;
	bool queued = false, kick = false;

	if (v->runq.parked) {
		runq_dequeue(&v->runq);
		queued = enqueue(hart, v);
	} else if (runq->current == &v->runq) {
		runq_end_slice(runq, time_now());
		kick = hart != this_hart();
	}
	spin_unlock(&hart->lock);
	if (queued)
		announce(hart, v);
	if (kick)
		hart_kick(hart);
}

void sched_set_shares(struct vm *vm, uint32_t weight, uint32_t cap)
{
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		charge(vm->vcpus[i]);
	credit_set(&vm->credit, weight, cap, time_now());
	for (unsigned i = 0; i < vm->vcpu_count; i++)
		renew(vm->vcpus[i]);
}

/* ---- Timers ---- */

/* v's timer is due; its hart is locked, but not while others are told. */
static void expire_vcpu(struct hart *hart, struct vcpu *v)
{
	sched_expire_timer(v, time_now());
	if (!wake(hart, v))
		return;
	spin_unlock(&hart->lock);
	announce(hart, v);
	spin_lock(&hart->lock);
}

/* The same of a device's, whose call comes without a lock. */
static void expire_alarm(struct hart *hart, struct valarm *alarm)
{
	bool inside = hart->in_interrupt;

	alarm->ringing = true;
	spin_unlock(&hart->lock);
	/* It is for some VM, mostly not for the one that runs. */
	hart->in_interrupt = true;
	valarm_expire(alarm);
	hart->in_interrupt = inside;
	spin_lock(&hart->lock);
}

void sched_expire_timers(struct hart *hart)
{
	struct timerq_node *node;

	spin_lock(&hart->lock);
	while ((node = timerq_expire(&hart->timers, time_now())) != NULL) {
		if (unlikely(node->kind == TIMERQ_ALARM))
			expire_alarm(hart, container_of(node, struct valarm, node));
		else
			expire_vcpu(hart, container_of(node, struct vcpu, timer_node));
	}
	spin_unlock(&hart->lock);
}
