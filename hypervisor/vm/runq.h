/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run queue of one hart: which vCPUs want to run, in the order in which they will. Round robin;
 * a policy with weights changes this file and no caller. The owner guards it with a lock.
 *
 * An entity is in the queue while it is runnable and not running: runq_pick() takes it out to run,
 * runq_enqueue() puts it back when its slice ends or when it wakes.
 */
#ifndef VM_RUNQ_H
#define VM_RUNQ_H

#include "lib/list.h"
#include "lib/types.h"

struct runq {
	struct list_head entities;
	size_t count;
};

/* Embedded in a vCPU. */
struct runq_entity {
	struct list_head node;
	struct runq *queue;		/* NULL: in no queue */
};

void runq_init(struct runq *queue);
void runq_entity_init(struct runq_entity *entity);

/* Puts an entity at the end. Returns false if it was already in a queue, which changes nothing. */
bool runq_enqueue(struct runq *queue, struct runq_entity *entity);

/* Takes an entity out of its queue, such as when its VM is destroyed. Returns false if in none. */
bool runq_dequeue(struct runq_entity *entity);

/* Takes out and returns the entity whose turn it is, or NULL. */
struct runq_entity *runq_pick(struct runq *queue);

static inline size_t runq_count(const struct runq *queue)
{
	return queue->count;
}

static inline bool runq_is_queued(const struct runq_entity *entity)
{
	return entity->queue != NULL;
}

#endif
