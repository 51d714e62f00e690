/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vCPU runs on this hart, for how long, and what the hart does in between. Preemptive round
 * robin; tickless while one vCPU is runnable.
 */
#ifndef VM_SCHED_H
#define VM_SCHED_H

#include "vm/vcpu.h"

/* Length of a time slice while others wait. */
#define SCHED_SLICE_MS		10

/* Prepare a hart's queue; -ENOMEM. */
int sched_init(struct hart *hart);
/* The life of a hart. Never returns. */
void sched_run(void) __attribute__((noreturn));
/* Wake a vCPU that is blocked, if it is; from any hart. */
void sched_wake(struct vcpu *v);
/* The state that v is in from now on; a vCPU that becomes runnable is queued. Any hart. */
void sched_set_state(struct vcpu *v, enum vcpu_state state);
/* The hart with the fewest vCPUs, for a new one. */
struct hart *sched_choose_hart(void);
/* A vCPU for which it was chosen will not run there any more. */
void sched_forget(struct hart *hart);

/*
 * The VM of v ends or reboots: v passes through its hart's run loop once more, to be taken leave
 * of. Any hart.
 */
void sched_dismiss(struct vcpu *v);
/* v, which has left, may run again; it is STOPPED. */
void sched_readmit(struct vcpu *v);

/* Ticks that v has spent in each CPUTIME_* state until now; from any hart. */
void sched_times(struct vcpu *v, uint64_t ticks[CPUTIME_KINDS]);
/* Ticks that v could have run and did not, because its hart ran another: SBI STA's steal time. */
uint64_t sched_steal_ticks(struct vcpu *v);

/* What the run loop calls for a supervisor external interrupt (the console's). */
extern void (*sched_external_interrupt)(void);
/* Called on the hart of the last vCPU of a VM that has ended, when none can run any more. */
extern void (*sched_vm_ended)(struct vm *vm);

#endif
