/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The big kernel lock. Its owner may be a virtual hart that does not run right now, and waiting in
 * a loop would keep it from running: so a hart looks a few times and then waits by WFI, and whoever
 * lets go of the lock wakes it by an IPI. SBI specification, "IPI Extension".
 */
#include "proc/klock.h"

#include "boot/hart.h"
#include "lib/sleeplock.h"
#include "priv/priv.h"
#include "proc/sched.h"

#define KLOCK_LOOKS	64

static struct sleeplock klock;

/* self: how a sleeper is known to the lock; 0: this is not one. */
static bool klock_look(uint32_t self)
{
	for (unsigned int looks = 0; looks < KLOCK_LOOKS; looks++)
		if (self ? sleeplock_try_asleep(&klock, self) : sleeplock_try(&klock))
			return true;
	return false;
}

static void klock_wait(void)
{
	priv_wait();
	priv_ipi_clear();
	sleeplock_woken(&klock);
}

/*
 * Only the software interrupt ends the waiting, as only that can be taken back at once: a timer or
 * a device stays pending until the kernel has seen to it. Whoever else sent one has left word in
 * memory of what there is to do. It is looked at with the lock held: nobody will send it again.
 */
static void klock_sleep(void)
{
	struct hart *hart = hart_this;
	uint32_t self = hart->number + 1;

	__atomic_store_n(&hart->lock_asleep, true, __ATOMIC_RELAXED);
	sleeplock_lie_down(&klock);
	priv_set_sie(SIP_SSIP);
	while (!klock_look(self)) {
		klock_wait();
		if (klock_look(self))
			break;
		sleeplock_claim(&klock, self);
	}
	priv_set_sie(PRIV_SIE_ALL);
	__atomic_store_n(&hart->lock_asleep, false, __ATOMIC_RELAXED);
	sleeplock_get_up(&klock, self);
	sched_kicked();
}

void klock_enter(void)
{
	if (!klock_look(0))
		klock_sleep();
}

/* Any: the next one after this hart, so that each has its turn. */
static bool klock_call(uint32_t sleeper)
{
	if (sleeper) {
		hart_kick(hart_all[sleeper - 1]);
		return true;
	}
	for (size_t i = 1; i < hart_count; i++) {
		const struct hart *hart = hart_all[(hart_this->number + i) % hart_count];

		if (__atomic_load_n(&hart->lock_asleep, __ATOMIC_RELAXED)) {
			hart_kick(hart);
			return true;
		}
	}
	return false;
}

void klock_leave(void)
{
	sleeplock_release(&klock, klock_call);
}
