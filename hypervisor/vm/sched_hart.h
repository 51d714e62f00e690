/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to vm/sched.c, sched_run.c, sched_load.c and sched_move.c: a hart's part of the
 * scheduler, and how vCPUs change harts.
 *
 * hart->lock of v->hart guards the scheduling state of v. It changes with v->hart, which only
 * changes while both harts are locked, v does not run, and its registers are in no hart's CSRs: a
 * vCPU that blocks stays loaded, and until its hart loads another one nobody else can take it.
 */
#ifndef VM_SCHED_HART_H
#define VM_SCHED_HART_H

#include "hart/hart.h"
#include "lib/bitmap.h"
#include "vm/runq.h"
#include "vm/vcpu.h"
#include "vm/vmid.h"

struct sched_hart {
	struct runq runq;
	struct vmid_pool vmids;		/* its own hart's */
	size_t vcpu_count;		/* that live here, runnable or not; atomic */
	uint32_t idle;			/* in WFI, or about to be; atomic */
	uint64_t picked;		/* when the run loop picked last, in ticks */
	unsigned partner;		/* the hart with which it evened out last */
};

static inline struct sched_hart *sched_of(const struct hart *hart)
{
	return hart->sched;
}

/* v may run on that hart. */
static inline bool sched_allows(const struct vcpu *v, const struct hart *hart)
{
	return bitmap_test(v->affinity, hart->index);
}

/* What v does from now on, by its state; its hart is locked. */
void sched_account_time(struct vcpu *v, uint64_t now);
/* Wake the vCPUs whose timers are due on this hart. */
void sched_expire_timers(struct hart *hart);
/*
 * The vCPU whose timer is due first, if it slept and nobody else could run: it is picked. NULL: to
 * be done one after the other. This hart is locked.
 */
struct vcpu *sched_start_due(struct hart *hart, uint64_t now);
/* Lock the hart that v belongs to, and return it. */
struct hart *sched_lock_home(struct vcpu *v);
/* A vCPU that waits on hart, which is busy: wake a hart that is idle, to take it. No lock held. */
void sched_offer(struct vcpu *v);
/* This hart has nothing to do: take a vCPU that waits elsewhere. Return: whether there was one. */
bool sched_steal(struct hart *hart);
/* This hart is about to pick, and vCPUs wait: have the others do their part. */
void sched_balance(struct hart *hart);
/* Have the registers of v in this hart's CSRs, those of another one put away. No lock is held. */
void sched_load(struct hart *hart, struct vcpu *v);
/* Put away those that this hart has, if any: from here on another hart may take the vCPU. */
void sched_unload(struct hart *hart);
/* v, which is loaded nowhere by now and does not run, may not be on hart any more. */
void sched_evict(struct hart *hart, struct vcpu *v);

#endif
