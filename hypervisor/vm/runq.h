/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run queue of one hart: which vCPUs want to run there, in the order in which they will, and
 * for how long the one that runs may go on. Pure; its owner guards it with a lock.
 *
 * VMs have shares by weight (vm/credit.h): whose VM has had least comes first. One that wakes is at
 * most RUNQ_BOOST_MS behind the others, however long it slept: it runs soon, and starves nobody.
 * One that is far ahead, having been alone on another hart, waits for RUNQ_AHEAD slices at most.
 * vCPUs of a VM whose cap is used up are parked until it has something again.
 *
 * An entity is in the queue while it is runnable and does not run: runq_pick() takes it out to run,
 * runq_put() ends that. All times are in ticks.
 */
#ifndef VM_RUNQ_H
#define VM_RUNQ_H

#include "lib/list.h"
#include "lib/types.h"
#include "vm/credit.h"

/* A time slice while others wait; what a sleeper gains; what it must gain to interrupt another. */
#define RUNQ_SLICE_MS	10u
#define RUNQ_BOOST_MS	5u
#define RUNQ_GAIN_MS	1u
/* In slices of its own. */
#define RUNQ_AHEAD	3u

/* Embedded in a vCPU. */
struct runq_entity {
	struct list_head node;
	struct runq *queue;		/* NULL: in no queue */
	struct credit *credit;		/* its VM's */
	uint64_t key;			/* vtime of its place in the queue; parked: until when */
	uint64_t limit;			/* key never passes it, or it could starve */
	bool parked;
};

struct runq {
	struct list_head ready, parked;	/* sorted by key */
	size_t count;			/* ready */
	uint64_t ticks_per_ms, slice_ticks;
	struct runq_entity *current;	/* that was picked, or NULL */
	uint64_t charged;		/* until when current has paid */
	uint64_t slice_end;
	bool capped;			/* current must leave at slice_end, whoever waits */
};

enum runq_why {
	RUNQ_WAKE,			/* it slept */
	RUNQ_MOVED,			/* it waited on another hart */
	RUNQ_PREEMPTED,			/* it ran and would go on */
};

void runq_init(struct runq *queue, uint64_t ticks_per_ms);
void runq_entity_init(struct runq_entity *entity, struct credit *credit);

/*
 * Queues an entity. If it is to run instead of the current one, slice_end has come. Returns false
 * if it is in a queue already, which changes nothing.
 */
bool runq_enqueue(struct runq *queue, struct runq_entity *entity, enum runq_why why, uint64_t now);
/* Takes an entity out of its queue. Returns false if it is in none. */
bool runq_dequeue(struct runq_entity *entity);
/* Takes out and returns the entity whose turn it is, or NULL: it is current, its slice begins. */
struct runq_entity *runq_pick(struct runq *queue, uint64_t now);
/* The two in one: the current entity, which there is, has left; whose turn it is, or NULL. */
struct runq_entity *runq_next(struct runq *queue, uint64_t now);
/*
 * ticks of what the hart did just now were not for the current entity, if there is one: it does not
 * pay for them, and its slice is longer by them.
 */
void runq_excuse(struct runq *queue, uint64_t ticks, uint64_t now);
/* Whether who waits first in a queue has had less than all in the other, by a slice or more. */
bool runq_is_behind(const struct runq *queue, const struct runq *other);
/* Those whose VMs may run again are ready. */
void runq_release(struct runq *queue, uint64_t now);

/* Whether the current entity has to leave. */
static inline bool runq_is_over(const struct runq *queue, uint64_t now)
{
	return (queue->count > 0 || queue->capped) && now >= queue->slice_end;
}

/* The current entity, which there is, leaves at the next look: its VM has other shares. */
static inline void runq_end_slice(struct runq *queue, uint64_t now)
{
	queue->slice_end = now;
	queue->capped = true;
}

/* When runq_is_over() or runq_release() has to be called next; UINT64_MAX: never. */
static inline uint64_t runq_deadline(const struct runq *queue)
{
	uint64_t deadline = UINT64_MAX;

	if (queue->current && (queue->count > 0 || queue->capped))
		deadline = queue->slice_end;
	if (!list_empty(&queue->parked))
		deadline = MIN(deadline, list_entry(list_first(&queue->parked), struct runq_entity,
						    node)->key);
	return deadline;
}

/* Its VM may not run as much as it would. */
static inline bool runq_has_cap(const struct runq_entity *entity)
{
	return __atomic_load_n(&entity->credit->cap, __ATOMIC_RELAXED) != 0;
}

/* The first that waits, or NULL. */
static inline struct runq_entity *runq_first(const struct runq *queue)
{
	struct list_head *node = list_first(&queue->ready);

	return node ? list_entry(node, struct runq_entity, node) : NULL;
}

/* Nobody can be picked, now or later. */
static inline bool runq_is_empty(const struct runq *queue)
{
	return list_empty(&queue->ready) && list_empty(&queue->parked);
}

/* How many wait, without those that are parked. */
static inline size_t runq_count(const struct runq *queue)
{
	return __atomic_load_n(&queue->count, __ATOMIC_RELAXED);
}

/* The current entity pays for what it has run. */
static inline void runq_charge(struct runq *queue, uint64_t now)
{
	/* Another hart's clock may be a tick behind. */
	if (!queue->current || (int64_t)(now - queue->charged) <= 0)
		return;
	credit_charge(queue->current->credit, now - queue->charged, now);
	queue->charged = now;
}

/* The current entity has left its hart, at now; it is in no queue. */
static inline void runq_put(struct runq *queue, uint64_t now)
{
	runq_charge(queue, now);
	queue->current = NULL;
	queue->capped = false;
}

/* Of one that has no cap: it may go on until somebody else's turn comes. */
static inline void runq_begin_slice(struct runq *queue, struct runq_entity *entity, uint64_t now)
{
	queue->current = entity;
	queue->charged = now;
	queue->capped = false;
	queue->slice_end = now + queue->slice_ticks;
}

/*
 * An entity that wakes, and is in no queue, is current, as if it had been queued and picked.
 * Returns false, and does nothing, unless it is the only one and has no cap.
 */
static inline bool runq_start(struct runq *queue, struct runq_entity *entity, uint64_t now)
{
	/* Alone it would be raised to its own vtime, which is where it is. */
	if (queue->current || !runq_is_empty(queue) || runq_has_cap(entity))
		return false;
	runq_begin_slice(queue, entity, now);
	return true;
}

/* After the current one comes one of the same VM, without a cap: it pays for both in the end. */
static inline void runq_succeed(struct runq *queue, struct runq_entity *entity, uint64_t now)
{
	queue->current = entity;
	queue->capped = false;
	queue->slice_end = now + queue->slice_ticks;
}

/*
 * The current entity has left, and this one of the same VM, which wakes and is in no queue, is
 * current in its place. Returns false, and does nothing, if others wait or the VM has a cap.
 */
static inline bool runq_hand_over(struct runq *queue, struct runq_entity *entity, uint64_t now)
{
	if (!runq_is_empty(queue) || queue->current->credit != entity->credit ||
	    runq_has_cap(entity))
		return false;
	runq_succeed(queue, entity, now);
	return true;
}

static inline bool runq_is_queued(const struct runq_entity *entity)
{
	return entity->queue != NULL;
}

#endif
