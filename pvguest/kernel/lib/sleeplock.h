/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock whose waiters sleep until they are called, and that whoever comes first takes: a waiter
 * may be a virtual hart that does not run, and the others do not wait until it does.
 * Pure; how to sleep and how to wake is the caller's business. No specification.
 */
#ifndef LIB_SLEEPLOCK_H
#define LIB_SLEEPLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct sleeplock {
	uint32_t held;
	uint32_t sleepers;
	uint32_t called;	/* a sleeper is being woken, and will try */
};

/* Acquire: what earlier owners did is seen from here on. */
static inline bool sleeplock_try(struct sleeplock *lock)
{
	return !__atomic_load_n(&lock->held, __ATOMIC_RELAXED) &&
	       !__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE);
}

/*
 * Before a waiter sleeps, and before it tries for the last time: from here on it can be found by
 * those who call. sleeplock_release() looks at the two in the opposite order.
 */
static inline void sleeplock_lie_down(struct sleeplock *lock)
{
	__atomic_fetch_add(&lock->sleepers, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* A sleeper was woken, by whomever; it tries again. */
static inline void sleeplock_woken(struct sleeplock *lock)
{
	__atomic_store_n(&lock->called, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* A sleeper has the lock. It may not be the one that was called. */
static inline void sleeplock_get_up(struct sleeplock *lock)
{
	__atomic_store_n(&lock->called, 0, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&lock->sleepers, 1, __ATOMIC_RELAXED);
}

/*
 * By the owner. call() wakes one sleeper; false if it finds none. It is called only if there are
 * sleepers, and none is on its way already: that one's vCPU may have to wait for its turn.
 */
static inline void sleeplock_release(struct sleeplock *lock, bool (*call)(void))
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (__atomic_load_n(&lock->sleepers, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&lock->held, __ATOMIC_RELAXED) &&
	       !__atomic_exchange_n(&lock->called, 1, __ATOMIC_SEQ_CST) && !call()) {
		/* Others may have relied on this call: look again. */
		__atomic_store_n(&lock->called, 0, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
}

#endif
