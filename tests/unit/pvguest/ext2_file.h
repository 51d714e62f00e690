/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's page cache does with a file of ext2, without one: bytes in and out, sizes. */
#ifndef UNIT_EXT2_FILE_H
#define UNIT_EXT2_FILE_H

#include "ext2/ext2.h"

/* Reads or writes through the map; the caller keeps to the size when it reads. */
static inline int file_copy(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t offset,
			    void *bytes, size_t length, bool write)
{
	for (size_t done = 0, part; done < length; done += part) {
		uint64_t at = offset + done;
		size_t in_block = at & (fs->block_size - 1);
		struct buffer buffer;
		uint32_t block;
		bool made = false;
		int error = write ? ext2_map_make(fs, inode, at >> fs->block_shift, &block, &made) :
				    ext2_map_find(fs, inode, at >> fs->block_shift, &block);

		part = MIN(length - done, fs->block_size - in_block);
		if (error)
			return error;
		if (!block) {
			memset((char *)bytes + done, 0, part);
			continue;
		}
		error = made ? buffer_get_new(fs->device, block, fs->block_size, &buffer) :
			       buffer_get(fs->device, block, fs->block_size, &buffer);
		if (error)
			return error;
		if (write)
			memcpy((char *)buffer.data + in_block, (char *)bytes + done, part);
		else
			memcpy((char *)bytes + done, (char *)buffer.data + in_block, part);
		buffer_dirty(&buffer);
		buffer_put(&buffer);
	}
	return 0;
}

static inline int file_read(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t offset,
			    void *bytes, size_t length)
{
	return file_copy(fs, inode, offset, bytes, length, false);
}

/* Cuts or grows; the bytes of the last block behind the end become zero. */
static inline int file_truncate(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t size)
{
	static const char zeros[4096];
	uint64_t old = ext2_inode_size(fs, inode), tail = ALIGN_UP(size, fs->block_size) - size;
	uint32_t block = 0;
	int error = 0;

	if (size < old) {
		if (tail)
			error = ext2_map_find(fs, inode, size >> fs->block_shift, &block);
		if (!error && block)
			error = file_copy(fs, inode, size, (void *)(uintptr_t)zeros, tail, true);
		if (!error)
			error = ext2_map_cut(fs, inode,
					     (size + fs->block_size - 1) >> fs->block_shift);
	}
	if (!error)
		error = ext2_inode_set_size(fs, inode, size);
	return ext2_inode_write(fs, inode) ?: error;
}

static inline int file_write(struct ext2_fs *fs, struct ext2_inode *inode, uint64_t offset,
			     const void *bytes, size_t length)
{
	uint64_t old = ext2_inode_size(fs, inode);
	int error = file_copy(fs, inode, offset, (void *)(uintptr_t)bytes, length, true), other;

	if (offset + length > old)
		other = ext2_inode_set_size(fs, inode, offset + length);
	else
		other = ext2_inode_write(fs, inode);
	/* Of a write that failed nothing stays behind the end. */
	if (error && !other)
		other = file_truncate(fs, inode, old);
	return error ?: other ?: ext2_inode_write(fs, inode);
}

#endif
