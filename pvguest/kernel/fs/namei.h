/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing names: creating, linking, removing, renaming, for all file systems.
 * Linux man-pages, mknod(2), link(2), unlink(2), rmdir(2), rename(2).
 */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include "fs/path.h"

/* A new inode of any type; *path, if not NULL, is where it is, with a user. -EEXIST, -EROFS... */
int namei_create(const struct path *parent, struct name name, const struct inode_request *request,
		 struct path *path);
/* Another name for an inode. -EPERM for directories, -EXDEV. */
int namei_link(const struct path *parent, struct name name, const struct path *from);
/* Removes a name that was found in parent: of a directory if that is said, else of the rest. */
int namei_unlink(const struct path *parent, struct dentry *dentry, bool directory);
/* renameat2(2), with its flags. */
int namei_rename(const struct path_walk *from, const struct path_walk *to, uint32_t flags);

/* For the kernel's own trees: the entry of that name, made if it is missing; no user, NULL. */
struct dentry *namei_make(struct dentry *parent, struct name name,
			  const struct inode_request *request);

#endif
