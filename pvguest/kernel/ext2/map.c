/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2: from the blocks of a file to those of the disk, through up to three indirect ones.
 * Linux, Documentation/filesystems/ext4/blockmap.rst.
 */
#include "ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

#define EXT2_DEPTH_MAX 4U

/* The way to a block: a slot of the inode, then one in each indirect block. */
struct ext2_path {
	unsigned int depth; /* slots in all */
	uint32_t slot[EXT2_DEPTH_MAX];
};

static int ext2_path_of(const struct ext2_fs *fs, uint64_t index, struct ext2_path *path)
{
	uint64_t span = 1;

	*path = (struct ext2_path){ .depth = 1 };
	if (index < EXT2_DIRECT) {
		path->slot[0] = (uint32_t)index;
		return 0;
	}
	index -= EXT2_DIRECT;
	for (unsigned int levels = 1; levels < EXT2_DEPTH_MAX; levels++, index -= span) {
		span <<= fs->address_shift;
		if (index >= span)
			continue;
		path->depth = levels + 1;
		path->slot[0] = EXT2_DIRECT + levels - 1;
		for (unsigned int i = levels; i > 0; i--, index >>= fs->address_shift)
			path->slot[i] = (uint32_t)index & (fs->addresses - 1);
		return 0;
	}
	return -EFBIG;
}

int ext2_map_find(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t index, uint32_t *block)
{
	struct ext2_path path;
	int error = ext2_path_of(fs, index, &path);

	*block = 0;
	if (error)
		return error == -EFBIG ? 0 : error;
	*block = inode->disk.i_block[path.slot[0]];
	for (unsigned int i = 1; i < path.depth && *block; i++) {
		struct buffer buffer;

		if (!ext2_block_ok(fs, *block))
			return ext2_corrupt(fs, "an indirect block lies nowhere");
		error = buffer_get(fs->device, *block, fs->block_size, &buffer);
		if (error)
			return error;
		*block = ((uint32_t *)buffer.data)[path.slot[i]];
		buffer_put(&buffer);
	}
	return *block && !ext2_block_ok(fs, *block) ?
		       ext2_corrupt(fs, "a file's block lies nowhere") :
		       0;
}

/* The first block of the group of an inode: where its blocks begin. */
static uint32_t ext2_map_home(const struct ext2_fs *fs, const struct ext2_inode *inode)
{
	return fs->first_block + (inode->number - 1) / fs->inodes_per_group * fs->blocks_per_group;
}

/* A block for that slot: an indirect one is zeroed, so that it leads nowhere yet. */
static int ext2_map_fill(struct ext2_fs *fs, struct ext2_inode *inode, bool indirect,
			 uint32_t *slot)
{
	uint32_t goal = inode->last_block ? inode->last_block + 1 : ext2_map_home(fs, inode);
	struct buffer buffer;
	uint32_t block = 0;
	int error = ext2_alloc_block(fs, goal, &block);

	if (error)
		return error;
	if (indirect) {
		error = buffer_get_new(fs->device, block, fs->block_size, &buffer);
		if (error) {
			ext2_free_block(fs, block);
			return error;
		}
		buffer_put(&buffer);
	}
	*slot = inode->last_block = block;
	inode->disk.i_blocks += fs->block_size / 512;
	return 0;
}

/* One step down from block: what its slot holds, filled if it was empty. */
static int ext2_map_step(struct ext2_fs *fs, struct ext2_inode *inode, uint32_t *block,
			 uint32_t slot, bool indirect, bool *made)
{
	struct buffer buffer;
	uint32_t *entry;
	int error;

	if (!ext2_block_ok(fs, *block))
		return ext2_corrupt(fs, "an indirect block lies nowhere");
	error = buffer_get(fs->device, *block, fs->block_size, &buffer);
	if (error)
		return error;
	entry = (uint32_t *)buffer.data + slot;
	*made = !*entry;
	if (*made)
		error = ext2_map_fill(fs, inode, indirect, entry);
	if (*made && !error)
		buffer_dirty(&buffer);
	*block = *entry;
	buffer_put(&buffer);
	return error;
}

int ext2_map_make(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t index, uint32_t *block,
		  bool *made)
{
	struct ext2_path path;
	int error = ext2_path_of(fs, index, &path);
	uint32_t *root;

	*block = 0;
	*made = false;
	if (error)
		return error;
	root = &inode->disk.i_block[path.slot[0]];
	*made = !*root;
	if (*made)
		error = ext2_map_fill(fs, inode, path.depth > 1, root);
	*block = *root;
	for (unsigned int i = 1; i < path.depth && !error; i++)
		error = ext2_map_step(fs, inode, block, path.slot[i], i + 1 < path.depth, made);
	if (error)
		return error;
	return ext2_block_ok(fs, *block) ? 0 : ext2_corrupt(fs, "a file's block lies nowhere");
}

static int ext2_map_free(struct ext2_fs *fs, struct ext2_inode *inode, uint32_t *slot)
{
	uint32_t block = *slot, units = fs->block_size / 512;
	int error;

	*slot = 0;
	error = ext2_free_block(fs, block);
	if (!error)
		inode->disk.i_blocks -= MIN(inode->disk.i_blocks, units);
	return error;
}

/* True if nothing hangs on an indirect block. */
static bool ext2_map_is_empty(const struct ext2_fs *fs, const uint32_t *entries)
{
	for (uint32_t i = 0; i < fs->addresses; i++)
		if (entries[i])
			return false;
	return true;
}

/*
 * Frees what hangs on *slot from the keep'th block on, and the block of *slot itself when that
 * leaves nothing. levels: indirect blocks on the way. What is freed twice, or was not in use, ends
 * the walk: a tree that bites its own tail does not keep it going.
 */
static int ext2_map_prune(struct ext2_fs *fs, struct ext2_inode *inode, uint32_t *slot,
			  unsigned int levels, uint64_t keep)
{
	uint32_t shift = (levels - 1) * fs->address_shift;
	struct buffer buffer;
	uint32_t *entries;
	bool empty;
	int error;

	if (!*slot)
		return 0;
	if (!levels)
		return ext2_map_free(fs, inode, slot);
	error = ext2_alloc_check(fs, *slot) ?:
		buffer_get(fs->device, *slot, fs->block_size, &buffer);
	if (error)
		return error;
	entries = buffer.data;
	for (uint64_t i = keep >> shift; i < fs->addresses && !error; i++, keep = 0) {
		uint64_t rest = keep & ((1UL << shift) - 1);

		if (!entries[i])
			continue;
		error = ext2_map_prune(fs, inode, &entries[i], levels - 1, rest);
		buffer_dirty(&buffer);
	}
	empty = ext2_map_is_empty(fs, entries);
	buffer_put(&buffer);
	return error || !empty ? error : ext2_map_free(fs, inode, slot);
}

int ext2_map_cut(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t index)
{
	uint64_t base = EXT2_DIRECT, span = 1;
	int error = 0;

	inode->last_block = 0;
	for (uint64_t i = index; i < EXT2_DIRECT && !error; i++)
		error = ext2_map_prune(fs, inode, &inode->disk.i_block[i], 0, 0);
	for (unsigned int levels = 1; levels < EXT2_DEPTH_MAX && !error; levels++, base += span) {
		span <<= fs->address_shift;
		if (index >= base + span)
			continue;
		error = ext2_map_prune(fs, inode, &inode->disk.i_block[EXT2_DIRECT + levels - 1],
				       levels, index > base ? index - base : 0);
	}
	return error;
}
