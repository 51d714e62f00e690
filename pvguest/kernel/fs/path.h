/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From path names to places in the tree.
 * Linux man-pages, path_resolution(7).
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include "fs/mount.h"

/* Where a process stands; shared by those that clone(2) joined with CLONE_FS. */
struct fs_context {
	uint32_t users;
	uint32_t umask;
	struct path root, cwd;
};

/* The first one: at the machine's root. NULL without memory. */
struct fs_context *fs_context_new(void);
struct fs_context *fs_context_copy(const struct fs_context *from);
void fs_context_put(struct fs_context *context);
/* Another working directory or root; takes users of its own. */
void fs_context_set(struct path *place, const struct path *path);

/* The result of a walk, given back by path_walk_done(). */
struct path_walk {
	struct path found;	/* .dentry NULL: there is no such name */
	struct path parent;	/* .dentry NULL: the path ended in ".", ".." or is the root */
	struct name name;	/* the last one */
	bool must_be_dir;	/* the path ended in a slash */
	char *text;		/* with targets of links; NULL: the caller's text did */
};

#define PATH_FOLLOW	1U	/* a symbolic link in last place is followed */
#define PATH_PARENT	2U	/* parent and name are wanted; the last name need not exist */

/*
 * Resolves text from dir (NULL: where the process stands). May sleep. On failure there is
 * nothing to give back: -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG, -ENOMEM, -EIO.
 */
int path_walk(const struct path *dir, const char *text, uint32_t flags, struct path_walk *walk);
void path_walk_done(struct path_walk *walk);
/* The same for a path that must exist; the caller gets a user of *path. */
int path_find(const struct path *dir, const char *text, bool follow, struct path *path);
/* The absolute name, as the current process sees it; its length with the NUL. -ERANGE. */
ssize_t path_of(const struct path *path, char *buf, size_t size);

#endif
