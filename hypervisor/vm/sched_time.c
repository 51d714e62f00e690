/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long vCPUs have run, waited and slept, for whoever asks.
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
