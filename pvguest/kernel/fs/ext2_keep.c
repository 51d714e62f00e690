/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 in the kernel: inodes that stay in memory though nobody uses them, and which of them go.
 * No specification: the list is in the order of use, and keeps each inode as one of its users.
 */
#include "fs/ext2_node.h"
#include "mm/page.h"

/* How many inodes may stay in memory that nobody uses; memory that runs out takes more. */
#define EXT2_KEPT_MAX 4096U

static size_t ext2_kept;

void ext2_node_keep(struct ext2_node *node)
{
	if (node->kept)
		return;
	node->kept = true;
	inode_get(node->inode);
	ext2_kept++;
}

void ext2_node_let_go(struct ext2_node *node)
{
	if (!node->kept)
		return;
	node->kept = false;
	ext2_kept--;
	inode_put(node->inode);
}

void ext2_node_drop_all(struct ext2_mounted *mounted)
{
	struct list *pos = mounted->nodes.next;

	while (pos != &mounted->nodes) {
		struct ext2_node *node = LIST_ENTRY(pos, struct ext2_node, link);

		if (!node->kept) {
			pos = pos->next;
			continue;
		}
		ext2_node_let_go(node);
		/* Releasing it may have slept: anything may have changed. */
		pos = mounted->nodes.next;
	}
}

bool ext2_node_has_nameless(const struct ext2_mounted *mounted)
{
	struct list *pos;

	LIST_FOR_EACH(pos, &mounted->nodes)
	if (!LIST_ENTRY(pos, struct ext2_node, link)->inode->links)
		return true;
	return false;
}

/* Pages that are neither dirty nor mapped nor being copied. */
static size_t ext2_node_drop_pages(struct ext2_node *node, size_t most)
{
	struct inode *inode = node->inode;
	size_t freed = 0;

	for (uint64_t i = 0; freed < most; i++) {
		const struct page *page = inode_next_cached(inode, &i);

		if (!page)
			break;
		if (page->users != 1 || ext2_data_is_dirty(node, i))
			continue;
		inode_drop_page(inode, i);
		freed++;
	}
	return freed;
}

/* True if letting go of it frees it, without any work for the disk. */
static bool ext2_node_is_idle(const struct ext2_node *node)
{
	return node->kept && node->inode->users == 1 && !node->dirty_pages && !node->grown;
}

static size_t ext2_node_shrink_one(struct ext2_mounted *mounted, size_t pages)
{
	struct list *pos, *next;
	size_t freed = 0;

	for (pos = mounted->nodes.next; pos != &mounted->nodes && freed < pages; pos = next) {
		struct ext2_node *node = LIST_ENTRY(pos, struct ext2_node, link);

		next = pos->next;
		if (!node->inode->filled || node->inode->lock.held)
			continue;
		freed += ext2_node_drop_pages(node, pages - freed);
		if (ext2_node_is_idle(node))
			ext2_node_let_go(node);
	}
	return freed;
}

size_t ext2_node_shrink(size_t pages)
{
	size_t freed = buffer_shrink(pages);
	struct list *pos;

	LIST_FOR_EACH(pos, &ext2_mounted_list)
	if (freed < pages)
		freed += ext2_node_shrink_one(LIST_ENTRY(pos, struct ext2_mounted, link),
					      pages - freed);
	return freed;
}

void ext2_node_trim(struct ext2_mounted *mounted)
{
	struct list *pos, *next;
	unsigned int most = 8;

	for (pos = mounted->nodes.next; pos != &mounted->nodes && ext2_kept > EXT2_KEPT_MAX && most;
	     pos = next, most--) {
		next = pos->next;
		if (ext2_node_is_idle(LIST_ENTRY(pos, struct ext2_node, link)))
			ext2_node_let_go(LIST_ENTRY(pos, struct ext2_node, link));
	}
}
