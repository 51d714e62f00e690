/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock that its waiters sleep on, for what is held while a device works. Without contention it
 * is two stores: the kernel is not preempted.
 */
#ifndef PROC_MUTEX_H
#define PROC_MUTEX_H

#include "proc/wait.h"

struct mutex {
	bool held;
	struct wait_queue queue;
};

static inline void mutex_init(struct mutex *mutex)
{
	mutex->held = false;
	wait_queue_init(&mutex->queue);
}

/* Sleeps, signals or not, until the holder has let go. */
void mutex_wait(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
	if (mutex->held)
		mutex_wait(mutex);
	mutex->held = true;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	mutex->held = false;
	wait_wake(&mutex->queue);
}

#endif
