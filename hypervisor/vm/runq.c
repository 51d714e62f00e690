/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run queue of one hart, round robin.
 */
#include "vm/runq.h"

void runq_init(struct runq *queue)
{
	list_init(&queue->entities);
	queue->count = 0;
}

void runq_entity_init(struct runq_entity *entity)
{
	list_init(&entity->node);
	entity->queue = NULL;
}

bool runq_enqueue(struct runq *queue, struct runq_entity *entity)
{
	if (entity->queue)
		return false;
	list_add_tail(&queue->entities, &entity->node);
	entity->queue = queue;
	queue->count++;
	return true;
}

bool runq_dequeue(struct runq_entity *entity)
{
	if (!entity->queue)
		return false;
	list_remove(&entity->node);
	entity->queue->count--;
	entity->queue = NULL;
	return true;
}

struct runq_entity *runq_pick(struct runq *queue)
{
	struct list_head *node = list_first(&queue->entities);
	struct runq_entity *entity;

	if (!node)
		return NULL;
	entity = list_entry(node, struct runq_entity, node);
	runq_dequeue(entity);
	return entity;
}
