/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the time of a vCPU goes, without a gap: it runs, it waits for a hart, it is blocked, or it
 * is stopped. Pure; guarded by the lock of the hart that the vCPU belongs to. SBI STA.
 */
#ifndef VM_CPUTIME_H
#define VM_CPUTIME_H

#include "lib/types.h"

enum cputime_kind {
	CPUTIME_STOPPED,	/* SBI HSM STOPPED; what it has been since the VM was built */
	CPUTIME_BLOCKED,	/* in WFI or HSM suspend */
	CPUTIME_WAIT,		/* it could run, but its hart runs another one: stolen time */
	CPUTIME_RUN,		/* on a hart, the hypervisor's work for it included */
	CPUTIME_KINDS
};

struct cputime {
	enum cputime_kind kind;		/* what it does now */
	uint64_t since;			/* from when on, in ticks */
	uint64_t ticks[CPUTIME_KINDS];	/* what it did until then */
};

static inline void cputime_init(struct cputime *time, uint64_t now)
{
	*time = (struct cputime){ .kind = CPUTIME_STOPPED, .since = now };
}

/* From now on it does something else than what it has done, which is known. */
static inline void cputime_switch_from(struct cputime *time, enum cputime_kind from,
				       enum cputime_kind kind, uint64_t now)
{
	time->ticks[from] += now - time->since;
	time->kind = kind;
	time->since = now;
}

/* The same, whatever it has done. */
static inline void cputime_switch(struct cputime *time, enum cputime_kind kind, uint64_t now)
{
	cputime_switch_from(time, time->kind, kind, now);
}

/* It runs, and so many ticks of what it did since the last switch were another's: stolen. */
static inline void cputime_steal(struct cputime *time, uint64_t ticks, uint64_t now)
{
	if ((int64_t)(now - time->since) <= 0)
		return;
	ticks = MIN(ticks, now - time->since);
	time->since += ticks;
	time->ticks[CPUTIME_WAIT] += ticks;
}

/* Ticks of one kind until now. */
static inline uint64_t cputime_ticks(const struct cputime *time, enum cputime_kind kind,
				     uint64_t now)
{
	uint64_t ticks = time->ticks[kind] + (time->kind == kind ? now - time->since : 0);

	/* The clocks of two harts may differ by a tick, which is made up for later. */
	return (int64_t)ticks < 0 ? 0 : ticks;
}

#endif
