/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call at a time, for a device that has to do something then. It comes on the boot hart, which
 * takes the interrupts of the machine's devices, too. Or a call when every hart has been in its run
 * loop, for whoever frees what they may have known.
 */
#ifndef VM_VALARM_H
#define VM_VALARM_H

#include "lib/timerq.h"

struct valarm {
	struct timerq_node node;	/* in a hart's timers, guarded by its lock */
	bool ringing;			/* ring() runs; the boot hart's lock */
	unsigned next;			/* a tour: the index of the next hart; else 0 */
	/* Called without a lock. It may find that the alarm has been cancelled meanwhile. */
	void (*ring)(struct valarm *alarm);
};

void valarm_init(struct valarm *alarm, void (*ring)(struct valarm *alarm));
/* At deadline_ticks of the time CSR, instead of what was set before. Takes the boot hart's lock. */
void valarm_set(struct valarm *alarm, uint64_t deadline_ticks);
/* The same, so many ticks from now on. */
void valarm_set_in(struct valarm *alarm, uint64_t ticks);
/* Not any more, but it may be ringing just now. Takes the boot hart's lock. */
void valarm_cancel(struct valarm *alarm);
/* The same, and waits for ring() to return: the caller holds no lock that it takes. */
void valarm_fini(struct valarm *alarm);

/*
 * Have each hart pass a place where it holds no lock, nor the address of a vCPU but that of the one
 * that it runs; after the last one ring() is called, which may free the alarm. It needs no other
 * preparation. Any hart, no lock.
 */
void valarm_tour(struct valarm *alarm, void (*ring)(struct valarm *alarm));

/* sched.c: the deadline of a node that has left hart's timers has come; its lock is not held. */
void valarm_expire(struct valarm *alarm);

#endif
