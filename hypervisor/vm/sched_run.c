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

	if (pending & SIP_SSIP)
		sched_clear_kick();
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

static void program_timer(struct hart *hart)
{
	uint64_t deadline;

	spin_lock(&hart->lock);
	deadline = sched_next_deadline(hart);
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
	sched_count(v, home, false);
	spin_unlock(&home->lock);
	if (__atomic_sub_fetch(&vm->vcpus_present, 1, __ATOMIC_ACQ_REL) == 0 && sched_vm_ended)
		sched_vm_ended(vm);
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
		waits = over ? NULL : sched_first_waiting(hart);
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
	sched_begin(hart, v);
	while (may_run(v)) {
		if (unlikely(v->resuming)) {
			vcpu_resume(v);
			continue;
		}
		program_timer(hart);
		/* It may have been woken before it was put: then it has not begun anew. */
		v->suspended = false;
		vcpu_choose_exits(v);
		vcpu_enter(v);
		if (unlikely(hart->woken != NULL))
			sched_flush_woken(hart);
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
	} while (v->vm->state == VM_REBOOTING && !is_slice_over(hart) && !READ_ONCE(v->evict));
}

/* v, whose VM does not run, has nothing to do there but to leave it. */
static bool must_leave(const struct vcpu *v)
{
	return v->vm->state != VM_RUNNING && !(v->vm->state == VM_REBOOTING && v->vm->preparing);
}

/* v, which may have been picked and not begun, does not run any more; the hart is locked. */
static void put(struct hart *hart, struct vcpu *v, uint64_t now)
{
	/* Of one that has not begun they stand, whatever it counts. */
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
	if (v->reports_steal && v->state == VCPU_RUNNABLE && v->vm->state == VM_RUNNING)
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
	else if (unlikely(READ_ONCE(v->evict)) && hart->loaded != v)
		/* Nobody unloads it: it has prepared its VM. */
		sched_evict(hart, v);
}

static struct vcpu *pick(struct hart *hart)
{
	struct runq *runq = &sched_of(hart)->runq;
	struct vcpu *v, *waits = NULL;

	if (hart_count > 1 && runq_count(runq) > 0)
		sched_balance(hart);
	spin_lock(&hart->lock);
	sched_of(hart)->picked = time_now();
	v = sched_take_next(hart, sched_of(hart)->picked);
	if (v != NULL)
		waits = sched_first_waiting(hart);
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

	sched_calm(hart);
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
