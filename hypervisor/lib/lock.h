/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spin locks. Interrupts are always off in HS-mode, so a holder is never interrupted and there is
 * no irqsave form. Keep sections short: the waiters burn their harts. The order in which locks
 * nest is written in vm/vm.h. RISC-V unprivileged specification, "A" extension.
 */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include "lib/types.h"

struct spinlock {
	uint32_t held;
};

#define SPINLOCK_INIT		{ 0 }

/*
 * Lets other harts go on while this one waits (lib/lock.c): under QEMU's -icount, where harts take
 * turns on one thread, a loop without it would never end. Every busy loop calls it.
 */
#ifdef STRATA_HOST_TEST
static inline void spin_relax(void) {}
#else
void spin_relax(void);
#endif

static inline void spin_init(struct spinlock *lock)
{
	lock->held = 0;
}

/* Takes the lock if it is free. An AMO, so it cannot fail for any other reason, as an SC can. */
static inline bool spin_trylock(struct spinlock *lock)
{
	return __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) == 0;
}

/* Takes a lock that somebody else has, however long that takes (lib/lock.c). */
#ifdef STRATA_HOST_TEST
static inline void spin_lock_wait(struct spinlock *lock)
{
	while (!spin_trylock(lock))
		;
}
#else
void spin_lock_wait(struct spinlock *lock);
#endif

static inline void spin_lock(struct spinlock *lock)
{
	if (unlikely(!spin_trylock(lock)))
		spin_lock_wait(lock);
}

static inline void spin_unlock(struct spinlock *lock)
{
	/* A release store; gcc 12 makes an AMO of any atomic one. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	WRITE_ONCE(lock->held, 0);
}

/*
 * A lock that guards a device's registers. AMO and fence above order accesses to memory: one to a
 * device may still come before the lock is taken, or after it is free, as others see it
 * (unprivileged specification, "A": aq and rl order one of the two domains, memory or I/O).
 */
#ifdef STRATA_HOST_TEST
static inline void spin_lock_io(struct spinlock *lock)
{
	spin_lock(lock);
}

static inline bool spin_trylock_io(struct spinlock *lock)
{
	return spin_trylock(lock);
}

static inline void spin_unlock_io(struct spinlock *lock)
{
	spin_unlock(lock);
}
#else
static inline void spin_lock_io(struct spinlock *lock)
{
	spin_lock(lock);
	__asm__ volatile("fence rw, io" : : : "memory");
}

static inline bool spin_trylock_io(struct spinlock *lock)
{
	bool taken = spin_trylock(lock);

	__asm__ volatile("fence rw, io" : : : "memory");
	return taken;
}

static inline void spin_unlock_io(struct spinlock *lock)
{
	__asm__ volatile("fence iorw, w" : : : "memory");
	WRITE_ONCE(lock->held, 0);
}
#endif

/* Whether anybody holds the lock: for assertions. */
static inline bool spin_is_locked(const struct spinlock *lock)
{
	return __atomic_load_n(&lock->held, __ATOMIC_RELAXED) != 0;
}

#endif
