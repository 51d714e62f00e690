/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM may have of the harts and what it has had, in the words of Xen's credit scheduler: a
 * weight, in proportion to which VMs share harts, and a cap. Pure; used by vm/runq.c.
 *
 * vtime is the time that its vCPUs have run, divided by its weight: who has least of it runs next.
 * The cap is a bucket that fills by cap percent of the time and that running empties.
 */
#ifndef VM_CREDIT_H
#define VM_CREDIT_H

#include "lib/lock.h"
#include "lib/types.h"

#define CREDIT_WEIGHT_DEFAULT	256u
#define CREDIT_WEIGHT_MAX	65535u
/* Time in which a cap holds; a VM that is capped runs in bursts of a part of it. */
#define CREDIT_PERIOD_MS	40u

struct credit {
	struct spinlock lock;		/* innermost: vCPUs of a VM run on several harts */
	uint32_t weight;		/* 1 to CREDIT_WEIGHT_MAX; read without the lock, too */
	uint32_t cap;			/* percent of one hart, 0 for none; the same */
	uint64_t vtime;			/* weighted ticks; by difference, as it may wrap; atomic */
	uint64_t period_ticks;
	int64_t budget;			/* capped: what is left, in hundredths of ticks */
	uint64_t filled;		/* until when the bucket was filled */
};

void credit_init(struct credit *credit, uint32_t weight, uint32_t cap, uint64_t ticks_per_ms);
/* New shares, at any time. */
void credit_set(struct credit *credit, uint32_t weight, uint32_t cap, uint64_t now);

/* ticks in units of vtime. */
static inline uint64_t credit_weigh(const struct credit *credit, uint64_t ticks)
{
	return (ticks << 16) / __atomic_load_n(&credit->weight, __ATOMIC_RELAXED);
}

static inline bool credit_is_before(uint64_t vtime, uint64_t other)
{
	return (int64_t)(vtime - other) < 0;
}

static inline uint64_t credit_vtime(const struct credit *credit)
{
	return __atomic_load_n(&credit->vtime, __ATOMIC_RELAXED);
}

/* The part of credit_charge() for a VM with a cap. */
void credit_use_budget(struct credit *credit, uint64_t ticks, uint64_t now);

/* A vCPU of it has run for so many ticks, until now. */
static inline void credit_charge(struct credit *credit, uint64_t ticks, uint64_t now)
{
	__atomic_fetch_add(&credit->vtime, credit_weigh(credit, ticks), __ATOMIC_RELAXED);
	if (unlikely(__atomic_load_n(&credit->cap, __ATOMIC_RELAXED) != 0))
		credit_use_budget(credit, ticks, now);
}

/* Have vtime not before low; what it is then. */
uint64_t credit_raise(struct credit *credit, uint64_t low);
/* For how many ticks it may run from now on, UINT64_MAX without a cap; 0: not before *until. */
uint64_t credit_allowed(struct credit *credit, uint64_t now, uint64_t *until);

#endif
