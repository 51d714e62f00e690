/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads, and what they wait on: clone(2) and futex(2) with as little on top as possible.
 * Linux man-pages, clone(2), futex(2).
 */
#ifndef PVGUEST_USER_THREAD_H
#define PVGUEST_USER_THREAD_H

#include <stddef.h>
#include <stdint.h>

#define THREAD_STACK 65536UL

struct thread {
	volatile uint32_t tid;	/* the kernel clears it when the thread has ended, and wakes */
	char *stack;
	long (*run)(void *argument);
	void *argument;
	long result;
};

/* Starts a thread of this process; 0 or a negative errno. It ends when run returns. */
int thread_start(struct thread *thread, long (*run)(void *argument), void *argument);
/* Waits for its end and frees its stack; what run returned. */
long thread_join(struct thread *thread);

/* 0: free; 1: held; 2: held, and somebody may wait. */
struct mutex {
	volatile uint32_t word;
};

void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* futex(2); timeout_ms < 0: none. The kernel's result. */
long futex_wait(volatile uint32_t *word, uint32_t value, long timeout_ms);
long futex_wake(volatile uint32_t *word, uint32_t count);

/* As fork, but with what the flags share; runs on stack (its upper end), if that is not NULL. */
long thread_clone(unsigned long flags, void *stack, volatile uint32_t *parent_tid, void *tls,
		  volatile uint32_t *child_tid);

#endif
