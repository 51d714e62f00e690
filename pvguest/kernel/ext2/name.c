/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2: what is done to names: making, linking, removing and renaming.
 * Linux man-pages, link(2), mkdir(2), rename(2), symlink(2), unlink(2).
 */
#include "ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

static bool ext2_is_dir(const struct ext2_inode *inode)
{
	return (inode->disk.i_mode & EXT2_IFMT) == EXT2_IFDIR;
}

static int ext2_count_link(struct ext2_fs *fs, struct ext2_inode *inode, int change)
{
	inode->disk.i_links_count = (uint16_t)(inode->disk.i_links_count + change);
	inode->disk.i_ctime = fs->now;
	return ext2_inode_write(fs, inode);
}

/* "." and "..", which together fill the first block. */
static int ext2_make_dots(struct ext2_fs *fs, struct ext2_inode *parent, struct ext2_inode *dir)
{
	int error = ext2_dir_add(fs, dir, ".", 1, dir->number, EXT2_IFDIR) ?:
		ext2_dir_add(fs, dir, "..", 2, parent->number, EXT2_IFDIR);

	return error ?: ext2_count_link(fs, dir, 1);
}

int ext2_name_create(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		     struct ext2_inode *inode)
{
	bool is_dir = ext2_is_dir(inode);
	int error;

	if (length > EXT2_NAME_MAX)
		return -ENAMETOOLONG;
	if (is_dir && dir->disk.i_links_count >= EXT2_LINK_MAX)
		return -EMLINK;
	if (is_dir)
		error = ext2_make_dots(fs, dir, inode);
	else
		error = ext2_inode_write(fs, inode);
	if (error)
		return error;
	error = ext2_dir_add(fs, dir, name, length, inode->number, inode->disk.i_mode) ?:
		ext2_count_link(fs, inode, 1);
	return error || !is_dir ? error : ext2_count_link(fs, dir, 1);
}

int ext2_name_link(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		   struct ext2_inode *inode)
{
	int error;

	if (inode->disk.i_links_count >= EXT2_LINK_MAX)
		return -EMLINK;
	error = ext2_dir_add(fs, dir, name, length, inode->number, inode->disk.i_mode);
	return error ?: ext2_count_link(fs, inode, 1);
}

/* A name of inode is gone. A broken count must not go below zero. */
static int ext2_drop_link(struct ext2_fs *fs, struct ext2_inode *inode)
{
	int links = inode->disk.i_links_count;

	return ext2_count_link(fs, inode, ext2_is_dir(inode) ? -links : links ? -1 : 0);
}

int ext2_name_unlink(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		     struct ext2_inode *inode)
{
	bool is_dir = ext2_is_dir(inode);
	int error = is_dir ? ext2_dir_is_empty(fs, inode) : 0;

	if (error)
		return error;
	error = ext2_dir_remove(fs, dir, name, length) ?: ext2_drop_link(fs, inode);
	return error || !is_dir || !dir->disk.i_links_count ? error : ext2_count_link(fs, dir, -1);
}

/* A directory that moved has another parent, which has one more link for it. */
static int ext2_move_dots(struct ext2_fs *fs, struct ext2_inode *inode, struct ext2_inode *from,
			  struct ext2_inode *to)
{
	int error;

	if (!ext2_is_dir(inode) || from == to)
		return 0;
	error = ext2_dir_change(fs, inode, "..", 2, to->number, EXT2_IFDIR) ?:
		ext2_count_link(fs, to, 1);
	return error || !from->disk.i_links_count ? error : ext2_count_link(fs, from, -1);
}

int ext2_name_rename(struct ext2_fs *fs, const struct ext2_end *from, const struct ext2_end *to)
{
	struct ext2_inode *moved = from->inode, *lost = to->inode;
	int error = lost && ext2_is_dir(lost) ? ext2_dir_is_empty(fs, lost) : 0;

	if (error)
		return error;
	if (ext2_is_dir(moved) && from->dir != to->dir && !lost &&
	    to->dir->disk.i_links_count >= EXT2_LINK_MAX)
		return -EMLINK;
	if (lost)
		error = ext2_dir_change(fs, to->dir, to->name, to->length, moved->number,
					moved->disk.i_mode);
	else
		error = ext2_dir_add(fs, to->dir, to->name, to->length, moved->number,
				     moved->disk.i_mode);
	if (!error && lost) {
		bool was_dir = ext2_is_dir(lost);

		error = ext2_drop_link(fs, lost);
		if (!error && was_dir && to->dir->disk.i_links_count)
			error = ext2_count_link(fs, to->dir, -1);
	}
	if (error)
		return error;
	return ext2_dir_remove(fs, from->dir, from->name, from->length) ?:
		ext2_move_dots(fs, moved, from->dir, to->dir)	?:
		ext2_count_link(fs, moved, 0);
}

int ext2_name_exchange(struct ext2_fs *fs, const struct ext2_end *a, const struct ext2_end *b)
{
	return ext2_dir_change(fs, a->dir, a->name, a->length, b->inode->number,
			       b->inode->disk.i_mode) ?:
		ext2_dir_change(fs, b->dir, b->name, b->length, a->inode->number,
			       a->inode->disk.i_mode) ?:
		ext2_move_dots(fs, a->inode, a->dir, b->dir) ?:
		ext2_move_dots(fs, b->inode, b->dir, a->dir) ?:
		ext2_count_link(fs, a->inode, 0) ?:
		ext2_count_link(fs, b->inode, 0);
}

int ext2_link_set(struct ext2_fs *fs, struct ext2_inode *inode, const char *target, size_t length)
{
	struct buffer buffer;
	uint32_t block;
	bool made;
	int error;

	if (length >= fs->block_size)
		return -ENAMETOOLONG;
	inode->disk.i_size = (uint32_t)length;
	if (length < sizeof(inode->disk.i_block)) {
		memcpy(inode->disk.i_block, target, length);
		return 0;
	}
	error = ext2_map_make(fs, inode, 0, &block, &made) ?:
		buffer_get_new(fs->device, block, fs->block_size, &buffer);
	if (error)
		return error;
	memcpy(buffer.data, target, length);
	buffer_dirty(&buffer);
	buffer_put(&buffer);
	return 0;
}

ssize_t ext2_link_read(struct ext2_fs *fs, struct ext2_inode *inode, char *buf, size_t size)
{
	size_t length = MIN(size, inode->disk.i_size);
	struct buffer buffer;
	uint32_t block;
	int error;

	if (ext2_inode_is_fast_link(fs, inode)) {
		if (inode->disk.i_size > sizeof(inode->disk.i_block))
			return ext2_corrupt(fs, "a symbolic link is too long");
		memcpy(buf, inode->disk.i_block, length);
		return (ssize_t)length;
	}
	if (inode->disk.i_size > fs->block_size)
		return ext2_corrupt(fs, "a symbolic link is too long");
	error = ext2_map_find(fs, inode, 0, &block);
	if (!error && !block)
		error = ext2_corrupt(fs, "a symbolic link has a hole");
	if (!error)
		error = buffer_get(fs->device, block, fs->block_size, &buffer);
	if (error)
		return error;
	memcpy(buf, buffer.data, length);
	buffer_put(&buffer);
	return (ssize_t)length;
}
