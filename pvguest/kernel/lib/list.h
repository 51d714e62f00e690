/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubly linked circular lists; the link lives inside the element.
 * No specification: a plain data structure.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)	{ &(name), &(name) }
#define LIST_ENTRY(ptr, type, member)	CONTAINER_OF(ptr, type, member)
#define LIST_FOR_EACH(pos, head)                                                                  \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
/* The current element may be removed. */
#define LIST_FOR_EACH_SAFE(pos, tmp, head)                                                         \
	for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head);                           \
	     (pos) = (tmp), (tmp) = (pos)->next)

static inline void list_init(struct list *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Inserts item in front of at: at the end, if at is the head. */
static inline void list_add_before(struct list *at, struct list *item)
{
	item->next = at;
	item->prev = at->prev;
	at->prev->next = item;
	at->prev = item;
}

static inline void list_add_after(struct list *at, struct list *item)
{
	list_add_before(at->next, item);
}

/* Removes item; removing it again is harmless. */
static inline void list_del(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

static inline struct list *list_pop(struct list *head)
{
	struct list *item = head->next;

	list_del(item);
	return item;
}

#endif
