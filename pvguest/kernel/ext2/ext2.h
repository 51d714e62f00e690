/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ext2 file system, revision 0 and 1, without a kernel around it: pure but for the buffers.
 * Linux, Documentation/filesystems/ext2.rst.
 *
 * Whoever calls holds the file system's lock, so that one call is at work at a time; each may
 * sleep in the buffer cache. An on-disk value is checked where it is used: a broken file system
 * gives -EIO, never more. Each function returns 0 or a negative error unless it says otherwise.
 */
#ifndef EXT2_EXT2_H
#define EXT2_EXT2_H

#include "ext2/disk.h"
#include "fs/buffer.h"

struct ext2_fs {
	struct block_device *device;
	uint32_t block_size, block_shift;	/* bytes, log2 */
	uint32_t addresses, address_shift;	/* block numbers in an indirect block, log2 */
	uint32_t blocks, first_block, blocks_per_group, groups;
	uint32_t inodes, inodes_per_group, inode_size, first_inode;
	uint32_t reserved_blocks, free_blocks, free_inodes;
	uint32_t group_block;		/* where the descriptors begin */
	uint32_t now;			/* seconds since 1970: the caller sets it before a call */
	uint16_t state;			/* what the superblock says when this is unmounted */
	bool read_only, file_types, large_files, revision1;
	bool counts_changed;		/* free_blocks, free_inodes are newer than the superblock */
	bool go_read_only;		/* on the first error: s_errors */
	const char *corrupt;		/* the first thing found wrong; NULL: nothing yet */
	char reason[96];		/* why ext2_mount refused */
};

/* An inode in use: at most one of a number at a time. */
struct ext2_inode {
	uint32_t number;
	uint32_t last_block;	/* allocated last: the next one goes behind it */
	struct ext2_inode_disk disk;
};

/* Notes that the file system is broken, as s_errors asks; -EIO. */
int ext2_corrupt(struct ext2_fs *fs, const char *what);
/*
 * Reads the superblock and checks it and the group descriptors. device_bytes: its size. -EINVAL:
 * it is no ext2 or has features that are not known, fs->reason says which. -EROFS: readable only.
 */
int ext2_mount(struct ext2_fs *fs, struct block_device *device, uint64_t device_bytes,
	       bool read_only);
/* Counts into the superblock's buffer; the buffers are the caller's to write. */
int ext2_sync(struct ext2_fs *fs);
/* The same, and marks the file system as in order. It may be used on, read-only. */
int ext2_unmount(struct ext2_fs *fs);
/* Makes a read-only one writable, and marks it as in use. -EROFS if it cannot be. */
int ext2_make_writable(struct ext2_fs *fs);
/* The descriptor of a group below fs->groups, in its buffer, to be put. */
int ext2_group_get(struct ext2_fs *fs, uint32_t group, struct buffer *buffer,
		   struct ext2_group **desc);
/* True if block can hold data. */
static inline bool ext2_block_ok(const struct ext2_fs *fs, uint32_t block)
{
	return block > fs->first_block && block < fs->blocks;
}

/* A block as near behind goal as there is one. -ENOSPC. Its old buffer is forgotten. */
int ext2_alloc_block(struct ext2_fs *fs, uint32_t goal, uint32_t *block);
int ext2_free_block(struct ext2_fs *fs, uint32_t block);
/* -EIO if it is not marked as in use, so that no walk over blocks passes one twice. */
int ext2_alloc_check(struct ext2_fs *fs, uint32_t block);
/* An inode number; for a directory away from the others, else near its parent. -ENOSPC. */
int ext2_alloc_inode(struct ext2_fs *fs, uint32_t parent, bool directory, uint32_t *number);
int ext2_free_inode(struct ext2_fs *fs, uint32_t number, bool directory);

/* -ENOENT if it is not in use. */
int ext2_inode_read(struct ext2_fs *fs, uint32_t number, struct ext2_inode *inode);
int ext2_inode_write(struct ext2_fs *fs, const struct ext2_inode *inode);
/* A new inode, without blocks and links, not written yet. */
int ext2_inode_new(struct ext2_fs *fs, uint32_t parent, uint32_t mode, uint32_t uid, uint32_t gid,
		   struct ext2_inode *inode);
/* Frees one that has no link and no user left, and its blocks. */
int ext2_inode_release(struct ext2_fs *fs, struct ext2_inode *inode);
uint64_t ext2_inode_size(const struct ext2_fs *fs, const struct ext2_inode *inode);
/* -EFBIG behind what the map or the revision allows. */
int ext2_inode_set_size(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t size);
/* The greatest size that a regular file may have. */
uint64_t ext2_inode_size_max(const struct ext2_fs *fs);
/* Device numbers as Linux encodes them. */
uint32_t ext2_inode_device(const struct ext2_inode *inode);
void ext2_inode_set_device(struct ext2_inode *inode, uint32_t device);
/* True for a symbolic link whose target lies in the inode itself. */
bool ext2_inode_is_fast_link(const struct ext2_fs *fs, const struct ext2_inode *inode);

/* The block of the disk that holds that block of the file; 0: a hole. */
int ext2_map_find(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t index, uint32_t *block);
/* The same, made if there is none: *made; its contents are not set. The inode is not written. */
int ext2_map_make(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t index, uint32_t *block,
		  bool *made);
/* Frees the blocks from that block of the file on. The inode is not written. */
int ext2_map_cut(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t index);

/* The number behind a name; -ENOENT. */
int ext2_dir_find(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		  uint32_t *number);
/* A new entry; the caller knows that there is none of that name. -ENOSPC. Writes dir. */
int ext2_dir_add(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		 uint32_t number, uint32_t mode);
int ext2_dir_remove(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length);
/* Another inode behind an existing name. */
int ext2_dir_change(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		    uint32_t number, uint32_t mode);
/* 0, or -ENOTEMPTY. */
int ext2_dir_is_empty(struct ext2_fs *fs, struct ext2_inode *dir);
/*
 * One entry at or behind *position, which moves behind it: 1, or 0 at the end. name: room for
 * EXT2_NAME_MAX + 1 bytes. type: as in the entry, 0 if it says none.
 */
int ext2_dir_read(struct ext2_fs *fs, struct ext2_inode *dir, uint64_t *position, char *name,
		  uint32_t *number, uint8_t *type);

/* A new file, device or empty directory under a name that is free. */
int ext2_name_create(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		     struct ext2_inode *inode);
/* One more name for inode. -EMLINK. */
int ext2_name_link(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		   struct ext2_inode *inode);
/* Takes the name of inode away; a directory must be empty. The last user releases the inode. */
int ext2_name_unlink(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		     struct ext2_inode *inode);

/* One of the two ends of a renaming. dirs may be the same inode. */
struct ext2_end {
	struct ext2_inode *dir;
	const char *name;
	size_t length;
	struct ext2_inode *inode;	/* NULL: the name is free */
};

/* from.inode gets the name of to; to.inode, if any, loses it. Loops are the caller's to refuse. */
int ext2_name_rename(struct ext2_fs *fs, const struct ext2_end *from, const struct ext2_end *to);
/* Both inodes change places. */
int ext2_name_exchange(struct ext2_fs *fs, const struct ext2_end *a, const struct ext2_end *b);

/* Of a new link, before it gets its name: at most one block. -ENAMETOOLONG. */
int ext2_link_set(struct ext2_fs *fs, struct ext2_inode *inode, const char *target, size_t length);
/* At most size bytes of the target, without a NUL; the length. */
ssize_t ext2_link_read(struct ext2_fs *fs, struct ext2_inode *inode, char *buf, size_t size);

#endif
