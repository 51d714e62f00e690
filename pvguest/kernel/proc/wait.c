/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for something to happen.
 * No specification: wait queues as every Unix has them.
 */
#include "proc/wait.h"

#include "lib/errno.h"
#include "proc/proc.h"
#include "proc/sched.h"

void wait_enter(struct wait_queue *queue, struct waiter *waiter)
{
	waiter->proc = proc_current;
	list_add_before(&queue->waiters, &waiter->link);
}

void wait_leave(struct waiter *waiter)
{
	list_del(&waiter->link);
}

void wait_wake_all(struct wait_queue *queue)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &queue->waiters) {
		struct proc *proc = LIST_ENTRY(pos, struct waiter, link)->proc;

		if (proc->state == PROC_SLEEPING)
			sched_wake(proc);
	}
}

int wait_sleep(struct wait_queue *queue)
{
	struct waiter waiter;
	int error;

	wait_enter(queue, &waiter);
	error = sched_sleep(SCHED_FOREVER);
	wait_leave(&waiter);
	return error;
}

int wait_sleep_killable(struct wait_queue *queue)
{
	struct proc *proc = proc_current;

	if (signal_is_fatal(proc))
		return -ERESTART;
	proc->wake_by_fatal = true;
	wait_sleep_deaf(queue);
	proc->wake_by_fatal = false;
	return signal_is_fatal(proc) ? -ERESTART : 0;
}

void wait_sleep_deaf(struct wait_queue *queue)
{
	struct waiter waiter;

	wait_enter(queue, &waiter);
	proc_current->state = PROC_SLEEPING;
	sched_block();
	wait_leave(&waiter);
}
