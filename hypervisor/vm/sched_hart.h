/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to vm/sched.c, sched_run.c, sched_switch.c, sched_sleep.c and sched_move.c: a hart's part
 * of the scheduler, and how vCPUs change harts.
 *
 * hart->lock of v->hart guards the scheduling state of v. It changes with v->hart, which only
 * changes while both harts are locked, v does not run, and its registers are in no hart's CSRs: a
 * vCPU that blocks stays loaded, and until its hart loads another one nobody else can take it.
 */
#ifndef VM_SCHED_HART_H
#define VM_SCHED_HART_H

#include "hart/hart.h"
#include "lib/bitmap.h"
#include "vm/mode.h"
#include "vm/runq.h"
#include "vm/vmid.h"

struct sched_hart {
	struct runq runq;
	struct vmid_pool vmids;		/* its own hart's */
	size_t vcpu_count;		/* that live here, runnable or not; atomic */
	uint32_t idle;			/* in WFI, or about to be; atomic */
	uint64_t picked;		/* when the run loop picked last, in ticks */
	unsigned partner;		/* the hart with which it evened out last */
};

static inline struct sched_hart *sched_of(const struct hart *hart)
{
	return hart->sched;
}

/*
 * This hart has been kicked, or may have been: from here on a kick interrupts it anew. What the old
 * one came for is looked at behind this: a CSR access is ordered with memory only as a device's is,
 * and an IPI that comes in between must not be cleared.
 */
static inline void sched_clear_kick(void)
{
	csr_clear(CSR_SIP, SIP_SSIP);
	__asm__ volatile("fence o, rw" : : : "memory");
}

/* v may run on that hart. */
static inline bool sched_allows(const struct vcpu *v, const struct hart *hart)
{
	return bitmap_test(v->affinity, hart->index);
}

/* What v does from now on, by its state; its hart is locked. */
void sched_account_time(struct vcpu *v, uint64_t now);
/*
 * The vCPU that mode/fast.S has sent an IPI and left asleep is to run, since hart->woken_ticks.
 * Before this hart, the only one, decides anything. No lock is held.
 */
void sched_flush_woken(struct hart *hart);
/* It, RUNNABLE and in no queue, if it still sleeps and may run, or NULL. The hart is locked. */
static inline struct vcpu *sched_take_woken(struct hart *hart)
{
	struct vcpu *v = hart->woken;

	hart->woken = NULL;
	if (unlikely(v->state != VCPU_BLOCKED))
		return NULL;
	v->state = VCPU_RUNNABLE;
	if (unlikely(v->paused || v->left))
		return NULL;
	cputime_switch_from(&v->time, CPUTIME_BLOCKED, CPUTIME_WAIT, hart->woken_ticks);
	return v;
}

/* Wake the vCPUs whose timers are due on this hart. */
void sched_expire_timers(struct hart *hart);
/* Lock the hart that v belongs to, and return it. */
struct hart *sched_lock_home(struct vcpu *v);
/* A vCPU that waits on hart, which is busy: wake a hart that is idle, to take it. No lock held. */
void sched_offer(struct vcpu *v);
/* This hart has nothing to do: take a vCPU that waits elsewhere. Return: whether there was one. */
bool sched_steal(struct hart *hart);
/* This hart is about to pick, and vCPUs wait: have the others do their part. */
void sched_balance(struct hart *hart);
/*
 * v, which has been picked, is about to run: its registers are in this hart's CSRs from now on,
 * those of another one put away. No lock is held.
 *
 * The order of running, which is set since v was picked, and requests is that of Dekker: another
 * hart sets a request and then looks at running, this one has set running and then looks at
 * requests. Whichever hart v was on when the other one looked, it takes the request before it runs,
 * there or on the next one.
 */
void sched_begin(struct hart *hart, struct vcpu *v);
/* Put away those that this hart has, if any: from here on another hart may take the vCPU. */
void sched_unload(struct hart *hart);
/* v, which is loaded nowhere by now and does not run, may not be on hart any more. */
void sched_evict(struct hart *hart, struct vcpu *v);

/* ---- The hart is locked ---- */

/*
 * A timer of v is due. The SBI timer is an interrupt line, which v may be lowering on another hart
 * in the next moment; a timer of the hardware's own only wakes.
 */
static inline void sched_expire_timer(struct vcpu *v, uint64_t now)
{
	if (v->timer_deadline <= now) {
		v->timer_deadline = UINT64_MAX;
		vcpu_irq_raise(v, IRQ_S_TIMER);
	}
}

/* When the hart's first timer is due. */
static inline uint64_t sched_first_timer(const struct hart *hart)
{
	const struct timerq_node *first = timerq_first(&hart->timers);

	return first != NULL ? first->deadline_ticks : UINT64_MAX;
}

/* The next time at which this hart has something to do of its own accord. */
static inline uint64_t sched_next_deadline(const struct hart *hart)
{
	return MIN(runq_deadline(&sched_of(hart)->runq), sched_first_timer(hart));
}

/* The vCPU that waits first, if there is another hart to take it. */
static inline struct vcpu *sched_first_waiting(const struct hart *hart)
{
	struct runq_entity *entity = hart_count > 1 ? runq_first(&sched_of(hart)->runq) : NULL;

	return entity != NULL ? container_of(entity, struct vcpu, runq) : NULL;
}

/* The queue's current one, which has been picked, runs from now on. Return: it; NULL: none. */
static inline struct vcpu *sched_start(struct runq_entity *entity, uint64_t now)
{
	struct vcpu *v;

	if (entity == NULL)
		return NULL;
	v = container_of(entity, struct vcpu, runq);
	cputime_switch(&v->time, CPUTIME_RUN, now);
	/* Behind it comes the fence of sched_begin(). */
	__atomic_store_n(&v->running, true, __ATOMIC_RELAXED);
	return v;
}

/* The one whose turn it is runs from now on, or NULL; there is no current one. */
static inline struct vcpu *sched_take_next(struct hart *hart, uint64_t now)
{
	struct runq *runq = &sched_of(hart)->runq;

	return sched_start(runq_is_empty(runq) ? NULL : runq_pick(runq, now), now);
}

/* Of those that sleep, v whose timer is in no queue: who wakes by the first one due, or NULL. */
static inline struct vcpu *sched_first_due(const struct hart *hart, struct vcpu *v, uint64_t now)
{
	struct timerq_node *first = timerq_first(&hart->timers);
	struct vcpu *next = v;

	if (first != NULL && first->deadline_ticks < v->wake_deadline) {
		if (first->kind != TIMERQ_VCPU || first->deadline_ticks > now)
			return NULL;
		next = container_of(first, struct vcpu, timer_node);
	} else if (v->wake_deadline > now) {
		return NULL;
	}
	return next->state == VCPU_BLOCKED && !next->held && !runq_has_cap(&next->runq) ? next :
											  NULL;
}

/*
 * It is picked and runs; nobody else does or could. Its timer leaves the queue, and that of v,
 * which sleeps on, takes its place: of all timers only v's need not have been there. Return: it, or
 * NULL if there is more to do, and nothing has changed.
 */
static inline struct vcpu *sched_start_due(struct hart *hart, struct vcpu *v, uint64_t now)
{
	struct vcpu *next = sched_first_due(hart, v, now);

	if (unlikely(next == NULL))
		return NULL;
	if (v->wake_deadline == UINT64_MAX)
		timerq_remove(&next->timer_node);
	else if (next != v)
		timerq_replace_first(&hart->timers, &v->timer_node, v->wake_deadline);
	sched_expire_timer(next, now);
	runq_begin_slice(&sched_of(hart)->runq, &next->runq, now);
	next->state = VCPU_RUNNABLE;
	cputime_switch_from(&next->time, CPUTIME_BLOCKED, CPUTIME_RUN, now);
	/* On the only hart: nobody else looks. */
	next->running = true;
	return next;
}

/* v, which sleeps, is woken by the hart's timers at its wake_deadline (ticks), if it has one. */
static inline void sched_queue_timer(struct hart *hart, struct vcpu *v)
{
	if (v->wake_deadline != UINT64_MAX)
		timerq_insert(&hart->timers, &v->timer_node, v->wake_deadline);
}

/* v, which has blocked in its exit, does not run any more, since now (ticks). */
static inline void sched_leave(struct hart *hart, struct vcpu *v, uint64_t now)
{
	sched_queue_timer(hart, v);
	if (unlikely(v->clocked))
		vpmu_pause(&v->vpmu);
	cputime_switch_from(&v->time, CPUTIME_RUN,
			    v->paused ? CPUTIME_STOPPED : CPUTIME_BLOCKED, now);
	__atomic_store_n(&v->running, false, __ATOMIC_RELEASE);
}

/* v, whose home hart is, counts there from now on, or not. */
static inline void sched_count(struct vcpu *v, struct hart *hart, bool counts)
{
	if (v->counted == counts)
		return;
	v->counted = counts;
	__atomic_fetch_add(&sched_of(hart)->vcpu_count, counts ? 1 : -1UL, __ATOMIC_RELAXED);
}

/* ---- It is not ---- */

/* This hart is about to sleep, and nobody runs: what is pending for its vCPU is not to wake it. */
static inline void sched_calm(struct hart *hart)
{
	struct vcpu *v = hart->loaded;

	/*
	 * The interrupts of one that could run and may not, being paused or without a share left,
	 * stay pending: in this hart's CSRs they would end each WFI at once.
	 */
	if (v != NULL && unlikely(v->state != VCPU_BLOCKED))
		sched_unload(hart);
	else if (v != NULL && v->mode->settle != NULL)
		v->mode->settle(v);
}

#endif
