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
static inline void put_away(struct vcpu *v)
{
	if (v->fp_loaded)
		vcpu_save_fp(v);
	if (unlikely(v->account != NULL))
		account_pause(v);
}

static void unload(struct hart *hart, struct vcpu *v)
{
	v->mode->save(v);
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

static inline __attribute__((always_inline)) void load(struct hart *hart, struct vcpu *v)
{
	struct vmid_place *place = &v->vm->places[hart->index];
	struct vcpu *before = hart->loaded;
	bool at_once;
	unsigned fences;

	/* Nobody else takes the one before: its CSRs may be changed for those of v. */
	at_once = before != NULL && hart->alone && before->mode == v->mode &&
		  v->mode->change != NULL;
	if (at_once)
		put_away(before);
	else if (before != NULL)
		unload(hart, before);
	fences = vmid_enter(&sched_of(hart)->vmids, place, v, &v->last_pool,
			    v->mode->deprivileged ? VMIDS_MAX : 1);
	v->must_fence = fences != 0;
	/* Its VM may have had others meanwhile, for another vCPU of it. */
	if (unlikely(fences & ~VMID_FENCE_VVMA || v->vmid_generation != place->generation)) {
		/* Behind a fence nobody is left under an old VMID, which may be that of v now. */
		if (at_once)
			before->mode->save(before);
		at_once = false;
		use_vmids(v, place, fences);
	}
	hart->loaded = v;
	if (unlikely(v->account != NULL))
		account_resume(v);
	clear_reservation(hart);
	/* FS is off; a vCPU without FP costs its hart nothing, one with it no trap. */
	if (v->fp_used || !v->mode->lazy_fp)
		vcpu_use_fp(v);
	if (at_once)
		v->mode->change(before, v);
	else
		v->mode->load(v);
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
	if (likely(!v->resuming)) {
		v->suspended = false;
		if (unlikely(v->steal.enabled))
			steal_update(v);
	}
	if (unlikely(v->vpmu.clock_users != 0))
		vpmu_resume(&v->vpmu);
}

void sched_begin(struct hart *hart, struct vcpu *v)
{
	begin(hart, v);
}

/* ---- Straight from one to another ---- */

/*
 * Nothing is pending and nobody but v is concerned. With several harts there must be somebody to
 * change over to, and the run loop, which evens out harts, must have picked within the last slice.
 */
static bool may_switch(const struct hart *hart, const struct vcpu *v)
{
	const struct sched_hart *sched = sched_of(hart);

	if (hart->geilen != 0 || csr_read(CSR_SIP) & SIP_ANY)
		return false;
	/* Neither the trace nor an account wants to know. */
	if (v->exits != v->mode->exits || v->vm->state != VM_RUNNING)
		return false;
	return hart->alone || (runq_count(&sched->runq) > 0 && !READ_ONCE(v->evict) &&
		time_now() - sched->picked < RUNQ_SLICE_MS * sched->runq.ticks_per_ms);
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

	if (next->state != VCPU_BLOCKED || next->paused || next->left || v->paused ||
	    v->wake_deadline != UINT64_MAX || v->vpmu.clocks_run)
		return NULL;
	now = time_now();
	if (!runq_hand_over(runq, &next->runq, now))
		return NULL;
	hart->woken = NULL;
	cputime_switch(&v->time, CPUTIME_BLOCKED, now);
	v->running = false;
	next->state = VCPU_RUNNABLE;
	cputime_switch(&next->time, CPUTIME_WAIT, hart->woken_ticks);
	cputime_switch(&next->time, CPUTIME_RUN, now);
	next->running = true;
	return next;
}

/* v leaves and sleeps; who comes next? NULL: nobody yet, or v has been woken. */
static __attribute__((noinline)) struct vcpu *put_and_take(struct hart *hart, struct vcpu *v)
{
	struct vcpu *next = NULL, *waits = NULL;
	uint64_t deadline = UINT64_MAX, now;

	spin_lock(&hart->lock);
	/* Or another hart has woken it just now: the run loop goes on with it. */
	if (v->state == VCPU_BLOCKED) {
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

/* The hart sleeps until a timer is due. Return: false: something else has come. */
static inline bool sleep(struct hart *hart, uint64_t deadline)
{
	sched_calm(hart);
	hart_timer_program(deadline);
	hart_wait();
	if (unlikely((csr_read(CSR_SIP) & SIP_ANY) != SIP_STIP))
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
	} while (next == NULL && sleep(hart, deadline));
	if (next != NULL)
		hart_timer_program(deadline);
	return next;
}

/*
 * On the only hart, whose lock nobody holds, v leaves and nobody waits: sleep until a timer wakes
 * somebody. NULL: something else has come.
 */
static __attribute__((noinline)) struct vcpu *sleep_and_take(struct hart *hart, struct vcpu *v)
{
	uint64_t now = time_now();
	struct vcpu *next;

	sched_leave(hart, v, now);
	runq_put(&sched_of(hart)->runq, now);
	if (!sleep(hart, sched_first_timer(hart)))
		return NULL;
	next = sched_start_due(hart, time_now());
	if (unlikely(next == NULL))
		return expire_and_take(hart);
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
	if (hart->alone && runq_is_empty(&sched_of(hart)->runq))
		next = sleep_and_take(hart, v);
	else
		next = put_and_take(hart, v);
	/* Its VM may have to be prepared. */
	return next != NULL && next->vm->state == VM_RUNNING ? next : NULL;
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
	if (next->state != VCPU_RUNNABLE || READ_ONCE(next->paused) || READ_ONCE(next->evict) ||
	    next->resuming || next->account != NULL)
		return NULL;
	vcpu_choose_exits(next);
	next->host_sp = host_sp;
	next->host_tp = (uint64_t)(uintptr_t)hart;
	csr_write(CSR_STVEC, (uint64_t)(uintptr_t)next->vector);
	return next;
}
