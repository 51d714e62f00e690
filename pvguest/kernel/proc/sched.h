/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: round robin with slices of 10 ms; no timer interrupt while one process is runnable.
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
/* The current process is no longer runnable (state says why): runs others until it is. */
void sched_block(void);
/*
 * Sleeps until woken, until a signal comes (-ERESTART) or until the deadline (-ETIMEDOUT).
 * Having been woken says nothing: look at the condition again.
 */
int sched_sleep(uint64_t deadline_ticks);
/* From the timer interrupt: the slice may be over. */
void sched_tick(uint64_t now_ticks);
/* When the timer must next fire for the scheduler; SCHED_FOREVER if never. */
uint64_t sched_deadline(void);
/* The boot context becomes the idle loop. */
_Noreturn void sched_idle(void);
/* How long the current process has run. */
uint64_t sched_cpu_ticks(void);
/* FP: the process used an FP instruction while its unit was off. */
void sched_fp_enable(void);
/* Writes the live FP registers of the current process to its fp_state, if they are newer. */
void sched_fp_sync(void);
/* fp_state was changed: the registers are loaded again. */
void sched_fp_reload(void);
/* A process that ends owns nothing. */
void sched_fp_forget(struct proc *proc);
void sched_init(void);

#endif
