/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubly linked lists whose nodes are embedded in what they link. A head and a node have the same
 * type; a node outside every list points at itself.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }

/* Makes an empty list, or a node that is in no list. */
static inline void list_init(struct list_head *head)
{
	head->next = head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

/* Puts node after (list_add) or before (list_add_tail) head: at the list's front or back. */
static inline void list_add(struct list_head *head, struct list_head *node)
{
	node->prev = head;
	node->next = head->next;
	head->next->prev = node;
	head->next = node;
}

static inline void list_add_tail(struct list_head *head, struct list_head *node)
{
	list_add(head->prev, node);
}

/* Takes node out of its list; a node that is in none stays in none. */
static inline void list_remove(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* The first node, or NULL. */
static inline struct list_head *list_first(const struct list_head *head)
{
	return list_empty(head) ? NULL : head->next;
}

/* Takes the first node out and returns it, or NULL. */
static inline struct list_head *list_pop(struct list_head *head)
{
	struct list_head *node = list_first(head);

	if (node)
		list_remove(node);
	return node;
}

#define list_entry(node, type, member)		container_of(node, type, member)

/* Walks the structures; entry is a variable that the caller declared. */
#define list_for_each_entry(entry, head, member)                                                  \
	for (entry = list_entry((head)->next, __typeof__(*entry), member);                        \
	     &entry->member != (head);                                                            \
	     entry = list_entry(entry->member.next, __typeof__(*entry), member))

/* The same when the body may remove entry; following is a second variable. */
#define list_for_each_entry_safe(entry, following, head, member)                                  \
	for (entry = list_entry((head)->next, __typeof__(*entry), member),                        \
	    following = list_entry(entry->member.next, __typeof__(*entry), member);               \
	     &entry->member != (head);                                                            \
	     entry = following,                                                                   \
	    following = list_entry(entry->member.next, __typeof__(*entry), member))

#endif
