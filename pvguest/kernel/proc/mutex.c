/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock that its waiters sleep on.
 * No specification: a plain sleeping lock.
 */
#include "proc/mutex.h"

#include "proc/proc.h"
#include "proc/sched.h"

void mutex_wait(struct mutex *mutex)
{
	while (mutex->held) {
		struct waiter waiter;

		wait_enter(&mutex->queue, &waiter);
		proc_current->state = PROC_SLEEPING;
		sched_block();
		wait_leave(&waiter);
	}
}
