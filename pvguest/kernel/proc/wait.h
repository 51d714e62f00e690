/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for something to happen. Without kernel preemption, a condition that was looked at
 * cannot change before sched_sleep().
 */
#ifndef PROC_WAIT_H
#define PROC_WAIT_H

#include "lib/list.h"

struct proc;

struct wait_queue {
	struct list waiters;
};

/* One process on one queue; on its stack. */
struct waiter {
	struct list link;
	struct proc *proc;
};

static inline void wait_queue_init(struct wait_queue *queue)
{
	list_init(&queue->waiters);
}

/* Enters the current process; it leaves by wait_leave(). */
void wait_enter(struct wait_queue *queue, struct waiter *waiter);
void wait_leave(struct waiter *waiter);
void wait_wake_all(struct wait_queue *queue);
/* Makes all that wait runnable. */
static inline void wait_wake(struct wait_queue *queue)
{
	if (!list_empty(&queue->waiters))
		wait_wake_all(queue);
}
/* One sleep on one queue: 0, or -ERESTART if a signal ended it. */
int wait_sleep(struct wait_queue *queue);
/* The same, but only what ends the process ends it: -ERESTART. */
int wait_sleep_killable(struct wait_queue *queue);
/* The same, deaf to signals: for what ends soon by itself, such as a device's work. */
void wait_sleep_deaf(struct wait_queue *queue);

#endif
