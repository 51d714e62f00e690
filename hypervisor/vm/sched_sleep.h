/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU that waits and has its hart to itself: the hart sleeps inside its exit, and whoever sends
 * it an interrupt has nothing to do but to wake the hart. Machines with several harts.
 */
#ifndef VM_SCHED_SLEEP_H
#define VM_SCHED_SLEEP_H

#include "hart/hart.h"
#include "vm/vcpu.h"

/*
 * v has just blocked, on this hart and in its exit. If vCPUs wait here, sched_switch(); else it
 * sleeps, and for everybody else it is as if the run loop were idle. Return: as sched_switch().
 */
struct vcpu *sched_sleep(struct vcpu *v);

/*
 * Another hart interrupts this one, which runs v, in v's exit. Return: whether it did so for
 * requests of v alone, which the end of the exit takes; else the run loop has to look what for:
 * vCPUs that wait, a pause, another hart for v. A timer that has come meanwhile is seen to here.
 */
bool sched_is_for_vcpu(struct vcpu *v);

/*
 * An interrupt has been requested of v, which is blocked. Return: whether that was all, its hart
 * being about to look; else it has to be woken by sched_wake(). Any hart.
 */
static inline bool sched_rouse(struct vcpu *v)
{
	if (!READ_ONCE(v->asleep) || !__atomic_exchange_n(&v->asleep, 0U, __ATOMIC_SEQ_CST))
		return false;
	/* Its hart: as long as nobody looks, v stays there. */
	hart_kick(__atomic_load_n(&v->hart, __ATOMIC_RELAXED));
	return true;
}

#endif
