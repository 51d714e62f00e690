/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ordered set of deadlines: a pairing heap over nodes embedded in what waits. It allocates
 * nothing; insertion and a look at the first take constant time, removal logarithmic on average
 * over many. Its owner guards it with a lock of his own.
 */
#ifndef LIB_TIMERQ_H
#define LIB_TIMERQ_H

#include "lib/types.h"

/* What a node is part of, for whoever takes it out of a queue of several kinds. */
enum timerq_kind { TIMERQ_VCPU, TIMERQ_ALARM };

struct timerq_node {
	uint64_t deadline_ticks;
	struct timerq *queue;		/* NULL: in no queue */
	struct timerq_node *child;	/* the first of those that come after this one */
	struct timerq_node *next;	/* the next sibling */
	struct timerq_node *prev;	/* the previous sibling, for the first child the parent */
	enum timerq_kind kind;		/* set by its owner, kept */
};

struct timerq {
	struct timerq_node *first;
	size_t count;
};

void timerq_init(struct timerq *queue);
void timerq_node_init(struct timerq_node *node);

/* Puts a node in. One that is queued leaves its queue first, whose owner is locked, too. */
void timerq_insert(struct timerq *queue, struct timerq_node *node, uint64_t deadline_ticks);

/* Takes a node out of the queue that it is in, if any. */
void timerq_remove(struct timerq_node *node);

/*
 * The first node, which there is, leaves, and one that is in no queue comes: the two in one. For
 * those that sleep and wake in turn, each of which is put behind the one that it wakes for.
 */
static inline void timerq_replace_first(struct timerq *queue, struct timerq_node *node,
					uint64_t deadline_ticks)
{
	struct timerq_node *first = queue->first;

	if (unlikely(first->child != NULL)) {
		timerq_remove(first);
		timerq_insert(queue, node, deadline_ticks);
		return;
	}
	first->queue = NULL;
	node->deadline_ticks = deadline_ticks;
	node->queue = queue;
	queue->first = node;
}

/* Takes out and returns the earliest node if its deadline is not after now, else returns NULL. */
struct timerq_node *timerq_expire(struct timerq *queue, uint64_t now_ticks);

/* The node with the earliest deadline, or NULL. */
static inline struct timerq_node *timerq_first(const struct timerq *queue)
{
	return queue->first;
}

static inline bool timerq_is_queued(const struct timerq_node *node)
{
	return node->queue != NULL;
}

#endif
