/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 in the kernel: what it adds to an inode and to a superblock.
 * Linux, Documentation/filesystems/ext2.rst.
 *
 * Locks, in this order: inode->lock (the VFS takes it), writer, lock. Nobody touches user memory
 * under the last two: a page fault may need them.
 */
#ifndef FS_EXT2_NODE_H
#define FS_EXT2_NODE_H

#include "drv/block.h"
#include "ext2/ext2.h"
#include "fs/super.h"

#define EXT2_BATCH 32U /* requests in flight of one that writes pages */

/* A mounted file system: superblock.private. */
struct ext2_mounted {
	struct superblock *super;
	struct block_device *device;
	struct list link;  /* all that are mounted */
	struct list nodes; /* used last at the end */
	/* lock: one call of the core at a time. */
	struct mutex lock;
	struct ext2_fs fs;
	const char *reported; /* of fs.corrupt, to the console */
	/* writer: pages on their way to the disk; no block of a file is freed meanwhile. */
	struct mutex writer;
	struct block_request requests[EXT2_BATCH];
	struct page *pages[EXT2_BATCH];
	uint32_t round; /* of writing everything */
};

/* An inode in memory: inode.private. */
struct ext2_node {
	struct ext2_inode core; /* under mounted.lock */
	struct inode *inode;
	struct list link; /* mounted.nodes */
	bool kept;	  /* the list is a user of the inode */
	bool grown;	  /* blocks were made behind the end */
	uint32_t round;	  /* the last one that wrote this */
	/* A bit for each page that differs from the disk, in words: those that are not 0. */
	struct radix dirty;
	size_t dirty_pages;
};

static inline struct ext2_mounted *ext2_of(const struct inode *inode)
{
	return inode->super->private;
}

static inline struct ext2_node *ext2_node(const struct inode *inode)
{
	return inode->private;
}

/* fs/ext2_super.c: the core is the caller's until it unlocks. */
struct ext2_fs *ext2_lock(struct ext2_mounted *mounted);
void ext2_unlock(struct ext2_mounted *mounted);

/* fs/ext2_inode.c */
extern const struct inode_ops ext2_inode_ops;
/* The inode of that number, with a user for the caller. */
int ext2_node_get(struct superblock *super, uint32_t number, struct inode **inode);
/* Frees what failed writes left behind the ends of files, but of those that are being written. */
void ext2_node_trim_ends(struct ext2_mounted *mounted);

/* fs/ext2_keep.c: the list mounted.nodes. It becomes a user of the inode. */
void ext2_node_keep(struct ext2_node *node);
/* The list is no user any more; that may have been the last one. May sleep. */
void ext2_node_let_go(struct ext2_node *node);
/* Makes room for another one: the longest unused go, as long as that is no work. */
void ext2_node_trim(struct ext2_mounted *mounted);
/* Lets go of all that nobody else uses. May sleep. */
void ext2_node_drop_all(struct ext2_mounted *mounted);
/* Whether a file is in use that has no name any more. */
bool ext2_node_has_nameless(const struct ext2_mounted *mounted);
/* Of all mounted ones: gives back about so many pages that need not be written. Never sleeps. */
size_t ext2_node_shrink(size_t pages);

/* fs/ext2_data.c */
int ext2_data_read_page(struct inode *inode, uint64_t index, struct page *page);
int ext2_data_prepare_write(struct inode *inode, uint64_t index, uint32_t from, uint32_t to);
/* Forgets that pages from that one on are dirty. */
void ext2_data_forget(struct ext2_node *node, uint64_t from);
/* Writes the dirty pages of one inode, or of all. */
int ext2_data_write(struct ext2_node *node);
int ext2_data_write_all(struct ext2_mounted *mounted);
/* How many pages are dirty, of all that are mounted. */
size_t ext2_data_dirty_count(void);
static inline bool ext2_data_is_dirty(const struct ext2_node *node, uint64_t index)
{
	return radix_get(&node->dirty, index / 64) >> (index % 64) & 1;
}

/* The list of all that are mounted. */
extern struct list ext2_mounted_list;

#endif
