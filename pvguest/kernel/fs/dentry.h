/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of inodes, as the tree that path names are resolved in. A dentry keeps its inode and its
 * parent; there are none for names that do not exist. Linux, Documentation/filesystems/vfs.rst.
 */
#ifndef FS_DENTRY_H
#define FS_DENTRY_H

#include "fs/inode.h"

struct dentry {
	uint32_t users;		/* paths, children; and the file system, if it pins its names */
	uint32_t hash;
	uint32_t seed;		/* of the path at birth: where its children are in the table */
	uint16_t length, room;	/* of the name */
	bool hashed;		/* false: the name was removed */
	bool pinned;
	uint32_t covers;	/* mounts on it */
	struct inode *inode;
	struct dentry *parent;	/* itself at a root */
	struct list children, sibling;
	struct list hash_link, alias;
	uint64_t cookie;	/* its place among its siblings, for getdents64 */
	char *name;		/* ended by NUL; here, or elsewhere after a rename */
	char first_name[];
};

#define DENTRY_HASH_START	0U

/* The hash of a name, one character after the other. */
static inline uint32_t dentry_hash(uint32_t hash, char c)
{
	return hash * 31U + (uint8_t)c;
}

static inline void dentry_get(struct dentry *dentry)
{
	dentry->users++;
}
void dentry_put(struct dentry *dentry);
/* Takes over the caller's user of inode, also if it fails. parent NULL: a root. */
struct dentry *dentry_new(struct dentry *parent, struct name name, struct inode *inode);
/* The one in memory, without a user; NULL. */
struct dentry *dentry_find(const struct dentry *parent, struct name name, uint32_t hash);
/*
 * The one in memory or a new one from the file system, with a user for the caller; -ENOENT.
 * The caller holds the directory's lock, or not: locked says.
 */
int dentry_lookup(struct dentry *parent, struct name name, bool locked, struct dentry **dentry);
/* The name is gone; who uses the dentry may go on. */
void dentry_drop(struct dentry *dentry);
/* Another name; -ENOMEM before anything is changed. */
int dentry_reserve(struct dentry *dentry, size_t length);
void dentry_move(struct dentry *dentry, struct dentry *parent, struct name name);
/* Drops all below root, so that its file system can go. */
void dentry_drop_tree(struct dentry *root);
/* A name of the inode, without a user; NULL. */
struct dentry *dentry_of(const struct inode *inode);
/* Whether top is dentry or above it, in the same file system. */
bool dentry_is_below(const struct dentry *dentry, const struct dentry *top);
void dentry_init(void);

#endif
