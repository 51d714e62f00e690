/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File systems: their types, and the superblock of each one that is mounted.
 * Linux man-pages, mount(2), statfs(2), filesystems(5).
 */
#ifndef FS_SUPER_H
#define FS_SUPER_H

#include "fs/inode.h"

struct superblock;

/* What a file system is asked to be mounted from. */
struct super_source {
	const char *name;	/* as the caller of mount(2) gave it */
	struct inode *device;	/* a block device, unless the type needs none */
	const char *options;	/* "a=b,c", never NULL */
	bool read_only;
};

/* struct statfs of the ABI, but for what is the same everywhere. */
struct super_stat {
	uint64_t block_bytes, blocks, free, available, files, files_free;
};

struct file_system {
	const char *name;
	uint32_t magic;		/* statfs.f_type */
	bool needs_device;
	/* Names stay in memory until they are unlinked: the directory is its dentries. */
	bool pinned;
	bool single;		/* all mounts show the same one */
	/* Fills the superblock in, root included. -EINVAL and a line in the log: not this type. */
	int (*mount)(struct superblock *super, const struct super_source *source);
	void (*statfs)(struct superblock *super, struct super_stat *stat);
	/* Everything to the device. */
	int (*sync)(struct superblock *super);
	/* Nobody uses it any more: root is put afterwards. */
	void (*unmount)(struct superblock *super);
	int (*remount)(struct superblock *super, bool read_only, const char *options);
};

struct superblock {
	uint32_t users;		/* mounts, and regions that show a file */
	uint32_t mounts;
	const struct file_system *type;
	struct dentry *root;
	struct inode *device;	/* where it lies; NULL: in memory */
	uint32_t number;	/* stat.st_dev */
	uint64_t size_max;	/* bytes that a file can have */
	bool read_only;
	bool changing;		/* being mounted for the first time, or unmounted */
	uint64_t next_inode;	/* for those that count */
	void *private;
	struct list link;
};

/* All superblocks. */
extern struct list super_list;

/* NULL: no such type. */
const struct file_system *super_type(const char *name);
/* The types, in order; NULL at the end. */
const struct file_system *super_type_at(size_t index);
/* A new file system, or the one that is mounted from the same device, with one user more. */
int super_mount(const struct file_system *type, const struct super_source *source,
		struct superblock **super);
void super_put(struct superblock *super);
/* A region that shows a file: the file system is busy as long as there is one. */
static inline void inode_map(struct inode *inode)
{
	inode->users++;
	inode->super->users++;
}
void inode_unmap(struct inode *inode);
/* All of them to their devices. */
int super_sync_all(void);
/* Before the machine is switched off: the same, and none is written to afterwards. */
void super_shutdown(void);

extern const struct file_system tmpfs_type, devtmpfs_type, rootfs_type, ext2_type;

#endif
