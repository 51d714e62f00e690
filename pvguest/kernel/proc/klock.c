/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The big kernel lock. Its owner may be a virtual hart that does not run right now, and waiting in
 * a loop would keep it from running: so a hart looks a few times and then waits by WFI, and whoever
 * passes the lock on wakes it by an IPI. SBI specification, "IPI Extension".
 */
#include "proc/klock.h"

#include "boot/hart.h"
#include "lib/ticket.h"
#include "priv/priv.h"

#define KLOCK_LOOKS	64

static struct ticket_lock klock;
static uint32_t klock_sleepers;

/*
 * Only the software interrupt ends the waiting, as only that can be taken back at once: a timer or
 * a device stays pending until the kernel has seen to it. Whoever else sent one has left word in
 * memory of what there is to do, and that is looked at with the lock held.
 */
static void klock_sleep(uint32_t ticket)
{
	struct hart *hart = hart_this;

	hart->lock_ticket = ticket;
	__atomic_store_n(&hart->lock_asleep, true, __ATOMIC_RELAXED);
	/* Orders the above before the look at the lock: klock_leave() does the opposite. */
	__atomic_fetch_add(&klock_sleepers, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	priv_set_sie(SIP_SSIP);
	while (!ticket_is_served(&klock, ticket)) {
		priv_wait();
		priv_ipi_clear();
	}
	priv_set_sie(PRIV_SIE_ALL);
	__atomic_store_n(&hart->lock_asleep, false, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&klock_sleepers, 1, __ATOMIC_RELAXED);
}

void klock_enter(void)
{
	uint32_t ticket = ticket_take(&klock);

	for (unsigned int looks = 0; looks < KLOCK_LOOKS; looks++)
		if (ticket_is_served(&klock, ticket))
			return;
	klock_sleep(ticket);
}

static void klock_wake(uint32_t ticket)
{
	for (size_t i = 0; i < hart_count; i++) {
		const struct hart *hart = hart_all[i];

		if (__atomic_load_n(&hart->lock_asleep, __ATOMIC_RELAXED) &&
		    hart->lock_ticket == ticket)
			hart_kick(hart);
	}
}

void klock_leave(void)
{
	uint32_t next = ticket_pass(&klock);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&klock_sleepers, __ATOMIC_RELAXED))
		klock_wake(next);
}
