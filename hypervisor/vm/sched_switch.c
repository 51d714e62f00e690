/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vCPU's registers a hart has in its CSRs; and straight from one to another: what the run
 * loop does (sched_run.c), inside the exit of the vCPU that blocks, where nothing else is to be
 * done. Privileged specification, "Hypervisor Memory-Management Fence Instructions", "WFI".
 */
#include <riscv/hyp.h>
#include "hart/hart.h"
#include "vm/account.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"

#define SIP_ANY		(SIP_SSIP | SIP_STIP | SIP_SEIP)

/*
 * An SC to nowhere in particular: a reservation that one guest made must not let another's SC
 * succeed. Unprivileged specification, "LR/SC": any SC clears the hart's reservation.
 */
static void clear_reservation(struct hart *hart)
{
	__asm__ volatile("sc.w zero, zero, %0" : "+A"(hart->scratch));
}

/* What v has on this hart beyond its mode's CSRs. */
static __attribute__((noinline)) void put_away(struct vcpu *v)
{
	if (v->fp_loaded)
		vcpu_save_fp(v);
	if (v->accounted)
		account_pause(v);
}

static void unload(struct hart *hart, struct vcpu *v)
{
	v->mode->save(v);
	if (v->extras != 0)
		put_away(v);
	/* From here on another hart may take it. */
	__atomic_store_n(&hart->loaded, NULL, __ATOMIC_SEQ_CST);
	if (hart->alone)
		return;
	if (unlikely(__atomic_load_n(&v->evict, __ATOMIC_SEQ_CST)))
		sched_evict(hart, v);
	else if (runq_is_queued(&v->runq))
		sched_offer(v);
}

void sched_unload(struct hart *hart)
{
	if (hart->loaded != NULL)
		unload(hart, hart->loaded);
}

/* Other VMIDs, or what the hart has under them may be stale. */
static __attribute__((noinline)) void use_vmids(struct vcpu *v, const struct vmid_place *place,
						unsigned fences)
{
	v->vmid_generation = place->generation;
	v->ram_hgatp = v->vm->hgatp | (uint64_t)place->vmids[VMID_RAM] << HGATP_VMID_SHIFT;
	v->shadow_hgatp = v->vm->shadow_hgatp |
			  (uint64_t)place->vmids[VMID_SHADOW] << HGATP_VMID_SHIFT;
	v->fence_tables = vmid_alike(place) || hart_asid_bits == 0;
	if (fences & VMID_FENCE_GVMA)
		hfence_gvma_all();
	/* Its own FENCE.Is were for the instructions that another hart had fetched. */
	if (fences & VMID_FENCE_I) {
		__asm__ volatile("fence.i" : : : "memory");
		v->vector = NULL;
	}
}

/*
 * v was elsewhere meanwhile, or others of its VM were here. Return: whether the CSRs of before, if
 * it is not NULL, may still be changed for those of v.
 */
static __attribute__((noinline)) bool enter_place(struct hart *hart, struct vcpu *v,
						  struct vcpu *before)
{
	struct vmid_place *place = &v->vm->places[hart->index];
	unsigned fences = vmid_enter(&sched_of(hart)->vmids, place, v, &v->last_pool,
				     v->mode->deprivileged ? VMIDS_MAX : 1);

	v->place = place;
	v->must_fence = fences != 0;
	/* Its VM may have had others meanwhile, for another vCPU of it. */
	if (likely(!(fences & ~VMID_FENCE_VVMA) && v->vmid_generation == place->generation))
		return before != NULL;
	/* Behind a fence nobody is left under an old VMID, which may be that of v now. */
	if (before != NULL)
		before->mode->save(before);
	use_vmids(v, place, fences);
	return false;
}

/* FS is off; a vCPU without FP costs its hart nothing, one with it no trap. */
static __attribute__((noinline)) void bring_extras(struct vcpu *v)
{
	if (v->accounted)
		account_resume(v);
	if (v->fp_used || v->fp_always)
		vcpu_use_fp(v);
}

static inline __attribute__((always_inline)) void load(struct hart *hart, struct vcpu *v)
{
	struct vcpu *before = hart->loaded;
	bool at_once;

	/* Nobody else takes the one before: its CSRs may be changed for those of v. */
	at_once = before != NULL && hart->alone && before->mode == v->mode &&
		  v->mode->change != NULL;
	if (!at_once && before != NULL)
		unload(hart, before);
	else if (at_once && unlikely(before->extras != 0))
		put_away(before);
	v->must_fence = false;
	if (unlikely(v->last_pool != &sched_of(hart)->vmids ||
		     !vmid_is_last(v->last_pool, v->place, v)))
		at_once = enter_place(hart, v, at_once ? before : NULL);
	hart->loaded = v;
	clear_reservation(hart);
	if (unlikely(v->extras != 0))
		bring_extras(v);
	if (at_once)
		v->mode->change(before, v);
	else
		v->mode->load(v);
}

static __attribute__((noinline)) void begin_extras(struct vcpu *v)
{
	if (!v->resuming) {
		v->suspended = false;
		if (v->reports_steal)
			steal_update(v);
	}
	if (v->clocked)
		vpmu_resume(&v->vpmu);
}

static inline __attribute__((always_inline)) void begin(struct hart *hart, struct vcpu *v)
{
	if (unlikely(v->start_pending))
		vcpu_reset(v);
	if (hart->loaded != v)
		load(hart, v);
	v->stat.schedules++;
	if (__atomic_load_n(&v->requests, __ATOMIC_SEQ_CST) != 0)
		vcpu_take_requests(v);
	if (unlikely(v->extras != 0))
		begin_extras(v);
	else
		v->suspended = false;
}

void sched_begin(struct hart *hart, struct vcpu *v)
{
	begin(hart, v);
}

/* ---- Straight from one to another ---- */

/*
 * Nothing is pending and nobody but v is concerned, neither the trace nor an account. With several
 * harts there must be somebody to change over to, and the run loop, which evens out harts, must
 * have picked within the last slice.
 */
static bool may_switch(const struct hart *hart, const struct vcpu *v)
{
	const struct sched_hart *sched = sched_of(hart);

	if (hart->geilen != 0 || csr_read(CSR_SIP) & SIP_ANY)
		return false;
	if (unlikely(v->extras != 0) && v->watched)
		return false;
	return hart->alone || (runq_count(&sched->runq) > 0 && !READ_ONCE(v->evict) &&
		time_now() - sched->picked < sched->runq.slice_ticks);
}

/*
 * The vCPU that v has sent an IPI from mode/fast.S takes its place, if nobody waits and neither has
 * anything else to be seen to. On the only hart: nobody holds its lock. Return: it, or NULL.
 */
static inline struct vcpu *hand_over(struct hart *hart, struct vcpu *v)
{
	struct runq *runq = &sched_of(hart)->runq;
	struct vcpu *next = hart->woken;
	uint64_t now;

	if (next->state != VCPU_BLOCKED || next->held || v->held ||
	    v->wake_deadline != UINT64_MAX || unlikely(v->extras != 0 && v->clocked))
		return NULL;
	now = time_now();
	if (!runq_hand_over(runq, &next->runq, now))
		return NULL;
	hart->woken = NULL;
	cputime_switch_from(&v->time, CPUTIME_RUN, CPUTIME_BLOCKED, now);
	v->running = false;
	next->state = VCPU_RUNNABLE;
	cputime_switch_from(&next->time, CPUTIME_BLOCKED, CPUTIME_WAIT, hart->woken_ticks);
	cputime_switch_from(&next->time, CPUTIME_WAIT, CPUTIME_RUN, now);
	next->running = true;
	return next;
}

/* v leaves and sleeps; who comes next? NULL: nobody yet, or v has been woken. */
static __attribute__((noinline)) struct vcpu *put_and_take(struct hart *hart, struct vcpu *v)
{
	struct vcpu *next = NULL, *waits = NULL;
	uint64_t deadline = UINT64_MAX, now;

	spin_lock(&hart->lock);
	/*
	 * Or another hart has woken it just now, or its VM has ended, of which nobody will tell it
	 * again: the run loop goes on with it.
	 */
	if (v->state == VCPU_BLOCKED && v->vm->state == VM_RUNNING) {
		now = time_now();
		sched_leave(hart, v, now);
		next = sched_start(runq_next(&sched_of(hart)->runq, now), now);
	}
	if (next != NULL) {
		waits = sched_first_waiting(hart);
		deadline = sched_next_deadline(hart);
	}
	spin_unlock(&hart->lock);
	if (waits != NULL)
		sched_offer(waits);
	/* Earlier than need be it does no harm, and is mostly right for the next change. */
	if (deadline < hart->timer_programmed)
		hart_timer_program(deadline);
	return next;
}

/*
 * The hart sleeps until then, which is a timer's. If that is the one of the vCPU that it has
 * loaded, vstimecmp may wake it a little before stimecmp. Return: false: something else has come.
 */
static inline bool sleep_until(struct hart *hart, uint64_t deadline)
{
	hart_timer_program(deadline);
	hart_wait();
	if (unlikely(csr_read(CSR_SIP) & (SIP_SSIP | SIP_SEIP)))
		return false;
	hart->timer_programmed = 0;
	return true;
}

/*
 * What is due is not the timer of one vCPU that sleeps. The timers that are due, one after the
 * other, and who can run then; or on sleeps the hart.
 */
static __attribute__((noinline)) struct vcpu *expire_and_take(struct hart *hart)
{
	struct vcpu *next;
	uint64_t deadline;

	do {
		sched_expire_timers(hart);
		spin_lock(&hart->lock);
		next = sched_take_next(hart, time_now());
		deadline = sched_next_deadline(hart);
		spin_unlock(&hart->lock);
		if (next == NULL)
			sched_calm(hart);
	} while (next == NULL && sleep_until(hart, deadline));
	if (next != NULL)
		hart_timer_program(deadline);
	return next;
}

/* v, whose timer is in no queue, leaves, and nobody else wants the hart. */
static inline void lie_down(struct hart *hart, struct vcpu *v)
{
	uint64_t now = time_now();

	if (unlikely(timerq_is_queued(&v->timer_node)) && v->wake_deadline != UINT64_MAX)
		timerq_remove(&v->timer_node);
	if (unlikely(v->extras != 0) && v->clocked)
		vpmu_pause(&v->vpmu);
	runq_put(&sched_of(hart)->runq, now);
	cputime_switch_from(&v->time, CPUTIME_RUN, CPUTIME_BLOCKED, now);
	v->running = false;
	if (v->mode->settle != NULL)
		v->mode->settle(v);
}

/*
 * On the only hart, whose lock nobody holds, v leaves and nobody waits: sleep until a timer wakes
 * somebody. The timer of v is in the queue only once somebody or something else has come. NULL: it
 * was something else.
 */
static inline struct vcpu *sleep_and_take(struct hart *hart, struct vcpu *v)
{
	struct vcpu *next;

	lie_down(hart, v);
	if (!sleep_until(hart, MIN(v->wake_deadline, sched_first_timer(hart)))) {
		sched_queue_timer(hart, v);
		return NULL;
	}
	next = sched_start_due(hart, v, time_now());
	if (unlikely(next == NULL)) {
		sched_queue_timer(hart, v);
		return expire_and_take(hart);
	}
	hart_timer_program(sched_first_timer(hart));
	return next;
}

/* Who runs after v, which is blocked; NULL: the run loop has to see to it. */
static inline struct vcpu *choose(struct hart *hart, struct vcpu *v)
{
	struct vcpu *next;

	if (hart->woken != NULL) {
		next = hand_over(hart, v);
		if (likely(next != NULL))
			return next;
		sched_flush_woken(hart);
	}
	if (hart->alone && runq_is_empty(&sched_of(hart)->runq) && likely(!v->held))
		next = sleep_and_take(hart, v);
	else
		next = put_and_take(hart, v);
	/* Its VM may have to be prepared. */
	return next != NULL && next->vm->state == VM_RUNNING ? next : NULL;
}

/* v, which has begun, can go on from here. */
static inline bool may_go_on(const struct vcpu *v)
{
	if (v->state != VCPU_RUNNABLE || READ_ONCE(v->held))
		return false;
	return likely(v->extras == 0) || !(v->resuming || v->accounted);
}

struct vcpu *sched_switch(struct vcpu *v)
{
	struct hart *hart = this_hart();
	/* Now: once v is put and unloaded, another hart may enter it on a stack of its own. */
	uint64_t host_sp = v->host_sp;
	struct vcpu *next;

	if (!may_switch(hart, v))
		return NULL;
	next = choose(hart, v);
	if (next == NULL)
		return NULL;
	begin(hart, next);
	if (!may_go_on(next))
		return NULL;
	vcpu_choose_exits(next);
	next->host_sp = host_sp;
	next->host_tp = (uint64_t)(uintptr_t)hart;
	csr_write(CSR_STVEC, (uint64_t)(uintptr_t)next->vector);
	return next;
}
