/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM may have of the harts and what it has had. Pure.
 */
#include "vm/credit.h"

void credit_init(struct credit *credit, uint32_t weight, uint32_t cap, uint64_t ticks_per_ms)
{
	*credit = (struct credit){ .weight = weight ? weight : CREDIT_WEIGHT_DEFAULT,
				   .cap = cap,
				   .period_ticks = MAX(ticks_per_ms * CREDIT_PERIOD_MS, 1UL) };
	credit->budget = (int64_t)(credit->period_ticks * cap);
}

/* How far the budget may fall: a second's share. What others cause is charged to it, too. */
static int64_t least(const struct credit *credit)
{
	return -(int64_t)(credit->period_ticks * credit->cap * (1000 / CREDIT_PERIOD_MS));
}

/* Fill the bucket for the time that has passed. It never holds more than one period's share. */
static void fill(struct credit *credit, uint64_t now)
{
	int64_t full = (int64_t)(credit->period_ticks * credit->cap), missing;
	uint64_t passed = now - credit->filled;

	/* Another hart may have filled it until a later time. */
	if ((int64_t)passed <= 0)
		return;
	credit->filled = now;
	missing = full - credit->budget;
	if (missing < 0 || passed > (uint64_t)missing / credit->cap)
		credit->budget = full;
	else
		credit->budget += (int64_t)(passed * credit->cap);
}

void credit_set(struct credit *credit, uint32_t weight, uint32_t cap, uint64_t now)
{
	spin_lock(&credit->lock);
	WRITE_ONCE(credit->weight, weight);
	WRITE_ONCE(credit->cap, cap);
	credit->budget = (int64_t)(credit->period_ticks * cap);
	credit->filled = now;
	spin_unlock(&credit->lock);
}

void credit_use_budget(struct credit *credit, uint64_t ticks, uint64_t now)
{
	spin_lock(&credit->lock);
	if (credit->cap != 0) {
		/* First what was used: a bucket that is full while it is used loses nothing. */
		credit->budget = MAX(credit->budget - (int64_t)(ticks * 100), least(credit));
		fill(credit, now);
	}
	spin_unlock(&credit->lock);
}

uint64_t credit_raise(struct credit *credit, uint64_t low)
{
	uint64_t vtime = credit_vtime(credit);

	while (credit_is_before(vtime, low))
		if (__atomic_compare_exchange_n(&credit->vtime, &vtime, low, true,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return low;
	return vtime;
}

uint64_t credit_allowed(struct credit *credit, uint64_t now, uint64_t *until)
{
	uint64_t allowed = UINT64_MAX;
	int64_t wanted;

	if (credit->cap == 0)
		return allowed;
	spin_lock(&credit->lock);
	if (credit->cap != 0) {
		fill(credit, now);
		allowed = credit->budget < 100 ? 0 : (uint64_t)credit->budget / 100;
		/* Not at the first drop: each burst costs two world switches. */
		wanted = (int64_t)(credit->period_ticks * credit->cap / 4);
		*until = now + (uint64_t)MAX(wanted - credit->budget, 100) / credit->cap + 1;
	}
	spin_unlock(&credit->lock);
	return allowed;
}
