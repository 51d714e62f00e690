/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ordered set of deadlines as a pairing heap: a tree in which no child is due before its
 * parent. Children are a list of siblings; removal merges them in pairs, without recursion.
 */
#include "lib/timerq.h"

#include "lib/assert.h"

void timerq_init(struct timerq *queue)
{
	*queue = (struct timerq){ 0 };
}

void timerq_node_init(struct timerq_node *node)
{
	*node = (struct timerq_node){ 0 };
}

/* Makes one tree of two; either may be NULL. Of equal deadlines the left one stays above. */
static struct timerq_node *merge(struct timerq_node *left, struct timerq_node *right)
{
	if (!left)
		return right;
	if (!right)
		return left;
	if (right->deadline_ticks < left->deadline_ticks) {
		struct timerq_node *later = left;

		left = right;
		right = later;
	}
	right->next = left->child;
	if (right->next)
		right->next->prev = right;
	right->prev = left;
	left->child = right;
	left->next = left->prev = NULL;
	return left;
}

/* Makes one tree of a list of siblings: in pairs from left to right, then the pairs together. */
static struct timerq_node *merge_siblings(struct timerq_node *sibling)
{
	struct timerq_node *pairs = NULL, *tree = NULL;

	while (sibling) {
		struct timerq_node *left = sibling, *right = sibling->next, *pair;

		sibling = right ? right->next : NULL;
		left->next = left->prev = NULL;
		pair = merge(left, right);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct timerq_node *pair = pairs;

		pairs = pair->next;
		pair->next = pair->prev = NULL;
		tree = merge(pair, tree);
	}
	return tree;
}

static __attribute__((noinline)) void move(struct timerq *queue, struct timerq_node *node,
					   uint64_t deadline_ticks)
{
	timerq_remove(node);
	timerq_insert(queue, node, deadline_ticks);
}

void timerq_insert(struct timerq *queue, struct timerq_node *node, uint64_t deadline_ticks)
{
	if (unlikely(node->queue != NULL)) {
		move(queue, node, deadline_ticks);
		return;
	}
	node->deadline_ticks = deadline_ticks;
	node->queue = queue;
	queue->first = merge(queue->first, node);
	queue->count++;
}

/* Takes a node that is not the first out of its list of siblings. */
static void unlink_sibling(struct timerq_node *node)
{
	if (node->prev->child == node)
		node->prev->child = node->next;
	else
		node->prev->next = node->next;
	if (node->next)
		node->next->prev = node->prev;
}

void timerq_remove(struct timerq_node *node)
{
	struct timerq *queue = node->queue;
	struct timerq_node *children;

	if (!queue)
		return;
	ASSERT(queue->count > 0);
	children = node->child;
	if (children && children->next)
		children = merge_siblings(children);
	else if (children)
		children->prev = NULL;
	if (queue->first == node) {
		queue->first = children;
	} else {
		unlink_sibling(node);
		queue->first = merge(queue->first, children);
	}
	queue->count--;
	node->queue = NULL;
	node->child = node->next = node->prev = NULL;
}

struct timerq_node *timerq_expire(struct timerq *queue, uint64_t now_ticks)
{
	struct timerq_node *node = queue->first;

	if (!node || node->deadline_ticks > now_ticks)
		return NULL;
	timerq_remove(node);
	return node;
}
