/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock whose waiters sleep until they are called, and that whoever comes first takes: a waiter
 * may be a virtual hart that does not run, and the others do not wait until it does. But one that
 * was woken in vain has it handed over next, as its hart may run only while the owner's does not.
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
	uint32_t owed, granted;	/* to which sleeper; they have numbers from 1 on. 0: none */
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

/* A sleeper tries: the lock is free, or was handed to it. */
static inline bool sleeplock_try_asleep(struct sleeplock *lock, uint32_t self)
{
	if (__atomic_load_n(&lock->granted, __ATOMIC_ACQUIRE) != self)
		return sleeplock_try(lock);
	__atomic_store_n(&lock->granted, 0, __ATOMIC_RELAXED);
	return true;
}

/* A sleeper was woken and found the lock held; then it must try once more before it sleeps. */
static inline void sleeplock_claim(struct sleeplock *lock, uint32_t self)
{
	uint32_t nobody = 0;

	__atomic_compare_exchange_n(&lock->owed, &nobody, self, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* A sleeper has the lock. It may be neither the one that was called nor the one that claims. */
static inline void sleeplock_get_up(struct sleeplock *lock, uint32_t self)
{
	/* Only the owner takes claims back. */
	if (__atomic_load_n(&lock->owed, __ATOMIC_RELAXED) == self)
		__atomic_store_n(&lock->owed, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&lock->called, 0, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&lock->sleepers, 1, __ATOMIC_RELAXED);
}

/*
 * By the owner. call(n) wakes sleeper n; call(0) any, and is false if it finds none. It is not
 * called if nobody sleeps or if one is on its way: that one's vCPU may have to wait for its turn.
 */
static inline void sleeplock_release(struct sleeplock *lock, bool (*call)(uint32_t sleeper))
{
	uint32_t owed = __atomic_load_n(&lock->owed, __ATOMIC_RELAXED);

	if (owed) {
		__atomic_store_n(&lock->owed, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&lock->granted, owed, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		call(owed);
		return;
	}
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (__atomic_load_n(&lock->sleepers, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&lock->held, __ATOMIC_RELAXED) &&
	       !__atomic_exchange_n(&lock->called, 1, __ATOMIC_SEQ_CST) && !call(0)) {
		/* Others may have relied on this call: look again. */
		__atomic_store_n(&lock->called, 0, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
}

#endif
