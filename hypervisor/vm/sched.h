/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vCPU runs on which hart, for how long, and what a hart does in between. Preemptive, by
 * weights and caps (vm/runq.h); each hart has a queue, idle ones take from the others'. Tickless
 * while one vCPU is runnable, unless its VM is capped.
 */
#ifndef VM_SCHED_H
#define VM_SCHED_H

#include "vm/vcpu.h"

/* Prepare a hart's queue; -ENOMEM. */
int sched_init(struct hart *hart);
/* The life of a hart. Never returns. */
void sched_run(void) __attribute__((noreturn));
/* Wake a vCPU that is blocked, if it is; from any hart. */
void sched_wake(struct vcpu *v);
/* The state that v is in from now on; a vCPU that becomes runnable is queued. Any hart. */
void sched_set_state(struct vcpu *v, enum vcpu_state state);
/* The calling vCPU, which runs, is BLOCKED from now on: it has to leave its hart. */
static inline void sched_block(struct vcpu *v)
{
	/*
	 * Without the lock of its hart: it runs, and so is in no queue. Whoever sends it an
	 * interrupt sets that first and then looks at the state; the caller looks at interrupts
	 * after this.
	 */
	__atomic_store_n(&v->state, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
}

/* vcpu_block(), where irq_wakes, which is that of its mode, can be inline. */
static inline __attribute__((always_inline)) enum vcpu_next
sched_block_unless(struct vcpu *v, bool (*irq_wakes)(struct vcpu *v))
{
	sched_block(v);
	if (likely(!irq_wakes(v)))
		return VCPU_RESCHEDULE;
	v->state = VCPU_RUNNABLE;
	return VCPU_RESUME;
}
/*
 * v has just blocked, on this hart and in its exit: change straight over to the vCPU whose turn it
 * is, as the run loop would, which vcpu_enter() has not left. Return: the one that runs from now
 * on; NULL: the run loop has to see to it, and finds in the queue's current who is picked, if any.
 */
struct vcpu *sched_switch(struct vcpu *v);
/*
 * The hart with the fewest vCPUs among those in affinity (a bit for each hart index; NULL: any),
 * for a new one; NULL: none of them is there.
 */
struct hart *sched_choose_hart(const uint64_t *affinity);
/* A new vCPU gets a hart among those in its affinity; -ENODEV. */
int sched_admit(struct vcpu *v);
/* A vCPU that has one will not run, and has not left. */
void sched_withdraw(struct vcpu *v);
/* v may run on these harts only, from now on; any hart. Return: 0, or -EINVAL: none is there. */
int sched_pin(struct vcpu *v, const uint64_t *affinity);
/* v does not run until it is unpaused; its timers go on. Any hart, not v's own exit. */
void sched_pause(struct vcpu *v, bool pause);
/*
 * The VM's weight and cap (percent of one hart, 0: none) from now on, also for those of its vCPUs
 * that run without an end of their slice, and those that wait as the old cap says. Any hart, which
 * holds no hart's lock nor the credit's; the VM does not go meanwhile (vm_list_lock).
 */
void sched_set_shares(struct vm *vm, uint32_t weight, uint32_t cap);

/*
 * The VM of v ends or reboots: v passes through its hart's run loop once more, to be taken leave
 * of. Any hart.
 */
void sched_dismiss(struct vcpu *v);
/* v, which has left, may run again; it is STOPPED. */
void sched_readmit(struct vcpu *v);

/* Ticks that v has spent in each CPUTIME_* state until now; from any hart. */
void sched_times(struct vcpu *v, uint64_t ticks[CPUTIME_KINDS]);
/*
 * What this hart has done since begin, in a host device's interrupt or for an alarm, was for vm: it
 * pays, by its weight and cap, and not who happened to run here. Does nothing elsewhere, where the
 * vCPU that runs has asked for the work. A device's lock may be held. Return: now, in ticks.
 */
uint64_t sched_charge(struct vm *vm, uint64_t begin);
/* Ticks that v could have run and did not, because its hart ran another: SBI STA's steal time. */
uint64_t sched_steal_ticks(struct vcpu *v);

/* What the run loop calls for a supervisor external interrupt (the console's). */
extern void (*sched_external_interrupt)(void);
/*
 * One turn of a loop, with no lock held, in which this hart waits for another one: that one may
 * itself be waiting for a guest interrupt file of this hart, and gets it.
 */
void sched_relax(void);
/* Set by vdev/vimsic_hw.c: another hart waits for a guest interrupt file of this one. */
extern void (*sched_gfile_work)(struct hart *hart);
/* Called on the hart of the last vCPU of a VM that has ended, when none can run any more. */
extern void (*sched_vm_ended)(struct vm *vm);
/* A VM that reboots: called in the time of its vCPU 0, as often as need be until it runs again. */
extern void (*sched_vm_prepare)(struct vm *vm);

#endif
