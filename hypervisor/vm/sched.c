/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vCPU runs on this hart, for how long, and what the hart does in between. */
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vm/gfile.h"
#include "vm/mode.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"
#include "vm/valarm.h"

void (*sched_external_interrupt)(void);
void (*sched_gfile_work)(struct hart *hart);
void (*sched_vm_ended)(struct vm *vm);
void (*sched_vm_prepare)(struct vm *vm);

int sched_init(struct hart *hart)
{
	struct sched_hart *sched = kalloc(sizeof(*sched));

	if (sched == NULL)
		return -ENOMEM;
	runq_init(&sched->runq, timebase_hz / 1000);
	timerq_init(&hart->timers);
	hart->sched = sched;
	return 0;
}

/* ---- What vCPUs want ---- */

/* What v does from now on, by its state; its hart is locked. */
static void account_time(struct vcpu *v, uint64_t now)
{
	static const enum cputime_kind kinds[] = {
		[VCPU_STOPPED] = CPUTIME_STOPPED, [VCPU_STARTING] = CPUTIME_STOPPED,
		[VCPU_RUNNABLE] = CPUTIME_WAIT, [VCPU_BLOCKED] = CPUTIME_BLOCKED,
	};

	cputime_switch(&v->time, v->paused ? CPUTIME_STOPPED : kinds[v->state], now);
}

/*
 * Queue v if it wants to run and does not; its hart is locked. Return: whether sched_announce() has
 * to follow. On this hart the vCPU that runs may have been alone, without an end of its slice.
 *
 * One that has left its VM, which ends, must not run again, or it would leave twice: an interrupt
 * may still come for one that was blocked then, and a hart_start may have begun before.
 */
static bool enqueue(struct hart *hart, struct vcpu *v)
{
	struct runq *runq = &sched_of(hart)->runq;
	uint64_t now = time_now(), deadline;

	if (v->state != VCPU_RUNNABLE || v->running || v->paused || v->left ||
	    !runq_enqueue(runq, &v->runq, RUNQ_WAKE, now))
		return false;
	account_time(v, now);
	deadline = runq_deadline(runq);
	if (hart == this_hart() && deadline < hart->timer_programmed)
		hart_timer_program(deadline);
	return hart_count > 1;
}

/* v has been queued on hart, which is not locked any more. */
static void announce(struct hart *hart, struct vcpu *v)
{
	if (hart != this_hart())
		hart_kick(hart);
	if (__atomic_load_n(&sched_of(hart)->runq.current, __ATOMIC_RELAXED) != NULL)
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
	v->state = VCPU_STOPPED;
	__atomic_fetch_add(&sched_of(hart)->vcpu_count, 1, __ATOMIC_RELAXED);
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
	if (pause && !v->running)
		account_time(v, time_now());
	spin_unlock(&hart->lock);
	if (queued)
		announce(hart, v);
	if (kick)
		hart_kick(hart);
}

/* ---- Interrupts ---- */

/*
 * One timer that is due; the hart is locked. The SBI timer is an interrupt line, which the vCPU may
 * be lowering on another hart in the next moment; a timer of the hardware's own only wakes.
 */
static bool expire_timer(struct hart *hart, struct vcpu *v)
{
	if (v->timer_deadline <= time_now()) {
		v->timer_deadline = UINT64_MAX;
		vcpu_irq_raise(v, IRQ_S_TIMER);
	}
	return wake(hart, v);
}

static void expire_timers(struct hart *hart)
{
	for (;;) {
		struct timerq_node *node;
		bool queued = false, alarm;
		struct vcpu *v;

		spin_lock(&hart->lock);
		node = timerq_expire(&hart->timers, time_now());
		v = container_of(node, struct vcpu, timer_node);
		alarm = node != NULL && node->kind == TIMERQ_ALARM;
		if (alarm)
			container_of(node, struct valarm, node)->ringing = true;
		else if (node != NULL)
			queued = expire_timer(hart, v);
		spin_unlock(&hart->lock);
		if (node == NULL)
			return;
		if (alarm)
			valarm_expire(container_of(node, struct valarm, node));
		if (queued)
			announce(hart, v);
	}
}

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
	if (unlikely(pending & SIP_STIP))
		hart->timer_programmed = 0;
	if (pending & SIP_SEIP && sched_external_interrupt != NULL) {
		hart->in_interrupt = true;
		sched_external_interrupt();
		hart->in_interrupt = false;
	}
	if (unlikely(hart->geilen != 0)) {
		serve_gfiles(hart);
		gfile_wake(hart);
	}
	if (timerq_first(&hart->timers) != NULL)
		expire_timers(hart);
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
 * Run v until it leaves. The order of running, which is set since v was picked, and requests is
 * that of Dekker: another hart sets a request and then looks at running, this one has set running
 * and then looks at requests. Whichever hart v was on when the other one looked, it takes the
 * request before it runs, there or on the next one.
 */
static void run_guest(struct hart *hart, struct vcpu *v)
{
	if (v->start_pending)
		vcpu_reset(v);
	sched_load(hart, v);
	v->stat.schedules++;
	vcpu_take_requests(v);
	if (!v->resuming) {
		v->suspended = false;
		if (v->steal.enabled)
			steal_update(v);
	}
	if (unlikely(v->vpmu.clock_users != 0))
		vpmu_resume(&v->vpmu);
	while (may_run(v)) {
		if (unlikely(v->resuming)) {
			vcpu_resume(v);
			continue;
		}
		program_timer(hart);
		vcpu_choose_exits(v);
		vcpu_enter(v);
		take_interrupts(hart);
		vcpu_take_requests(v);
		if (v->vm->state != VM_RUNNING || is_slice_over(hart))
			break;
	}
	if (unlikely(v->vpmu.clock_users != 0))
		vpmu_pause(&v->vpmu);
	if (v->state != VCPU_RUNNABLE && v->state != VCPU_BLOCKED)
		/* It stopped: what it leaves in the CSRs is nobody's, and wakes nobody. */
		sched_unload(hart);
	else if (v->state == VCPU_BLOCKED && v->vm->state == VM_RUNNING)
		arm_wake_up(hart, v);
}

/* v, the first of a VM that reboots, makes it ready: its share pays, and others come in between. */
static void prepare_vm(struct hart *hart, struct vcpu *v)
{
	do {
		sched_vm_prepare(v->vm);
		take_interrupts(hart);
	} while (v->vm->state == VM_REBOOTING && !is_slice_over(hart));
}

/* v, whose VM does not run, has nothing to do there but to leave it. */
static bool must_leave(const struct vcpu *v)
{
	return v->vm->state != VM_RUNNING && !(v->vm->state == VM_REBOOTING && v->vm->preparing);
}

static void run(struct hart *hart, struct vcpu *v)
{
	struct runq *runq = &sched_of(hart)->runq;
	uint64_t now;
	bool ended;

	if (v->vm->state == VM_RUNNING)
		run_guest(hart, v);
	else if (!must_leave(v))
		prepare_vm(hart, v);
	if (v->steal.enabled && v->state == VCPU_RUNNABLE && v->vm->state == VM_RUNNING)
		steal_preempted(v);
	spin_lock(&hart->lock);
	now = time_now();
	runq_put(runq, now);
	account_time(v, now);
	__atomic_store_n(&v->running, false, __ATOMIC_SEQ_CST);
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

static struct vcpu *pick(struct hart *hart)
{
	struct runq *runq = &sched_of(hart)->runq;
	struct vcpu *v = NULL, *waits = NULL;
	struct runq_entity *entity;
	uint64_t now;

	if (hart_count > 1 && runq_count(runq) > 0)
		sched_balance(hart);
	spin_lock(&hart->lock);
	now = time_now();
	entity = runq_pick(runq, now);
	if (entity != NULL) {
		v = container_of(entity, struct vcpu, runq);
		cputime_switch(&v->time, CPUTIME_RUN, now);
		__atomic_store_n(&v->running, true, __ATOMIC_SEQ_CST);
		waits = first_waiting(runq);
	}
	spin_unlock(&hart->lock);
	if (waits != NULL)
		sched_offer(waits);
	return v;
}

/*
 * Wait for an interrupt. The order of idle and the queues is that of Dekker again: whoever queues
 * a vCPU looks for idle harts then, and this one says that it is idle and then looks at queues.
 */
static void idle(struct hart *hart)
{
	struct sched_hart *sched = sched_of(hart);

	/*
	 * The interrupts of one that could run and may not, being paused or without a share left,
	 * stay pending: in this hart's CSRs they would end each WFI at once.
	 */
	if (hart->loaded != NULL && hart->loaded->state != VCPU_BLOCKED)
		sched_unload(hart);
	else if (hart->loaded != NULL && hart->loaded->mode->settle != NULL)
		hart->loaded->mode->settle(hart->loaded);
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
