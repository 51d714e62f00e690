/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2: the bitmaps of blocks and inodes.
 * Linux, Documentation/filesystems/ext4/bitmaps.rst.
 */
#include "ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

#define EXT2_NONE (~0U)

/* A group while one of its bitmaps is at work. */
struct ext2_alloc {
	struct buffer desc_buffer, bitmap_buffer;
	struct ext2_group *desc;
	uint8_t *bits;
};

static bool bit_is_set(const uint8_t *bits, uint32_t bit)
{
	return bits[bit / 8] >> (bit % 8) & 1;
}

/* The first clear bit in [from, end), or EXT2_NONE. */
static uint32_t bit_find_clear(const uint8_t *bits, uint32_t from, uint32_t end)
{
	for (uint32_t bit = from; bit < end;) {
		uint64_t word;

		memcpy(&word, bits + bit / 64 * 8, sizeof(word));
		if (word == ~0UL && bit % 64 == 0) {
			bit += 64;
			continue;
		}
		if (!bit_is_set(bits, bit))
			return bit;
		bit++;
	}
	return EXT2_NONE;
}

static int ext2_alloc_open(struct ext2_fs *fs, uint32_t group, bool inodes, struct ext2_alloc *a)
{
	int error = ext2_group_get(fs, group, &a->desc_buffer, &a->desc);
	uint32_t block;

	if (error)
		return error;
	block = inodes ? a->desc->bg_inode_bitmap : a->desc->bg_block_bitmap;
	error = ext2_block_ok(fs, block) ?
			buffer_get(fs->device, block, fs->block_size, &a->bitmap_buffer) :
			ext2_corrupt(fs, "a bitmap lies nowhere");
	if (error)
		buffer_put(&a->desc_buffer);
	else
		a->bits = a->bitmap_buffer.data;
	return error;
}

static void ext2_alloc_close(struct ext2_alloc *a, bool changed)
{
	if (changed) {
		buffer_dirty(&a->desc_buffer);
		buffer_dirty(&a->bitmap_buffer);
	}
	buffer_put(&a->bitmap_buffer);
	buffer_put(&a->desc_buffer);
}

static uint32_t ext2_group_start(const struct ext2_fs *fs, uint32_t group)
{
	return fs->first_block + group * fs->blocks_per_group;
}

/* The last group may be shorter. */
static uint32_t ext2_group_blocks(const struct ext2_fs *fs, uint32_t group)
{
	return MIN(fs->blocks_per_group, fs->blocks - ext2_group_start(fs, group));
}

/* Bitmaps, inode tables and descriptors are never data, whatever a broken bitmap says. */
static bool ext2_block_is_system(const struct ext2_fs *fs, const struct ext2_group *desc,
				 uint32_t block)
{
	uint32_t table = (fs->inodes_per_group * fs->inode_size + fs->block_size - 1) >>
			 fs->block_shift;
	uint32_t per_block = fs->block_size / (uint32_t)sizeof(struct ext2_group);
	uint32_t descs = (fs->groups + per_block - 1) / per_block;

	return block < fs->group_block + descs || block == desc->bg_block_bitmap ||
	       block == desc->bg_inode_bitmap ||
	       (block >= desc->bg_inode_table && block - desc->bg_inode_table < table);
}

/* A free block of the group at or behind from; *block is 0 if it has none. */
static int ext2_alloc_in_group(struct ext2_fs *fs, uint32_t group, uint32_t from, uint32_t *block)
{
	uint32_t count = ext2_group_blocks(fs, group), bit = EXT2_NONE;
	struct ext2_alloc a;
	int error = ext2_alloc_open(fs, group, false, &a);

	*block = 0;
	if (error)
		return error;
	if (a.desc->bg_free_blocks_count)
		bit = bit_find_clear(a.bits, from, count);
	if (bit == EXT2_NONE && a.desc->bg_free_blocks_count)
		bit = bit_find_clear(a.bits, 0, MIN(from, count));
	if (bit == EXT2_NONE) {
		ext2_alloc_close(&a, false);
		return 0;
	}
	*block = ext2_group_start(fs, group) + bit;
	if (ext2_block_is_system(fs, a.desc, *block)) {
		ext2_alloc_close(&a, false);
		return ext2_corrupt(fs, "a bitmap calls a system block free");
	}
	a.bits[bit / 8] |= (uint8_t)(1U << (bit % 8));
	a.desc->bg_free_blocks_count--;
	ext2_alloc_close(&a, true);
	return 0;
}

int ext2_alloc_block(struct ext2_fs *fs, uint32_t goal, uint32_t *block)
{
	uint32_t group, from;

	if (!fs->free_blocks)
		return -ENOSPC;
	if (!ext2_block_ok(fs, goal))
		goal = fs->first_block;
	group = (goal - fs->first_block) / fs->blocks_per_group;
	from = (goal - fs->first_block) % fs->blocks_per_group;
	for (uint32_t i = 0; i < fs->groups; i++, from = 0) {
		int error = ext2_alloc_in_group(fs, (group + i) % fs->groups, from, block);

		if (error)
			return error;
		if (*block) {
			fs->free_blocks--;
			fs->counts_changed = true;
			buffer_forget(fs->device, *block, fs->block_size);
			return 0;
		}
	}
	return -ENOSPC;
}

/* What both the check and the release of a block need: its group, open, and its bit. */
static int ext2_alloc_open_block(struct ext2_fs *fs, uint32_t block, struct ext2_alloc *a,
				 uint32_t *bit)
{
	uint32_t group = (block - fs->first_block) / fs->blocks_per_group;
	int error;

	if (!ext2_block_ok(fs, block))
		return ext2_corrupt(fs, "a block lies nowhere");
	error = ext2_alloc_open(fs, group, false, a);
	if (error)
		return error;
	*bit = (block - fs->first_block) % fs->blocks_per_group;
	if (bit_is_set(a->bits, *bit) && !ext2_block_is_system(fs, a->desc, block))
		return 0;
	ext2_alloc_close(a, false);
	return ext2_corrupt(fs, "a block in use is free or the file system's own");
}

int ext2_alloc_check(struct ext2_fs *fs, uint32_t block)
{
	struct ext2_alloc a;
	uint32_t bit;
	int error = ext2_alloc_open_block(fs, block, &a, &bit);

	if (!error)
		ext2_alloc_close(&a, false);
	return error;
}

int ext2_free_block(struct ext2_fs *fs, uint32_t block)
{
	struct ext2_alloc a;
	uint32_t bit;
	int error = ext2_alloc_open_block(fs, block, &a, &bit);

	if (error)
		return error;
	a.bits[bit / 8] &= (uint8_t) ~(1U << (bit % 8));
	a.desc->bg_free_blocks_count++;
	ext2_alloc_close(&a, true);
	buffer_forget(fs->device, block, fs->block_size);
	fs->free_blocks++;
	fs->counts_changed = true;
	return 0;
}

/* A directory goes to the emptiest group that has its share of free inodes, at or behind start. */
static int ext2_pick_group(struct ext2_fs *fs, uint32_t start, uint32_t *group)
{
	uint32_t share = fs->free_inodes / fs->groups, best = 0;

	*group = start;
	for (uint32_t i = 0; i < fs->groups; i++) {
		uint32_t at = (start + i) % fs->groups;
		struct ext2_group *desc;
		struct buffer buffer;
		int error = ext2_group_get(fs, at, &buffer, &desc);

		if (error)
			return error;
		if (desc->bg_free_inodes_count && desc->bg_free_inodes_count >= share &&
		    desc->bg_free_blocks_count > best) {
			best = desc->bg_free_blocks_count;
			*group = at;
		}
		buffer_put(&buffer);
	}
	return 0;
}

static int ext2_alloc_inode_in(struct ext2_fs *fs, uint32_t group, bool directory, uint32_t *number)
{
	uint32_t first = fs->first_inode - 1, bit = EXT2_NONE, base = group * fs->inodes_per_group;
	struct ext2_alloc a;
	int error = ext2_alloc_open(fs, group, true, &a);

	*number = 0;
	if (error)
		return error;
	if (a.desc->bg_free_inodes_count && base + fs->inodes_per_group > first)
		bit = bit_find_clear(a.bits, base < first ? first - base : 0, fs->inodes_per_group);
	if (bit != EXT2_NONE) {
		a.bits[bit / 8] |= (uint8_t)(1U << (bit % 8));
		a.desc->bg_free_inodes_count--;
		a.desc->bg_used_dirs_count = (uint16_t)(a.desc->bg_used_dirs_count + directory);
		*number = base + bit + 1;
	}
	ext2_alloc_close(&a, bit != EXT2_NONE);
	return 0;
}

int ext2_alloc_inode(struct ext2_fs *fs, uint32_t parent, bool directory, uint32_t *number)
{
	uint32_t group = (parent - 1) / fs->inodes_per_group % fs->groups;
	int error = 0;

	if (!fs->free_inodes)
		return -ENOSPC;
	if (directory)
		error = ext2_pick_group(fs, group, &group);
	for (uint32_t i = 0; i < fs->groups && !error; i++) {
		error = ext2_alloc_inode_in(fs, (group + i) % fs->groups, directory, number);
		if (!error && *number) {
			fs->free_inodes--;
			fs->counts_changed = true;
			return 0;
		}
	}
	return error ?: -ENOSPC;
}

int ext2_free_inode(struct ext2_fs *fs, uint32_t number, bool directory)
{
	uint32_t bit = (number - 1) % fs->inodes_per_group;
	struct ext2_alloc a;
	int error = ext2_alloc_open(fs, (number - 1) / fs->inodes_per_group, true, &a);

	if (error)
		return error;
	if (!bit_is_set(a.bits, bit)) {
		ext2_alloc_close(&a, false);
		return ext2_corrupt(fs, "an inode in use is free");
	}
	a.bits[bit / 8] &= (uint8_t) ~(1U << (bit % 8));
	a.desc->bg_free_inodes_count++;
	if (directory && a.desc->bg_used_dirs_count)
		a.desc->bg_used_dirs_count--;
	ext2_alloc_close(&a, true);
	fs->free_inodes++;
	fs->counts_changed = true;
	return 0;
}
