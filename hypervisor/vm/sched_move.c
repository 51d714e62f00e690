/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How vCPUs change harts: idle harts take what waits elsewhere, busy ones even out, and vCPUs go
 * where they are pinned to.
 */
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "vm/sched.h"
#include "vm/sched_hart.h"

static void lock_pair(struct hart *a, struct hart *b)
{
	spin_lock(a->index < b->index ? &a->lock : &b->lock);
	spin_lock(a->index < b->index ? &b->lock : &a->lock);
}

static void unlock_pair(struct hart *a, struct hart *b)
{
	spin_unlock(&a->lock);
	spin_unlock(&b->lock);
}

struct hart *sched_lock_home(struct vcpu *v)
{
	for (;;) {
		struct hart *hart = __atomic_load_n(&v->hart, __ATOMIC_ACQUIRE);

		spin_lock(&hart->lock);
		if (v->hart == hart)
			return hart;
		spin_unlock(&hart->lock);
	}
}

/* Its registers are in no hart's CSRs, and nobody runs it. hart is its own, locked. */
static bool is_movable(const struct vcpu *v, const struct hart *hart)
{
	return !v->running && __atomic_load_n(&hart->loaded, __ATOMIC_SEQ_CST) != v;
}

/* v belongs to another hart; both are locked. Return: whether it was queued, and is again. */
static bool move(struct vcpu *v, struct hart *from, struct hart *to)
{
	bool queued = runq_dequeue(&v->runq);

	if (timerq_is_queued(&v->timer_node))
		timerq_insert(&to->timers, &v->timer_node, v->timer_node.deadline_ticks);
	/* Whoever takes it: it need not leave any more, or has been pinned anew and must go on. */
	if (unlikely(v->evict))
		__atomic_store_n(&v->evict, !sched_allows(v, to), __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->hart, to, __ATOMIC_RELEASE);
	/* One that has left its VM may be pinned elsewhere, too. */
	if (v->counted) {
		__atomic_fetch_sub(&sched_of(from)->vcpu_count, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&sched_of(to)->vcpu_count, 1, __ATOMIC_RELAXED);
	}
	v->stat.migrations++;
	if (queued)
		runq_enqueue(&sched_of(to)->runq, &v->runq, RUNQ_MOVED, time_now());
	return queued;
}

/* The first or last vCPU that waits on from and may run on to; both are locked. */
static struct vcpu *find(struct hart *from, struct hart *to, bool last)
{
	struct runq_entity *entity;
	struct vcpu *found = NULL;

	list_for_each_entry(entity, &sched_of(from)->runq.ready, node) {
		struct vcpu *v = container_of(entity, struct vcpu, runq);

		if (!sched_allows(v, to) || !is_movable(v, from))
			continue;
		found = v;
		if (!last)
			break;
	}
	return found;
}

/* ---- Work for harts that have none ---- */

void sched_offer(struct vcpu *v)
{
	for (unsigned i = 0; i < hart_count; i++) {
		struct hart *hart = harts[i];

		/* Whoever clears it wakes the hart: the next vCPU wakes another one. */
		if (hart == v->hart || !hart->online || !sched_allows(v, hart) ||
		    !__atomic_load_n(&sched_of(hart)->idle, __ATOMIC_SEQ_CST) ||
		    !__atomic_exchange_n(&sched_of(hart)->idle, 0U, __ATOMIC_SEQ_CST))
			continue;
		hart_kick(hart);
		return;
	}
}

static bool steal_from(struct hart *hart, struct hart *from)
{
	struct vcpu *v;

	lock_pair(hart, from);
	v = find(from, hart, false);
	if (v != NULL)
		move(v, from, hart);
	unlock_pair(hart, from);
	return v != NULL;
}

bool sched_steal(struct hart *hart)
{
	for (unsigned i = 1; i < hart_count; i++) {
		struct hart *from = harts[(hart->index + i) % hart_count];

		if (from->online && runq_count(&sched_of(from)->runq) > 0 &&
		    steal_from(hart, from))
			return true;
	}
	return false;
}

/* ---- Evening out ---- */

static size_t load_of(const struct hart *hart)
{
	const struct runq *runq = &sched_of(hart)->runq;

	return runq_count(runq) + (__atomic_load_n(&runq->current, __ATOMIC_RELAXED) != NULL);
}

/* Both are locked, vCPUs wait on hart. Return: whether the other has to be kicked. */
static bool even_out(struct hart *hart, struct hart *other)
{
	struct runq *here = &sched_of(hart)->runq, *there = &sched_of(other)->runq;
	struct vcpu *give = find(hart, other, true), *take;

	if (give == NULL)
		return false;
	if (load_of(hart) >= load_of(other) + 2)
		return move(give, hart, other);
	/* A VM that has had less, yet waits there: it and one of ours change places. */
	if (!runq_is_behind(there, here))
		return false;
	take = find(other, hart, false);
	if (take == NULL || take->vm == give->vm)
		return false;
	move(take, other, hart);
	return move(give, hart, other);
}

void sched_balance(struct hart *hart)
{
	struct sched_hart *sched = sched_of(hart);
	struct hart *other;
	bool kick;

	/* With one at a time; the next time with the next. */
	sched->partner = (sched->partner + 1) % hart_count;
	other = harts[sched->partner];
	if (other == hart || !other->online)
		return;
	lock_pair(hart, other);
	kick = even_out(hart, other);
	unlock_pair(hart, other);
	if (kick)
		hart_kick(other);
}

/* ---- Affinity ---- */

struct hart *sched_choose_hart(const uint64_t *affinity)
{
	struct hart *best = NULL;

	for (unsigned i = 0; i < hart_count; i++) {
		struct hart *hart = harts[i];

		if (hart->online && (affinity == NULL || bitmap_test(affinity, i)) &&
		    (best == NULL || sched_of(hart)->vcpu_count < sched_of(best)->vcpu_count))
			best = hart;
	}
	return best;
}

int sched_admit(struct vcpu *v)
{
	v->hart = sched_choose_hart(v->affinity);
	if (v->hart == NULL)
		return -ENODEV;
	sched_count(v, v->hart, true);
	return 0;
}

void sched_withdraw(struct vcpu *v)
{
	struct hart *hart = sched_lock_home(v);

	sched_count(v, hart, false);
	spin_unlock(&hart->lock);
}

void sched_evict(struct hart *hart, struct vcpu *v)
{
	struct hart *to = sched_choose_hart(v->affinity);
	bool moved = false;

	if (to == NULL || to == hart)
		return;
	lock_pair(hart, to);
	if (v->hart == hart && is_movable(v, hart) && !sched_allows(v, hart)) {
		move(v, hart, to);
		moved = true;
	}
	unlock_pair(hart, to);
	/* Also for its timer. */
	if (moved)
		hart_kick(to);
}

int sched_pin(struct vcpu *v, const uint64_t *affinity)
{
	struct hart *hart;
	bool evict, here;

	if (sched_choose_hart(affinity) == NULL)
		return -EINVAL;
	hart = sched_lock_home(v);
	for (unsigned i = 0; i < hart_count; i++) {
		if (bitmap_test(affinity, i))
			bitmap_set(v->affinity, i);
		else
			bitmap_clear(v->affinity, i);
	}
	evict = !sched_allows(v, hart);
	__atomic_store_n(&v->evict, evict, __ATOMIC_SEQ_CST);
	/* Its hart looks at evict when it unloads it: one of us sees what the other did. */
	here = is_movable(v, hart);
	spin_unlock(&hart->lock);
	if (evict && here)
		sched_evict(hart, v);
	else if (evict)
		hart_kick(hart);
	return 0;
}
