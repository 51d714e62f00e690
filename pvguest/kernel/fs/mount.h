/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mount table: which file system is seen at which directory.
 * Linux man-pages, mount(2), umount(2), proc_pid_mountinfo(5).
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "fs/dentry.h"

#define MS_RDONLY	1UL
#define MS_NOSUID	2UL
#define MS_NODEV	4UL
#define MS_NOEXEC	8UL
#define MS_SYNCHRONOUS	16UL
#define MS_REMOUNT	32UL
#define MS_NOATIME	1024UL
#define MS_NODIRATIME	2048UL
#define MS_BIND		4096UL
#define MS_MOVE		8192UL
#define MS_RELATIME	(1UL << 21)
#define MS_STRICTATIME	(1UL << 24)
#define MS_LAZYTIME	(1UL << 25)
/* What a mount remembers. Writes are as synchronous as their file system makes them. */
#define MS_KEPT                                                                                    \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS | MS_NOATIME |              \
	 MS_NODIRATIME | MS_RELATIME)
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW	8

struct mount;

/* A place in the tree of names; whoever keeps one is a user of both. */
struct path {
	struct mount *mount;
	struct dentry *dentry;
};

struct mount {
	uint32_t users;		/* paths, the table, mounts on it */
	int id;
	struct superblock *super;
	struct dentry *root;
	struct path point;	/* what it covers; .mount is NULL for the root and once detached */
	uint64_t flags;		/* of MS_KEPT */
	char *source;		/* first argument of mount(2) */
	struct list link;
};

/* The mount table, in order. */
extern struct list mount_list;
/* "/" of the machine. */
extern struct path mount_root;

static inline void path_get(const struct path *path)
{
	path->dentry->users++;
	path->mount->users++;
}
/* Also for a path of NULLs. */
void path_put(const struct path *path);

/* If something is mounted there, its root instead, and so on. Takes and gives no users. */
void mount_down(struct path *path);
/* From the root of a mount to what it covers, and so on; false at the top. */
bool mount_up(struct path *path);
/* Mounts a new file system; -EBUSY: it is there already, -ENODEV, -ENOTBLK... */
int mount_new(const struct path *point, const char *type, const char *source,
	      struct inode *device, const char *options, uint64_t flags);
/* A second view of a directory. */
int mount_bind(const struct path *point, const struct path *from, const char *source);
int mount_remount(const struct path *root, uint64_t flags, const char *options);
/* Moves a mount elsewhere. */
int mount_move(const struct path *from, const struct path *to);
/* -EINVAL: nothing is mounted there; -EBUSY. detach: only its name goes until it is unused. */
int mount_remove(const struct path *root, bool detach);
/* pivot_root(2) */
int mount_pivot(const struct path *new_root, const struct path *put_old);
static inline bool mount_is_read_only(const struct path *path)
{
	return path->mount->flags & MS_RDONLY;
}
/* The root file system, empty. */
void mount_init(void);
/* Another one instead of it, before there are processes; what was there is seen no more. */
int mount_change_root(const char *type, const char *source, struct inode *device, uint64_t flags);

#endif
