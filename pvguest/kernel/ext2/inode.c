/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2: inodes in their tables.
 * Linux, Documentation/filesystems/ext4/inodes.rst.
 */
#include "ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

/* The place of an inode in its table, in a buffer to be put. */
static int ext2_inode_get(struct ext2_fs *fs, uint32_t number, struct buffer *buffer,
			  struct ext2_inode_disk **disk)
{
	uint32_t index = (number - 1) % fs->inodes_per_group;
	uint64_t offset = (uint64_t)index * fs->inode_size;
	struct ext2_group *desc;
	uint32_t table;
	int error;

	if (!number || number > fs->inodes)
		return ext2_corrupt(fs, "an inode number is too large");
	error = ext2_group_get(fs, (number - 1) / fs->inodes_per_group, buffer, &desc);
	if (error)
		return error;
	table = desc->bg_inode_table + (uint32_t)(offset >> fs->block_shift);
	buffer_put(buffer);
	if (!ext2_block_ok(fs, table))
		return ext2_corrupt(fs, "an inode table lies nowhere");
	error = buffer_get(fs->device, table, fs->block_size, buffer);
	if (!error)
		*disk = (struct ext2_inode_disk *)((char *)buffer->data +
						   (offset & (fs->block_size - 1)));
	return error;
}

int ext2_inode_read(struct ext2_fs *fs, uint32_t number, struct ext2_inode *inode)
{
	struct ext2_inode_disk *disk;
	struct buffer buffer;
	int error;

	/* The reserved ones hold blocks in ways of their own. */
	if (number != EXT2_ROOT_INODE && number < fs->first_inode)
		return ext2_corrupt(fs, "a name leads to a reserved inode");
	error = ext2_inode_get(fs, number, &buffer, &disk);
	if (error)
		return error;
	*inode = (struct ext2_inode){ .number = number, .disk = *disk };
	buffer_put(&buffer);
	if (!inode->disk.i_links_count || !inode->disk.i_mode)
		return -ENOENT;
	return 0;
}

int ext2_inode_write(struct ext2_fs *fs, const struct ext2_inode *inode)
{
	struct ext2_inode_disk *disk;
	struct buffer buffer;
	int error = ext2_inode_get(fs, inode->number, &buffer, &disk);

	if (error)
		return error;
	*disk = inode->disk;
	buffer_dirty(&buffer);
	buffer_put(&buffer);
	return 0;
}

/* What lies behind the first 128 bytes belongs to whoever had the number before. */
static int ext2_inode_clear_rest(struct ext2_fs *fs, uint32_t number)
{
	struct ext2_inode_disk *disk;
	struct buffer buffer;
	int error = ext2_inode_get(fs, number, &buffer, &disk);

	if (error)
		return error;
	memset(disk, 0, fs->inode_size);
	buffer_dirty(&buffer);
	buffer_put(&buffer);
	return 0;
}

int ext2_inode_new(struct ext2_fs *fs, uint32_t parent, uint32_t mode, uint32_t uid, uint32_t gid,
		   struct ext2_inode *inode)
{
	struct ext2_inode_disk *disk = &inode->disk;
	uint32_t number = 0;
	int error = ext2_alloc_inode(fs, parent, (mode & EXT2_IFMT) == EXT2_IFDIR, &number);

	*inode = (struct ext2_inode){ .number = number };
	if (error)
		return error;
	disk->i_mode = (uint16_t)mode;
	disk->i_uid = (uint16_t)uid;
	disk->i_uid_high = (uint16_t)(uid >> 16);
	disk->i_gid = (uint16_t)gid;
	disk->i_gid_high = (uint16_t)(gid >> 16);
	disk->i_atime = disk->i_ctime = disk->i_mtime = fs->now;
	error = ext2_inode_clear_rest(fs, number);
	if (error)
		ext2_free_inode(fs, number, (mode & EXT2_IFMT) == EXT2_IFDIR);
	return error;
}

/* The block of extended attributes, which several inodes may share. */
static int ext2_inode_drop_xattr(struct ext2_fs *fs, struct ext2_inode *inode)
{
	uint32_t block = inode->disk.i_file_acl;
	struct ext2_xattr *xattr;
	struct buffer buffer;
	bool shared;
	int error;

	if (!block)
		return 0;
	inode->disk.i_file_acl = 0;
	error = ext2_alloc_check(fs, block) ?:
		buffer_get(fs->device, block, fs->block_size, &buffer);
	if (error)
		return error;
	xattr = buffer.data;
	shared = xattr->h_magic == EXT2_XATTR_MAGIC && xattr->h_refcount > 1;
	if (shared) {
		xattr->h_refcount--;
		buffer_dirty(&buffer);
	}
	buffer_put(&buffer);
	return shared ? 0 : ext2_free_block(fs, block);
}

int ext2_inode_release(struct ext2_fs *fs, struct ext2_inode *inode)
{
	bool directory = (inode->disk.i_mode & EXT2_IFMT) == EXT2_IFDIR;
	int error = 0, other;

	if ((inode->disk.i_mode & EXT2_IFMT) == EXT2_IFREG || directory ||
	    ((inode->disk.i_mode & EXT2_IFMT) == EXT2_IFLNK && !ext2_inode_is_fast_link(fs, inode)))
		error = ext2_map_cut(fs, inode, 0);
	other = ext2_inode_drop_xattr(fs, inode);
	inode->disk.i_links_count = 0;
	/*
	 * 0 is for those that are not deleted, an inode's number for ext3's list of orphans: a
	 * clock that nobody has set shows such times.
	 */
	inode->disk.i_dtime = MAX(fs->now, fs->inodes + 1);
	inode->disk.i_size = inode->disk.i_size_high = 0;
	error = error ?: other;
	/* Even if blocks are lost: what cannot be freed must not keep the inode. */
	other = ext2_inode_write(fs, inode);
	error = error ?: other;
	other = ext2_free_inode(fs, inode->number, directory);
	return error ?: other;
}

uint64_t ext2_inode_size(const struct ext2_fs *fs, const struct ext2_inode *inode)
{
	uint64_t size = inode->disk.i_size;

	if (fs->revision1 && (inode->disk.i_mode & EXT2_IFMT) == EXT2_IFREG)
		size |= (uint64_t)inode->disk.i_size_high << 32;
	return size;
}

/* What three levels map, at most 2^32 units of 512 bytes, all but their indirect blocks. */
uint64_t ext2_inode_size_max(const struct ext2_fs *fs)
{
	uint64_t n = fs->addresses, map = (EXT2_DIRECT + n + n * n + n * n * n) << fs->block_shift;
	uint64_t units = (1UL << 41) - (1UL << 41) / fs->addresses * 2;

	return fs->revision1 && fs->large_files ? MIN(map, units) : (1UL << 31) - 1;
}

int ext2_inode_set_size(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t size)
{
	if (size > ext2_inode_size_max(fs))
		return -EFBIG;
	inode->disk.i_size = (uint32_t)size;
	if ((inode->disk.i_mode & EXT2_IFMT) == EXT2_IFREG)
		inode->disk.i_size_high = (uint32_t)(size >> 32);
	return 0;
}

/* Numbers of 8 and 8 bits stand in the first slot, others, of 12 and 20 bits, in the second. */
uint32_t ext2_inode_device(const struct ext2_inode *inode)
{
	return inode->disk.i_block[0] ? inode->disk.i_block[0] & 0xffff : inode->disk.i_block[1];
}

void ext2_inode_set_device(struct ext2_inode *inode, uint32_t device)
{
	inode->disk.i_block[device >> 16 ? 1 : 0] = device;
}

bool ext2_inode_is_fast_link(const struct ext2_fs *fs, const struct ext2_inode *inode)
{
	uint32_t xattr = inode->disk.i_file_acl ? fs->block_size / 512 : 0;

	return (inode->disk.i_mode & EXT2_IFMT) == EXT2_IFLNK && inode->disk.i_blocks == xattr;
}
