/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: round robin with slices of 10 ms; no timer interrupt while one process is runnable.
 * Each hart has a queue; a hart that has nothing to do takes from the others'.
 * No specification: policy.
 */
#ifndef PROC_SCHED_H
#define PROC_SCHED_H

#include "lib/types.h"

struct proc;

#define SCHED_FOREVER	(~0UL)

/* Puts a process that can run in the queue. */
void sched_enqueue(struct proc *proc);
/* Ends a sleep or a stop. */
void sched_wake(struct proc *proc);
/* Lets others run; the current process stays runnable. */
void sched_yield(void);
/*
 * Between the parts of a long system call: others may run. True: a signal has come, so that what is
 * done by now should be enough.
 */
bool sched_give_way(void);
/* The current process is no longer runnable (state says why): runs others until it is. */
void sched_block(void);
/*
 * Sleeps until woken, until a signal comes (-ERESTART) or until the deadline (-ETIMEDOUT).
 * Having been woken says nothing: look at the condition again.
 */
int sched_sleep(uint64_t deadline_ticks);
/* Its `work` was changed: if it runs on another hart, that enters the kernel soon. */
void sched_prod(const struct proc *proc);
/* The current process may run on those harts only, from now on; one of them is online. */
void sched_set_affinity(struct proc *proc, uint64_t harts);
/* The harts that are there. */
uint64_t sched_online(void);
/* From the software interrupt, or instead of it: another hart has left word. */
void sched_kicked(void);
/* From the timer interrupt: the slice may be over. */
void sched_tick(uint64_t now_ticks);
/* When the timer must next fire for the scheduler; SCHED_FOREVER if never. */
uint64_t sched_deadline(void);
/* The hart's boot context becomes its idle loop. */
_Noreturn void sched_idle(void);
/* How long the current process has run. */
uint64_t sched_cpu_ticks(void);
/* FP: the process used an FP instruction while its unit was off. */
void sched_fp_enable(void);
/* Writes the live FP registers of the current process to its fp_state, if they are newer. */
void sched_fp_sync(void);
/* fp_state was changed: the registers are loaded again. */
void sched_fp_reload(void);
void sched_init(void);

#endif
