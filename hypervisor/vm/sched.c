/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vCPU runs on this hart, for how long, and what the hart does in between.
 */
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/kalloc.h"
#include "vm/account.h"
#include "vm/mode.h"
#include "vm/sched.h"

/* A hart's part of the scheduler; hart->lock guards it and the states of the hart's vCPUs. */
struct sched_hart {
	struct runq runq;
	size_t vcpu_count;		/* that live here, runnable or not */
	uint64_t slice_end;		/* of the vCPU that runs, in ticks */
};

void (*sched_external_interrupt)(void);
void (*sched_vm_ended)(struct vm *vm);

static struct sched_hart *sched_of(struct hart *hart)
{
	return hart->sched;
}

int sched_init(struct hart *hart)
{
	struct sched_hart *sched = kalloc(sizeof(*sched));

	if (sched == NULL)
		return -ENOMEM;
	runq_init(&sched->runq);
	timerq_init(&hart->timers);
	hart->sched = sched;
	return 0;
}

struct hart *sched_choose_hart(void)
{
	struct hart *best = NULL;

	for (unsigned i = 0; i < hart_count; i++) {
		struct hart *hart = harts[i];

		if (hart->online && (best == NULL || sched_of(hart)->vcpu_count <
							     sched_of(best)->vcpu_count))
			best = hart;
	}
	__atomic_fetch_add(&sched_of(best)->vcpu_count, 1, __ATOMIC_RELAXED);
	return best;
}

void sched_forget(struct hart *hart)
{
	__atomic_fetch_sub(&sched_of(hart)->vcpu_count, 1, __ATOMIC_RELAXED);
}

/* What v does from now on, by its state; its hart is locked. */
static void account_time(struct vcpu *v)
{
	static const enum cputime_kind kinds[] = {
		[VCPU_STOPPED] = CPUTIME_STOPPED, [VCPU_STARTING] = CPUTIME_STOPPED,
		[VCPU_RUNNABLE] = CPUTIME_WAIT, [VCPU_BLOCKED] = CPUTIME_BLOCKED,
	};

	cputime_switch(&v->time, kinds[v->state], time_now());
}

void sched_times(struct vcpu *v, uint64_t ticks[CPUTIME_KINDS])
{
	struct hart *hart = v->hart;
	uint64_t now;

	spin_lock(&hart->lock);
	now = time_now();
	for (unsigned i = 0; i < CPUTIME_KINDS; i++)
		ticks[i] = cputime_ticks(&v->time, (enum cputime_kind)i, now);
	spin_unlock(&hart->lock);
}

uint64_t sched_steal_ticks(struct vcpu *v)
{
	uint64_t ticks[CPUTIME_KINDS];

	sched_times(v, ticks);
	return ticks[CPUTIME_WAIT];
}

/*
 * Queue v; its hart is locked. Return: whether that hart has to be kicked, to look at its queue.
 * On this hart the vCPU that runs may have been alone, without an end of its time slice.
 */
static bool enqueue(struct hart *hart, struct vcpu *v)
{
	struct sched_hart *sched = sched_of(hart);

	if (!runq_enqueue(&sched->runq, &v->runq))
		return false;
	account_time(v);
	if (hart != this_hart())
		return true;
	if (sched->slice_end < hart->timer_programmed)
		hart_timer_program(sched->slice_end);
	return false;
}

void sched_set_state(struct vcpu *v, enum vcpu_state state)
{
	struct hart *hart = v->hart;
	bool kick = false;

	spin_lock(&hart->lock);
	v->state = state;
	if (state == VCPU_RUNNABLE && !v->running)
		kick = enqueue(hart, v);
	else if (state != VCPU_RUNNABLE)
		runq_dequeue(&v->runq);
	spin_unlock(&hart->lock);
	if (kick)
		hart_kick(hart);
}

void sched_dismiss(struct vcpu *v)
{
	struct hart *hart = v->hart;
	bool kick = false;

	spin_lock(&hart->lock);
	/* One that has left must not be found in a queue after its VM has rebooted. */
	if (!v->left) {
		v->state = VCPU_RUNNABLE;
		if (!v->running)
			kick = enqueue(hart, v);
	}
	spin_unlock(&hart->lock);
	if (kick)
		hart_kick(hart);
}

void sched_readmit(struct vcpu *v)
{
	struct hart *hart = v->hart;

	spin_lock(&hart->lock);
	v->left = false;
	v->state = VCPU_STOPPED;
	spin_unlock(&hart->lock);
	__atomic_fetch_add(&sched_of(hart)->vcpu_count, 1, __ATOMIC_RELAXED);
}

void sched_wake(struct vcpu *v)
{
	struct hart *hart = v->hart;
	bool kick = false;

	spin_lock(&hart->lock);
	if (v->state == VCPU_BLOCKED) {
		v->state = VCPU_RUNNABLE;
		if (!v->running)
			kick = enqueue(hart, v);
	}
	spin_unlock(&hart->lock);
	if (kick)
		hart_kick(hart);
}

static void expire_timers(struct hart *hart)
{
	for (;;) {
		struct timerq_node *node;
		struct vcpu *v;

		spin_lock(&hart->lock);
		node = timerq_expire(&hart->timers, time_now());
		spin_unlock(&hart->lock);
		if (node == NULL)
			return;
		v = container_of(node, struct vcpu, timer_node);
		/* The SBI timer is an interrupt line; a timer of the hardware's own only wakes. */
		if (v->timer_deadline <= time_now()) {
			v->timer_deadline = UINT64_MAX;
			vcpu_irq_set(v, IRQ_S_TIMER);
		} else {
			sched_wake(v);
		}
	}
}

/* Take the interrupts that are pending on this hart; SIE is 0, so they never trap. */
static void take_interrupts(struct hart *hart)
{
	uint64_t pending = csr_read(CSR_SIP);

	if (pending & SIP_SSIP)
		csr_clear(CSR_SIP, SIP_SSIP);
	if (pending & SIP_SEIP && sched_external_interrupt != NULL)
		sched_external_interrupt();
	if (timerq_first(&hart->timers) != NULL)
		expire_timers(hart);
}

/* The next time at which this hart has something to do of its own accord. */
static void program_timer(struct hart *hart, bool running)
{
	uint64_t deadline = UINT64_MAX;
	struct timerq_node *first;

	spin_lock(&hart->lock);
	first = timerq_first(&hart->timers);
	if (first != NULL)
		deadline = first->deadline_ticks;
	if (running && runq_count(&sched_of(hart)->runq) > 0)
		deadline = MIN(deadline, sched_of(hart)->slice_end);
	spin_unlock(&hart->lock);
	hart_timer_program(deadline);
}

static void unload(struct hart *hart)
{
	struct vcpu *v = hart->loaded;

	if (v == NULL)
		return;
	v->mode->save(v);
	vcpu_save_fp(v);
	hart->loaded = NULL;
	if (unlikely(v->account != NULL))
		account_pause(v);
}

static void load(struct hart *hart, struct vcpu *v)
{
	if (hart->loaded == v)
		return;
	unload(hart);
	hart->loaded = v;
	if (unlikely(v->account != NULL))
		account_resume(v);
	vcpu_load_fp(v);
	v->mode->load(v);
}

/* Its own timer must wake a vCPU that is not on its hart, or that waits. */
static void arm_wake_up(struct hart *hart, struct vcpu *v)
{
	uint64_t deadline = v->mode->wake_deadline(v);

	if (deadline == UINT64_MAX)
		return;
	spin_lock(&hart->lock);
	timerq_insert(&hart->timers, &v->timer_node, deadline);
	spin_unlock(&hart->lock);
}

/* The last vCPU of a VM that has ended tells whoever watches. */
static void leave_vm(struct hart *hart, struct vcpu *v)
{
	struct vm *vm = v->vm;

	if (hart->loaded == v)
		unload(hart);
	spin_lock(&hart->lock);
	timerq_remove(&v->timer_node);
	runq_dequeue(&v->runq);
	v->left = true;
	cputime_switch(&v->time, CPUTIME_STOPPED, time_now());
	spin_unlock(&hart->lock);
	sched_forget(hart);
	if (__atomic_sub_fetch(&vm->vcpus_present, 1, __ATOMIC_ACQ_REL) == 0 && sched_vm_ended)
		sched_vm_ended(vm);
}

/*
 * Run v until it leaves. The order of running and requests is that of Dekker: another hart sets
 * a request and then looks at running, this one sets running and then looks at requests.
 */
static void run(struct hart *hart, struct vcpu *v)
{
	if (v->start_pending)
		vcpu_reset(v);
	load(hart, v);
	v->stat.schedules++;
	__atomic_store_n(&v->running, true, __ATOMIC_SEQ_CST);
	vcpu_take_requests(v);
	if (!v->resuming)
		v->suspended = false;
	/* Its state alone decides: a vCPU that blocked must not go on. */
	while (v->state == VCPU_RUNNABLE) {
		if (unlikely(v->resuming)) {
			vcpu_resume(v);
			continue;
		}
		program_timer(hart, true);
		vcpu_choose_exits(v);
		vcpu_enter(v);
		take_interrupts(hart);
		vcpu_take_requests(v);
		if (v->vm->state != VM_RUNNING)
			break;
		if (runq_count(&sched_of(hart)->runq) > 0 &&
		    time_now() >= sched_of(hart)->slice_end)
			break;
	}
	if (v->state != VCPU_RUNNABLE && v->state != VCPU_BLOCKED)
		/* It stopped: what it leaves in the CSRs is nobody's, and wakes nobody. */
		unload(hart);
	else if (v->vm->state == VM_RUNNING)
		arm_wake_up(hart, v);
	spin_lock(&hart->lock);
	__atomic_store_n(&v->running, false, __ATOMIC_SEQ_CST);
	account_time(v);
	if (v->state == VCPU_RUNNABLE && v->vm->state == VM_RUNNING)
		runq_enqueue(&sched_of(hart)->runq, &v->runq);
	spin_unlock(&hart->lock);
}

static struct vcpu *pick(struct hart *hart)
{
	struct runq_entity *entity;
	struct vcpu *v = NULL;

	spin_lock(&hart->lock);
	entity = runq_pick(&sched_of(hart)->runq);
	if (entity != NULL) {
		v = container_of(entity, struct vcpu, runq);
		cputime_switch(&v->time, CPUTIME_RUN, time_now());
	}
	spin_unlock(&hart->lock);
	return v;
}

void sched_run(void)
{
	struct hart *hart = this_hart();
	uint64_t slice_ticks = timebase_hz / 1000 * SCHED_SLICE_MS;

	for (;;) {
		struct vcpu *v;

		take_interrupts(hart);
		v = pick(hart);
		if (v == NULL) {
			program_timer(hart, false);
			hart_wait();
			continue;
		}
		sched_of(hart)->slice_end = time_now() + slice_ticks;
		if (v->vm->state == VM_RUNNING)
			run(hart, v);
		if (v->vm->state != VM_RUNNING && !v->left)
			leave_vm(hart, v);
	}
}
