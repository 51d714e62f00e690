/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ticket lock: who comes first is served first. Pure; how to wait is the caller's business.
 * Mellor-Crummey and Scott, "Algorithms for Scalable Synchronization", 2.2.
 */
#ifndef LIB_TICKET_H
#define LIB_TICKET_H

#include <stdbool.h>
#include <stdint.h>

struct ticket_lock {
	uint32_t next;		/* the ticket that the next comer takes */
	uint32_t served;	/* whose turn it is */
};

/* Takes a ticket; its owner waits until ticket_is_served(). */
static inline uint32_t ticket_take(struct ticket_lock *lock)
{
	return __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
}

/* Acquire: what earlier owners did is seen from here on. */
static inline bool ticket_is_served(const struct ticket_lock *lock, uint32_t ticket)
{
	return __atomic_load_n(&lock->served, __ATOMIC_ACQUIRE) == ticket;
}

/* By the owner: the next one's turn, whose ticket is returned, taken already or not. */
static inline uint32_t ticket_pass(struct ticket_lock *lock)
{
	uint32_t next = lock->served + 1;

	__atomic_store_n(&lock->served, next, __ATOMIC_RELEASE);
	return next;
}

#endif
