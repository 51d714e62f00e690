/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run queue of one hart. Pure.
 */
#include "vm/runq.h"

void runq_init(struct runq *queue, uint64_t ticks_per_ms)
{
	*queue = (struct runq){ .ticks_per_ms = MAX(ticks_per_ms, 1UL) };
	queue->slice_ticks = queue->ticks_per_ms * RUNQ_SLICE_MS;
	list_init(&queue->ready);
	list_init(&queue->parked);
}

void runq_entity_init(struct runq_entity *entity, struct credit *credit)
{
	*entity = (struct runq_entity){ .credit = credit };
	list_init(&entity->node);
}

static struct runq_entity *first(const struct list_head *list)
{
	struct list_head *node = list_first(list);

	return node ? list_entry(node, struct runq_entity, node) : NULL;
}

/*
 * Behind all whose key is not greater. Found from the back, where those come that have just run;
 * one that has slept mostly belongs to the very front.
 */
static void insert_sorted(struct list_head *list, struct runq_entity *entity)
{
	struct list_head *at = list->prev;
	struct runq_entity *head = first(list);

	if (head && credit_is_before(entity->key, head->key))
		at = list;
	while (at != list &&
	       credit_is_before(entity->key, list_entry(at, struct runq_entity, node)->key))
		at = at->prev;
	list_add(at, &entity->node);
}

static void insert(struct runq *queue, struct runq_entity *entity, bool parked)
{
	insert_sorted(parked ? &queue->parked : &queue->ready, entity);
	entity->parked = parked;
	entity->queue = queue;
	if (!parked)
		__atomic_store_n(&queue->count, queue->count + 1, __ATOMIC_SEQ_CST);
}

bool runq_dequeue(struct runq_entity *entity)
{
	if (!entity->queue)
		return false;
	list_remove(&entity->node);
	if (!entity->parked)
		__atomic_store_n(&entity->queue->count, entity->queue->count - 1,
				 __ATOMIC_SEQ_CST);
	entity->queue = NULL;
	entity->parked = false;
	return true;
}

/* Where the hart is: the least vtime of all that run or wait there; of one alone, its own. */
static uint64_t clock_for(const struct runq *queue, const struct runq_entity *entity)
{
	const struct runq_entity *head = first(&queue->ready);
	uint64_t clock;

	if (!queue->current)
		return head ? head->key : credit_vtime(entity->credit);
	clock = credit_vtime(queue->current->credit);
	return head && credit_is_before(head->key, clock) ? head->key : clock;
}

/* Milliseconds of a VM of the usual weight, in units of vtime. */
static uint64_t usual(const struct runq *queue, uint64_t ms)
{
	return (queue->ticks_per_ms * ms << 16) / CREDIT_WEIGHT_DEFAULT;
}

/* How far ahead of the others a VM's place may be, in units of vtime. */
static uint64_t farthest(const struct runq *queue, const struct credit *credit)
{
	return credit_weigh(credit, RUNQ_AHEAD * RUNQ_SLICE_MS * queue->ticks_per_ms);
}

/*
 * Nobody waits, and a vCPU of the same VM runs: each is where the other one is, and what that has
 * run meanwhile is for take_first() to see. The usual IPI.
 */
static bool join_sibling(struct runq *queue, struct runq_entity *entity)
{
	if (!queue->current || queue->current->credit != entity->credit ||
	    !list_empty(&queue->ready) || runq_has_cap(entity))
		return false;
	entity->key = credit_vtime(entity->credit);
	entity->limit = entity->key + farthest(queue, entity->credit);
	insert(queue, entity, false);
	return true;
}

static void make_ready(struct runq *queue, struct runq_entity *entity, enum runq_why why,
		       uint64_t now)
{
	struct credit *credit = entity->credit;
	uint64_t clock, vtime, behind;

	runq_charge(queue, now);
	clock = clock_for(queue, entity);
	behind = why == RUNQ_WAKE    ? usual(queue, RUNQ_BOOST_MS) :
		 why == RUNQ_MOVED   ? usual(queue, RUNQ_AHEAD * RUNQ_SLICE_MS) :
				       clock - credit_vtime(credit);
	entity->limit = clock + farthest(queue, credit);
	vtime = credit_raise(credit, clock - behind);
	/* Its place, not its vtime: that never falls, or vCPUs queued before would stay behind. */
	if (credit_is_before(entity->limit, vtime))
		vtime = entity->limit;
	/* Of one VM's vCPUs the one that has just run comes last. */
	entity->key = vtime + (why == RUNQ_PREEMPTED);
	insert(queue, entity, false);
	if (queue->current && why == RUNQ_WAKE &&
	    credit_is_before(vtime + usual(queue, RUNQ_GAIN_MS),
			     credit_vtime(queue->current->credit)))
		queue->slice_end = MIN(queue->slice_end, now);
}

bool runq_is_behind(const struct runq *queue, const struct runq *other)
{
	const struct runq_entity *mine = first(&queue->ready), *theirs = first(&other->ready);

	return mine && theirs &&
	       credit_is_before(mine->key + usual(queue, RUNQ_SLICE_MS), theirs->key);
}

/* It stands in the list of those whose cap is used up. Return: false if it is not. */
static bool park(struct runq *queue, struct runq_entity *entity, uint64_t now)
{
	uint64_t until = 0;

	if (credit_allowed(entity->credit, now, &until) > 0)
		return false;
	entity->key = until;
	insert(queue, entity, true);
	return true;
}

bool runq_enqueue(struct runq *queue, struct runq_entity *entity, enum runq_why why, uint64_t now)
{
	if (entity->queue)
		return false;
	if (why == RUNQ_WAKE && likely(join_sibling(queue, entity)))
		return true;
	if (!park(queue, entity, now))
		make_ready(queue, entity, why, now);
	return true;
}

void runq_release(struct runq *queue, uint64_t now)
{
	struct runq_entity *entity;

	while ((entity = first(&queue->parked)) != NULL && entity->key <= now) {
		runq_dequeue(entity);
		runq_enqueue(queue, entity, RUNQ_WAKE, now);
	}
}

/*
 * The first one, whose place may be of a time when its VM had had less: other vCPUs of it have run
 * since. It goes where it belongs by now.
 */
static struct runq_entity *take_first(struct runq *queue)
{
	for (;;) {
		struct runq_entity *entity = first(&queue->ready);
		uint64_t vtime;

		if (!entity)
			return NULL;
		vtime = credit_vtime(entity->credit);
		if (credit_is_before(entity->limit, vtime))
			vtime = entity->limit;
		runq_dequeue(entity);
		if (!credit_is_before(entity->key, vtime))
			return entity;
		entity->key = vtime;
		insert(queue, entity, false);
	}
}

/* The one that waits alone, whose place does not matter, or NULL. */
static struct runq_entity *take_only(struct runq *queue)
{
	struct runq_entity *entity = first(&queue->ready);

	if (!entity || queue->ready.next != queue->ready.prev || !list_empty(&queue->parked) ||
	    runq_has_cap(entity))
		return NULL;
	list_init(&queue->ready);
	list_init(&entity->node);
	entity->queue = NULL;
	__atomic_store_n(&queue->count, 0, __ATOMIC_SEQ_CST);
	return entity;
}

struct runq_entity *runq_pick(struct runq *queue, uint64_t now)
{
	struct runq_entity *entity = take_only(queue);
	uint64_t allowed, until;

	if (likely(entity)) {
		runq_begin_slice(queue, entity, now);
		return entity;
	}
	runq_release(queue, now);
	do {
		entity = take_first(queue);
	} while (entity && park(queue, entity, now));
	queue->current = entity;
	if (!entity)
		return NULL;
	queue->charged = now;
	allowed = credit_allowed(entity->credit, now, &until);
	queue->capped = allowed != UINT64_MAX;
	queue->slice_end = now + MIN(queue->slice_ticks, allowed);
	return entity;
}

void runq_excuse(struct runq *queue, uint64_t ticks, uint64_t now)
{
	if (!queue->current)
		return;
	queue->charged = MIN(queue->charged + ticks, now);
	queue->slice_end += ticks;
}

static __attribute__((noinline)) struct runq_entity *put_and_pick(struct runq *queue, uint64_t now)
{
	runq_put(queue, now);
	return runq_is_empty(queue) ? NULL : runq_pick(queue, now);
}

struct runq_entity *runq_next(struct runq *queue, uint64_t now)
{
	struct runq_entity *entity = take_only(queue);

	if (!entity)
		return put_and_pick(queue, now);
	if (entity->credit == queue->current->credit) {
		runq_succeed(queue, entity, now);
		return entity;
	}
	runq_charge(queue, now);
	runq_begin_slice(queue, entity, now);
	return entity;
}
