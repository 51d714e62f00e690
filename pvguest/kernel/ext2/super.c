/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2: the superblock, its features, and the group descriptors.
 * Linux, Documentation/filesystems/ext4/super.rst, group_descr.rst.
 */
#include "ext2/ext2.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

struct ext2_feature {
	uint32_t bit;
	const char *name;
};

static const struct ext2_feature ext2_incompat_names[] = {
	{ 0x1, "compression" },
	{ 0x4, "needs_recovery" },
	{ 0x8, "journal_dev" },
	{ 0x10, "meta_bg" },
	{ 0x40, "extent" },
	{ 0x80, "64bit" },
	{ 0x100, "mmp" },
	{ 0x200, "flex_bg" },
	{ 0x400, "ea_inode" },
	{ 0x1000, "dirdata" },
	{ 0x2000, "metadata_csum_seed" },
	{ 0x4000, "large_dir" },
	{ 0x8000, "inline_data" },
	{ 0x10000, "encrypt" },
	{ 0x20000, "casefold" },
	{ 0, NULL },
};

static const struct ext2_feature ext2_ro_names[] = {
	{ 0x4, "btree_dir" },  { 0x8, "huge_file" },	   { 0x10, "uninit_bg" },
	{ 0x20, "dir_nlink" }, { 0x40, "extra_isize" },	   { 0x100, "quota" },
	{ 0x200, "bigalloc" }, { 0x400, "metadata_csum" }, { 0x1000, "read-only" },
	{ 0x2000, "project" }, { 0x8000, "verity" },	   { 0x10000, "orphan_present" },
	{ 0, NULL },
};

static int ext2_refuse(struct ext2_fs *fs, const char *reason)
{
	string_copy(fs->reason, reason, sizeof(fs->reason));
	return -EINVAL;
}

/* Names the features that are not known, as tune2fs does. */
static void ext2_name_features(struct ext2_fs *fs, const struct ext2_feature *names, uint32_t bits)
{
	size_t room = sizeof(fs->reason);
	int used = printf_format(fs->reason, room, "feature");

	for (; names->bit && used > 0 && (size_t)used < room; names++) {
		if (bits & names->bit)
			used += printf_format(fs->reason + used, room - (size_t)used, " %s",
					      names->name);
		bits &= ~names->bit;
	}
	if (bits && used > 0 && (size_t)used < room)
		printf_format(fs->reason + used, room - (size_t)used, " 0x%x", bits);
}

int ext2_corrupt(struct ext2_fs *fs, const char *what)
{
	if (!fs->corrupt)
		fs->corrupt = what;
	fs->state |= EXT2_STATE_ERROR;
	fs->counts_changed = true;
	fs->read_only |= fs->go_read_only;
	return -EIO;
}

/* The superblock lies in the second KiB, whatever the size of a block. */
static int ext2_super_get(struct ext2_fs *fs, struct buffer *buffer, struct ext2_super **super)
{
	int error = buffer_get(fs->device, EXT2_SUPER_OFFSET / EXT2_SUPER_SIZE, EXT2_SUPER_SIZE,
			       buffer);

	*super = buffer->data;
	return error;
}

int ext2_group_get(struct ext2_fs *fs, uint32_t group, struct buffer *buffer,
		   struct ext2_group **desc)
{
	uint32_t per_block = fs->block_size / (uint32_t)sizeof(struct ext2_group);
	int error =
		buffer_get(fs->device, fs->group_block + group / per_block, fs->block_size, buffer);

	*desc = error ? NULL : (struct ext2_group *)buffer->data + group % per_block;
	return error;
}

static int ext2_check_features(struct ext2_fs *fs, const struct ext2_super *s)
{
	uint32_t incompat = s->s_feature_incompat & ~EXT2_INCOMPAT_FILETYPE;
	uint32_t ro = s->s_feature_ro_compat & ~(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE);

	fs->revision1 = s->s_rev_level > 0;
	fs->first_inode = fs->revision1 ? s->s_first_ino : EXT2_FIRST_INODE_REV0;
	fs->inode_size = fs->revision1 ? s->s_inode_size : EXT2_INODE_SIZE_REV0;
	if (!fs->revision1)
		return 0;
	fs->file_types = s->s_feature_incompat & EXT2_INCOMPAT_FILETYPE;
	fs->large_files = s->s_feature_ro_compat & EXT2_RO_LARGE_FILE;
	if (incompat) {
		ext2_name_features(fs, ext2_incompat_names, incompat);
		return -EINVAL;
	}
	if (ro && !fs->read_only) {
		ext2_name_features(fs, ext2_ro_names, ro);
		return -EROFS;
	}
	return 0;
}

/* Copies the geometry and refuses what cannot be. */
static int ext2_check_super(struct ext2_fs *fs, const struct ext2_super *s, uint64_t bytes)
{
	if (s->s_magic != EXT2_MAGIC)
		return ext2_refuse(fs, "no ext2 superblock");
	if (s->s_rev_level > 1)
		return ext2_refuse(fs, "its revision is not known");
	if (s->s_log_block_size > EXT2_LOG_BLOCK_MAX)
		return ext2_refuse(fs, "blocks larger than 4096 bytes");
	fs->block_shift = 10 + s->s_log_block_size;
	fs->block_size = 1U << fs->block_shift;
	fs->address_shift = fs->block_shift - 2;
	fs->addresses = 1U << fs->address_shift;
	fs->blocks = s->s_blocks_count;
	fs->first_block = s->s_first_data_block;
	fs->blocks_per_group = s->s_blocks_per_group;
	fs->inodes = s->s_inodes_count;
	fs->inodes_per_group = s->s_inodes_per_group;
	fs->reserved_blocks = s->s_r_blocks_count;
	if (fs->first_block != (s->s_log_block_size ? 0U : 1U))
		return ext2_refuse(fs, "s_first_data_block is wrong");
	if (fs->blocks <= fs->first_block + 1 || (uint64_t)fs->blocks << fs->block_shift > bytes)
		return ext2_refuse(fs, "it is larger than its device");
	if (!fs->blocks_per_group || fs->blocks_per_group > 8 * fs->block_size)
		return ext2_refuse(fs, "s_blocks_per_group is wrong");
	if (!fs->inodes_per_group || fs->inodes_per_group > 8 * fs->block_size)
		return ext2_refuse(fs, "s_inodes_per_group is wrong");
	return 0;
}

static int ext2_check_inodes(struct ext2_fs *fs)
{
	uint64_t spread = (uint64_t)fs->blocks - fs->first_block + fs->blocks_per_group - 1;

	if (fs->inode_size < EXT2_INODE_SIZE_REV0 || fs->inode_size > fs->block_size ||
	    (fs->inode_size & (fs->inode_size - 1)))
		return ext2_refuse(fs, "s_inode_size is wrong");
	fs->groups = (uint32_t)(spread / fs->blocks_per_group);
	if ((uint64_t)fs->groups * fs->inodes_per_group != fs->inodes)
		return ext2_refuse(fs, "s_inodes_count is wrong");
	if (fs->first_inode < EXT2_FIRST_INODE_REV0 || fs->first_inode > fs->inodes)
		return ext2_refuse(fs, "s_first_ino is wrong");
	fs->group_block = fs->first_block + 1;
	if (((uint64_t)fs->groups * sizeof(struct ext2_group) + fs->block_size - 1) >>
	    fs->block_shift >= fs->blocks - fs->group_block)
		return ext2_refuse(fs, "no room for its group descriptors");
	return 0;
}

/* What each group says must lie inside the file system; counts the free ones on the way. */
static int ext2_check_groups(struct ext2_fs *fs)
{
	uint32_t table =
		(uint32_t)(((uint64_t)fs->inodes_per_group * fs->inode_size + fs->block_size - 1) >>
			   fs->block_shift);

	for (uint32_t i = 0; i < fs->groups; i++) {
		struct ext2_group *desc;
		struct buffer buffer;
		int error = ext2_group_get(fs, i, &buffer, &desc);
		bool good;

		if (error)
			return error;
		good = ext2_block_ok(fs, desc->bg_block_bitmap) &&
		       ext2_block_ok(fs, desc->bg_inode_bitmap) &&
		       ext2_block_ok(fs, desc->bg_inode_table) &&
		       table <= fs->blocks - desc->bg_inode_table;
		fs->free_blocks += desc->bg_free_blocks_count;
		fs->free_inodes += desc->bg_free_inodes_count;
		buffer_put(&buffer);
		if (!good)
			return ext2_refuse(fs, "a group descriptor is wrong");
	}
	fs->free_blocks = MIN(fs->free_blocks, fs->blocks);
	fs->free_inodes = MIN(fs->free_inodes, fs->inodes);
	return 0;
}

static int ext2_begin_writing(struct ext2_fs *fs)
{
	struct ext2_super *super;
	struct buffer buffer;
	int error = ext2_super_get(fs, &buffer, &super);

	if (error)
		return error;
	fs->state = super->s_state;
	super->s_state &= (uint16_t)~EXT2_STATE_VALID;
	super->s_mnt_count++;
	super->s_mtime = fs->now;
	buffer_dirty(&buffer);
	buffer_put(&buffer);
	return 0;
}

int ext2_mount(struct ext2_fs *fs, struct block_device *device, uint64_t device_bytes,
	       bool read_only)
{
	uint32_t now = fs->now;
	struct ext2_super *super;
	struct buffer buffer;
	int error;

	*fs = (struct ext2_fs){ .device = device, .read_only = read_only, .now = now };
	if (device_bytes < EXT2_SUPER_OFFSET + EXT2_SUPER_SIZE)
		return ext2_refuse(fs, "no ext2 superblock");
	error = ext2_super_get(fs, &buffer, &super);
	if (error)
		return error;
	fs->state = super->s_state;
	fs->go_read_only = super->s_errors > EXT2_ERRORS_CONTINUE;
	error = ext2_check_super(fs, super, device_bytes) ?: ext2_check_features(fs, super);
	buffer_put(&buffer);
	if (!error)
		error = ext2_check_inodes(fs) ?: ext2_check_groups(fs);
	return error || read_only ? error : ext2_begin_writing(fs);
}

int ext2_make_writable(struct ext2_fs *fs)
{
	struct ext2_super *super;
	struct buffer buffer;
	int error = ext2_super_get(fs, &buffer, &super);

	if (error || !fs->read_only)
		return error;
	fs->read_only = false;
	error = ext2_check_features(fs, super);
	buffer_put(&buffer);
	if (!error)
		error = ext2_begin_writing(fs);
	fs->read_only = error != 0;
	return error;
}

static int ext2_super_write(struct ext2_fs *fs, bool done)
{
	struct ext2_super *super;
	struct buffer buffer;
	int error;

	if (!done && !fs->counts_changed)
		return 0;
	error = ext2_super_get(fs, &buffer, &super);
	if (error)
		return error;
	super->s_free_blocks_count = fs->free_blocks;
	super->s_free_inodes_count = fs->free_inodes;
	super->s_wtime = fs->now;
	super->s_state |= fs->state & EXT2_STATE_ERROR;
	if (done)
		super->s_state = fs->state;
	fs->counts_changed = false;
	buffer_dirty(&buffer);
	buffer_put(&buffer);
	return 0;
}

int ext2_sync(struct ext2_fs *fs)
{
	return fs->read_only ? 0 : ext2_super_write(fs, false);
}

int ext2_unmount(struct ext2_fs *fs)
{
	int error = fs->read_only ? 0 : ext2_super_write(fs, true);

	if (!error)
		fs->read_only = true;
	return error;
}
