/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of a process.
 * Linux man-pages, clone(2), "CLONE_THREAD"; pthreads(7).
 */
#ifndef PROC_THREAD_H
#define PROC_THREAD_H

#include "proc/proc.h"

/* The next thread of a process, the leader first; NULL after the last one. */
struct proc *thread_next(const struct proc *leader, const struct proc *thread);
#define THREAD_FOR_EACH(pos, leader)                                                               \
	for ((pos) = (leader); (pos); (pos) = thread_next(leader, pos))

/* The thread of that number, in any process; NULL if there is none. */
struct proc *thread_find(int tid);
/* The current thread is the only one of its process that has not ended. */
bool thread_is_last(void);
/* All other threads of the current one's process end before they run again. */
void thread_kill_others(void);
/*
 * For exec: waits until the others have ended, and becomes the leader. -EAGAIN if somebody else
 * ends this one.
 */
int thread_become_alone(void);
/* Run time of all threads, in ticks. */
uint64_t thread_ticks(const struct proc *leader);

#endif
