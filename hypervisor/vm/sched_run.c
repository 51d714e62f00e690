/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a hart: which vCPU it runs next, for how long, and what it does in between.
 */
#include "hart/hart.h"
#include "vm/gfile.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"

void (*sched_external_interrupt)(void);
void (*sched_gfile_work)(struct hart *hart);
void (*sched_vm_ended)(struct vm *vm);
void (*sched_vm_prepare)(struct vm *vm);

/* ---- Interrupts ---- */

static void serve_gfiles(struct hart *hart)
{
	if (__atomic_load_n(&hart->gfile_wanted, __ATOMIC_ACQUIRE) != NULL)
		sched_gfile_work(hart);
}

void sched_relax(void)
{
	serve_gfiles(this_hart());
	spin_relax();
}

/* Take the interrupts that are pending on this hart; SIE is 0, so they never trap. */
static void take_interrupts(struct hart *hart)
{
	uint64_t pending = csr_read(CSR_SIP);

	if (pending & SIP_SSIP) {
		csr_clear(CSR_SIP, SIP_SSIP);
		/*
		 * Before the look at what it came for: a CSR access is ordered with memory only
		 * as a device's is, and an IPI that comes in between must not be cleared.
		 */
		__asm__ volatile("fence o, rw" : : : "memory");
	}
	/* A timer that is due has its interrupt pending as soon as the hardware is told of it. */
	if (pending & SIP_STIP) {
		hart->timer_programmed = 0;
		sched_expire_timers(hart);
	}
	if (pending & SIP_SEIP && sched_external_interrupt != NULL) {
		hart->in_interrupt = true;
		sched_external_interrupt();
		hart->in_interrupt = false;
	}
	if (unlikely(hart->geilen != 0)) {
		serve_gfiles(hart);
		gfile_wake(hart);
	}
}

/* The next time at which this hart has something to do of its own accord. */
static void program_timer(struct hart *hart)
{
	struct timerq_node *first;
	uint64_t deadline;

	spin_lock(&hart->lock);
	deadline = runq_deadline(&sched_of(hart)->runq);
	first = timerq_first(&hart->timers);
	if (first != NULL)
		deadline = MIN(deadline, first->deadline_ticks);
	spin_unlock(&hart->lock);
	hart_timer_program(deadline);
}

/* ---- The life of a hart ---- */

/* Its own timer must wake a vCPU that waits. */
static void arm_wake_up(struct hart *hart, struct vcpu *v)
{
	uint64_t deadline = v->mode->wake_deadline(v);

	if (deadline == UINT64_MAX)
		return;
	spin_lock(&hart->lock);
	timerq_insert(&hart->timers, &v->timer_node, deadline);
	spin_unlock(&hart->lock);
}

/* The last vCPU of a VM that has ended tells whoever watches. v is in no queue. */
static void leave_vm(struct hart *hart, struct vcpu *v)
{
	struct vm *vm = v->vm;
	struct hart *home;

	if (hart->loaded == v)
		sched_unload(hart);
	/* That was mostly this one; but it may just have been pinned elsewhere, and moved. */
	home = sched_lock_home(v);
	timerq_remove(&v->timer_node);
	cputime_switch(&v->time, CPUTIME_STOPPED, time_now());
	__atomic_fetch_sub(&sched_of(home)->vcpu_count, 1, __ATOMIC_RELAXED);
	spin_unlock(&home->lock);
	if (__atomic_sub_fetch(&vm->vcpus_present, 1, __ATOMIC_ACQ_REL) == 0 && sched_vm_ended)
		sched_vm_ended(vm);
}

/* The vCPU that waits first, if there is another hart to take it; the hart is locked. */
static struct vcpu *first_waiting(const struct runq *runq)
{
	struct runq_entity *entity = hart_count > 1 ? runq_first(runq) : NULL;

	return entity != NULL ? container_of(entity, struct vcpu, runq) : NULL;
}

/* Whether v, which runs, has to let another one run; those whose cap allows it again wait, too. */
static bool is_slice_over(struct hart *hart)
{
	struct runq *runq = &sched_of(hart)->runq;
	struct vcpu *waits = NULL;
	uint64_t now = time_now();
	bool over = false;

	spin_lock(&hart->lock);
	if (now >= runq_deadline(runq)) {
		runq_release(runq, now);
		over = runq_is_over(runq, now);
		/* If it is not, other harts may have time for those that were released. */
		waits = over ? NULL : first_waiting(runq);
	}
	spin_unlock(&hart->lock);
	if (waits != NULL)
		sched_offer(waits);
	return over;
}

/* Its state decides: a vCPU that blocked must not go on. */
static bool may_run(const struct vcpu *v)
{
	return v->state == VCPU_RUNNABLE && !READ_ONCE(v->paused) && !READ_ONCE(v->evict);
}

/*
 * v, which has been picked, is about to run. The order of running, which is set since v was picked,
 * and requests is that of Dekker: another hart sets a request and then looks at running, this one
 * has set running and then looks at requests. Whichever hart v was on when the other one looked, it
 * takes the request before it runs, there or on the next one.
 */
static void begin(struct hart *hart, struct vcpu *v)
{
	if (v->start_pending)
		vcpu_reset(v);
	sched_load(hart, v);
	v->stat.schedules++;
	if (__atomic_load_n(&v->requests, __ATOMIC_SEQ_CST) != 0)
		vcpu_take_requests(v);
	if (!v->resuming) {
		v->suspended = false;
		if (v->steal.enabled)
			steal_update(v);
	}
	if (unlikely(v->vpmu.clock_users != 0))
		vpmu_resume(&v->vpmu);
}

static struct vcpu *current_of(const struct hart *hart)
{
	struct runq_entity *entity = sched_of(hart)->runq.current;

	return entity != NULL ? container_of(entity, struct vcpu, runq) : NULL;
}

/*
 * Run v until it leaves, or the last one of those that sched_switch() ran after it. Return: which;
 * NULL: that has been put back.
 */
static struct vcpu *run_guest(struct hart *hart, struct vcpu *v)
{
	begin(hart, v);
	while (may_run(v)) {
		if (unlikely(v->resuming)) {
			vcpu_resume(v);
			continue;
		}
		program_timer(hart);
		vcpu_choose_exits(v);
		vcpu_enter(v);
		v = current_of(hart);
		/* Put back already, or picked and not begun: its VM may have to be prepared. */
		if (v == NULL || hart->loaded != v)
			return v;
		take_interrupts(hart);
		vcpu_take_requests(v);
		if (v->vm->state != VM_RUNNING || is_slice_over(hart))
			break;
	}
	if (v->state != VCPU_RUNNABLE && v->state != VCPU_BLOCKED)
		/* It stopped: what it leaves in the CSRs is nobody's, and wakes nobody. */
		sched_unload(hart);
	else if (v->state == VCPU_BLOCKED && v->vm->state == VM_RUNNING)
		arm_wake_up(hart, v);
	return v;
}

/* v, the first of a VM that reboots, makes it ready: its share pays, and others come in between. */
static void prepare_vm(struct hart *hart, struct vcpu *v)
{
	do {
		sched_vm_prepare(v->vm);
		/* Only a timer that the hardware knows of wakes anybody. */
		program_timer(hart);
		take_interrupts(hart);
	} while (v->vm->state == VM_REBOOTING && !is_slice_over(hart));
}

/* v, whose VM does not run, has nothing to do there but to leave it. */
static bool must_leave(const struct vcpu *v)
{
	return v->vm->state != VM_RUNNING && !(v->vm->state == VM_REBOOTING && v->vm->preparing);
}

/* v, which may have been picked and not begun, does not run any more; the hart is locked. */
static void put(struct hart *hart, struct vcpu *v, uint64_t now)
{
	if (unlikely(v->vpmu.clocks_run))
		vpmu_pause(&v->vpmu);
	runq_put(&sched_of(hart)->runq, now);
	sched_account_time(v, now);
	__atomic_store_n(&v->running, false, __ATOMIC_SEQ_CST);
}

static void run(struct hart *hart, struct vcpu *v)
{
	struct runq *runq = &sched_of(hart)->runq;
	uint64_t now;
	bool ended;

	if (v->vm->state == VM_RUNNING)
		v = run_guest(hart, v);
	else if (!must_leave(v))
		prepare_vm(hart, v);
	if (v == NULL)
		return;
	if (v->steal.enabled && v->state == VCPU_RUNNABLE && v->vm->state == VM_RUNNING)
		steal_preempted(v);
	spin_lock(&hart->lock);
	now = time_now();
	put(hart, v, now);
	/* Whether it leaves is decided here: once unlocked, others may wake it and take it. */
	ended = must_leave(v);
	if (ended)
		v->left = true;
	else if (v->state == VCPU_RUNNABLE && !v->paused)
		runq_enqueue(runq, &v->runq, RUNQ_PREEMPTED, now);
	spin_unlock(&hart->lock);
	if (ended)
		leave_vm(hart, v);
}

/* The one whose turn it is runs from now on, or NULL; the hart is locked. */
static struct vcpu *take_next(struct hart *hart, uint64_t now)
{
	struct runq *runq = &sched_of(hart)->runq;
	struct runq_entity *entity = runq_is_empty(runq) ? NULL : runq_pick(runq, now);
	struct vcpu *v;

	if (entity == NULL)
		return NULL;
	v = container_of(entity, struct vcpu, runq);
	cputime_switch(&v->time, CPUTIME_RUN, now);
	__atomic_store_n(&v->running, true, __ATOMIC_SEQ_CST);
	return v;
}

static struct vcpu *pick(struct hart *hart)
{
	struct runq *runq = &sched_of(hart)->runq;
	struct vcpu *v, *waits = NULL;

	if (hart_count > 1 && runq_count(runq) > 0)
		sched_balance(hart);
	spin_lock(&hart->lock);
	sched_of(hart)->picked = time_now();
	v = take_next(hart, sched_of(hart)->picked);
	if (v != NULL)
		waits = first_waiting(runq);
	spin_unlock(&hart->lock);
	if (waits != NULL)
		sched_offer(waits);
	return v;
}

/* The hart is about to sleep, and nobody runs: what is pending for its vCPU must not keep it up. */
static void calm(struct hart *hart)
{
	struct vcpu *v = hart->loaded;

	/*
	 * The interrupts of one that could run and may not, being paused or without a share left,
	 * stay pending: in this hart's CSRs they would end each WFI at once.
	 */
	if (v != NULL && v->state != VCPU_BLOCKED)
		sched_unload(hart);
	else if (v != NULL && v->mode->settle != NULL)
		v->mode->settle(v);
}

/* ---- Straight from one vCPU to another ---- */

/*
 * Nothing is pending and nobody but v is concerned. With several harts there must be somebody to
 * change over to, and the run loop, which evens out harts, must have picked within the last slice.
 */
static bool may_switch(const struct hart *hart, const struct vcpu *v)
{
	const struct sched_hart *sched = sched_of(hart);

	if (hart->geilen != 0 || csr_read(CSR_SIP) & (SIP_SSIP | SIP_STIP | SIP_SEIP))
		return false;
	if (v->exits != v->mode->exits || v->account != NULL || v->vm->state != VM_RUNNING ||
	    READ_ONCE(v->evict))
		return false;
	return hart_count == 1 || (runq_count(&sched->runq) > 0 &&
		time_now() - sched->picked < RUNQ_SLICE_MS * sched->runq.ticks_per_ms);
}

/* v leaves and sleeps; who comes next? The queue's current has been put if it is NULL. */
static struct vcpu *put_and_take(struct hart *hart, struct vcpu *v)
{
	uint64_t deadline = v->mode->wake_deadline(v), now;
	struct vcpu *next = NULL, *waits = NULL;

	spin_lock(&hart->lock);
	now = time_now();
	/* Or another hart has woken it just now: the run loop goes on with it. */
	if (v->state == VCPU_BLOCKED) {
		if (deadline != UINT64_MAX)
			timerq_insert(&hart->timers, &v->timer_node, deadline);
		put(hart, v, now);
		next = take_next(hart, now);
		if (next != NULL)
			waits = first_waiting(&sched_of(hart)->runq);
	}
	spin_unlock(&hart->lock);
	if (waits != NULL)
		sched_offer(waits);
	return next;
}

/* On the only hart, whose queue is empty: sleep until a timer wakes somebody. NULL: as above. */
static struct vcpu *sleep_and_take(struct hart *hart)
{
	struct vcpu *next;

	do {
		calm(hart);
		program_timer(hart);
		hart_wait();
		if ((csr_read(CSR_SIP) & (SIP_SSIP | SIP_STIP | SIP_SEIP)) != SIP_STIP)
			return NULL;
		hart->timer_programmed = 0;
		spin_lock(&hart->lock);
		next = sched_start_due(hart, time_now());
		spin_unlock(&hart->lock);
		if (next != NULL)
			break;
		sched_expire_timers(hart);
		spin_lock(&hart->lock);
		next = take_next(hart, time_now());
		spin_unlock(&hart->lock);
	} while (next == NULL);
	return next;
}

struct vcpu *sched_switch(struct vcpu *v)
{
	struct hart *hart = this_hart();
	/* Now: once v is put and unloaded, another hart may enter it on a stack of its own. */
	uint64_t host_sp = v->host_sp;
	struct vcpu *next;

	if (!may_switch(hart, v))
		return NULL;
	next = put_and_take(hart, v);
	if (next == NULL && hart_count == 1)
		next = sleep_and_take(hart);
	if (next == NULL || next->vm->state != VM_RUNNING)
		return NULL;
	begin(hart, next);
	if (!may_run(next) || next->resuming || next->account != NULL)
		return NULL;
	program_timer(hart);
	vcpu_choose_exits(next);
	next->host_sp = host_sp;
	next->host_tp = (uint64_t)(uintptr_t)hart;
	csr_write(CSR_STVEC, (uint64_t)(uintptr_t)next->vector);
	return next;
}

/*
 * Wait for an interrupt. The order of idle and the queues is that of Dekker again: whoever queues
 * a vCPU looks for idle harts then, and this one says that it is idle and then looks at queues.
 */
static void idle(struct hart *hart)
{
	struct sched_hart *sched = sched_of(hart);

	calm(hart);
	__atomic_store_n(&sched->idle, 1U, __ATOMIC_SEQ_CST);
	/* The store must be visible before the queues are looked at, which are plain loads. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (hart_count == 1 || !sched_steal(hart)) {
		program_timer(hart);
		hart_wait();
	}
	__atomic_store_n(&sched->idle, 0U, __ATOMIC_SEQ_CST);
}

void sched_run(void)
{
	struct hart *hart = this_hart();

	vmid_pool_init(&sched_of(hart)->vmids, hart->vmid_bits);
	for (;;) {
		struct vcpu *v;

		take_interrupts(hart);
		if (hart->loaded != NULL && unlikely(READ_ONCE(hart->loaded->evict)))
			sched_unload(hart);
		v = pick(hart);
		if (v != NULL)
			run(hart, v);
		else
			idle(hart);
	}
}
