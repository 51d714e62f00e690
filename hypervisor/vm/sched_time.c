/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long vCPUs have run, waited and slept, for whoever asks; and who pays for a hart's time.
 */
#include "hart/hart.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"

void sched_times(struct vcpu *v, uint64_t ticks[CPUTIME_KINDS])
{
	struct hart *hart = sched_lock_home(v);
	uint64_t now = time_now();

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

uint64_t sched_charge(struct vm *vm, uint64_t begin)
{
	struct hart *hart = this_hart();
	struct runq *runq = &sched_of(hart)->runq;
	uint64_t now = time_now(), ticks = now - begin;
	struct runq_entity *current;
	bool own;

	if (!hart->in_interrupt)
		return now;
	spin_lock(&hart->lock);
	current = runq->current;
	/* What runs for the VM itself pays as usual, and would pay twice. */
	own = current != NULL && current->credit == &vm->credit;
	if (current != NULL && !own) {
		runq_excuse(runq, ticks, now);
		cputime_steal(&container_of(current, struct vcpu, runq)->time, ticks, now);
	}
	spin_unlock(&hart->lock);
	if (own)
		return now;
	__atomic_fetch_add(&vm->service_ticks, ticks, __ATOMIC_RELAXED);
	credit_charge(&vm->credit, ticks, now);
	return now;
}
