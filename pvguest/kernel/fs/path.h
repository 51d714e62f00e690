/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From path names to inodes.
 * Linux man-pages, path_resolution(7).
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include "fs/inode.h"

/* The result of a lookup: parent and last name, and what is there, if anything. */
struct path {
	struct inode *parent;	/* NULL: the path names the root itself or ends in ".." */
	const char *name;
	size_t length;
	struct inode *inode;
	struct inode_entry *entry;
	bool must_be_dir;	/* the path ended in a slash */
};

/*
 * Resolves text from dir. follow: a symbolic link in last place is followed. 0 even if the last
 * name does not exist (inode is NULL then); -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. The result
 * holds no users: it is good until the next change of the file system. buf: PATH_MAX bytes, for
 * the name of a link's target.
 */
int path_lookup(struct inode *dir, const char *text, bool follow, char *buf, struct path *path);
/* The same for a path that must exist. */
int path_find(struct inode *dir, const char *text, bool follow, struct inode **inode);
/* The absolute name of a directory. -ERANGE. */
ssize_t path_of(struct inode *dir, char *buf, size_t size);

#endif
