/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2: directories, which are files of entries that never cross a block.
 * Linux, Documentation/filesystems/ext4/directory.rst ("Linear (Classic) Directories").
 */
#include "ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

/* A block of a directory, and an entry in it that has been checked. */
struct ext2_place {
	struct buffer buffer;
	struct ext2_entry *entry, *previous; /* previous: in the same block, or NULL */
};

static uint32_t ext2_entry_size(size_t length)
{
	return (uint32_t)ALIGN_UP(sizeof(struct ext2_entry) + length, 4);
}

/* The entry at that offset of the block, or NULL if it is none. */
static struct ext2_entry *ext2_entry_at(const struct ext2_fs *fs, const struct buffer *buffer,
					uint32_t offset)
{
	struct ext2_entry *entry = (struct ext2_entry *)((char *)buffer->data + offset);
	uint32_t room = fs->block_size - offset;

	if (room < sizeof(*entry) || entry->rec_len < sizeof(*entry) || entry->rec_len % 4 ||
	    entry->rec_len > room)
		return NULL;
	/* Without filetype the length has two bytes, the second of which is always 0. */
	if (sizeof(*entry) + entry->name_len > entry->rec_len)
		return NULL;
	return entry;
}

static uint32_t ext2_dir_blocks(const struct ext2_fs *fs, const struct ext2_inode *dir)
{
	return dir->disk.i_size >> fs->block_shift;
}

static int ext2_dir_block(struct ext2_fs *fs, struct ext2_inode *dir, uint32_t index,
			  struct buffer *buffer)
{
	uint32_t block;
	int error;

	/* It cannot have more blocks than there are; and a block may stand in it many times. */
	if (ext2_dir_blocks(fs, dir) > fs->blocks)
		return ext2_corrupt(fs, "a directory is too large");
	error = ext2_map_find(fs, dir, index, &block);
	if (error)
		return error;
	if (!block)
		return ext2_corrupt(fs, "a directory has a hole");
	return buffer_get(fs->device, block, fs->block_size, buffer);
}

/* Looks at the entries of one block until test likes one: 1, and place is open; 0: it did not. */
static int ext2_dir_scan(struct ext2_fs *fs, struct ext2_inode *dir, uint32_t index,
			 bool (*test)(const struct ext2_entry *entry, const char *name,
				      size_t length),
			 const char *name, size_t length, struct ext2_place *place)
{
	int error = ext2_dir_block(fs, dir, index, &place->buffer);
	struct ext2_entry *entry;

	if (error)
		return error;
	place->previous = NULL;
	for (uint32_t at = 0; at < fs->block_size; at += entry->rec_len, place->previous = entry) {
		entry = ext2_entry_at(fs, &place->buffer, at);
		if (!entry) {
			buffer_put(&place->buffer);
			return ext2_corrupt(fs, "a directory entry is broken");
		}
		if (!test(entry, name, length))
			continue;
		place->entry = entry;
		return 1;
	}
	buffer_put(&place->buffer);
	return 0;
}

static bool ext2_entry_has_name(const struct ext2_entry *entry, const char *name, size_t length)
{
	return entry->inode && entry->name_len == length && !memcmp(entry->name, name, length);
}

/* Room behind the entry's own name, or all of it if it is not in use. */
static bool ext2_entry_has_room(const struct ext2_entry *entry, const char *name, size_t length)
{
	uint32_t used = entry->inode ? ext2_entry_size(entry->name_len) : 0;

	(void)name;
	return entry->rec_len >= used + ext2_entry_size(length);
}

static bool ext2_entry_counts(const struct ext2_entry *entry, const char *name, size_t length)
{
	bool dots = (entry->name_len == 1 && entry->name[0] == '.') ||
		    (entry->name_len == 2 && entry->name[0] == '.' && entry->name[1] == '.');

	(void)name;
	(void)length;
	return entry->inode && !dots;
}

/* 0 and an open place, or -ENOENT. */
static int ext2_dir_look(struct ext2_fs *fs, struct ext2_inode *dir, const char *name,
			 size_t length, struct ext2_place *place)
{
	uint32_t blocks = ext2_dir_blocks(fs, dir);

	for (uint32_t i = 0; i < blocks; i++) {
		int found = ext2_dir_scan(fs, dir, i, ext2_entry_has_name, name, length, place);

		if (found)
			return found < 0 ? found : 0;
	}
	return -ENOENT;
}

int ext2_dir_find(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		  uint32_t *number)
{
	struct ext2_place place;
	int error = ext2_dir_look(fs, dir, name, length, &place);

	if (error)
		return error;
	*number = place.entry->inode;
	buffer_put(&place.buffer);
	return 0;
}

/* The type as entries have it: that of the mode, in an order of their own. */
static uint8_t ext2_type_of(const struct ext2_fs *fs, uint32_t mode)
{
	static const uint8_t types[16] = {
		[001] = 5, [002] = 3, [004] = 2, [006] = 4, [010] = 1, [012] = 7, [014] = 6,
	};

	return fs->file_types ? types[(mode & EXT2_IFMT) >> 12] : 0;
}

static void ext2_entry_set(const struct ext2_fs *fs, struct ext2_entry *entry, const char *name,
			   size_t length, uint32_t number, uint32_t mode)
{
	entry->inode = number;
	entry->name_len = (uint8_t)length;
	entry->file_type = ext2_type_of(fs, mode);
	memcpy(entry->name, name, length);
}

/* A changed directory has a new time, and no index that knows of the change. */
static int ext2_dir_touch(struct ext2_fs *fs, struct ext2_inode *dir)
{
	dir->disk.i_mtime = dir->disk.i_ctime = fs->now;
	dir->disk.i_flags &= ~EXT2_FLAG_INDEX;
	return ext2_inode_write(fs, dir);
}

/* One more block, which holds nothing but room. */
static int ext2_dir_grow(struct ext2_fs *fs, struct ext2_inode *dir)
{
	uint32_t index = ext2_dir_blocks(fs, dir), block;
	struct buffer buffer;
	bool made;
	int error;

	if ((uint64_t)(index + 1) << fs->block_shift > UINT32_MAX)
		return -ENOSPC;
	error = ext2_map_make(fs, dir, index, &block, &made) ?:
		buffer_get_new(fs->device, block, fs->block_size, &buffer);
	if (error) {
		/* Half of a way to a block may stand there: nothing lies behind the end. */
		ext2_map_cut(fs, dir, index);
		ext2_inode_write(fs, dir);
		return error;
	}
	((struct ext2_entry *)buffer.data)->rec_len = (uint16_t)fs->block_size;
	buffer_dirty(&buffer);
	buffer_put(&buffer);
	dir->disk.i_size += fs->block_size;
	return 0;
}

int ext2_dir_add(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		 uint32_t number, uint32_t mode)
{
	struct ext2_place place;
	struct ext2_entry *entry;
	uint32_t used;
	int found = 0;

	if (!length || length > EXT2_NAME_MAX)
		return -ENAMETOOLONG;
	for (uint32_t i = 0; !found; i++) {
		int error = i == ext2_dir_blocks(fs, dir) ? ext2_dir_grow(fs, dir) : 0;

		if (error)
			return error;
		found = ext2_dir_scan(fs, dir, i, ext2_entry_has_room, NULL, length, &place);
	}
	if (found < 0)
		return found;
	entry = place.entry;
	used = entry->inode ? ext2_entry_size(entry->name_len) : 0;
	if (used) {
		struct ext2_entry *next = (struct ext2_entry *)((char *)entry + used);

		next->rec_len = (uint16_t)(entry->rec_len - used);
		entry->rec_len = (uint16_t)used;
		entry = next;
	}
	ext2_entry_set(fs, entry, name, length, number, mode);
	buffer_dirty(&place.buffer);
	buffer_put(&place.buffer);
	return ext2_dir_touch(fs, dir);
}

int ext2_dir_remove(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length)
{
	struct ext2_place place;
	int error = ext2_dir_look(fs, dir, name, length, &place);

	if (error)
		return error;
	place.entry->inode = 0;
	if (place.previous)
		place.previous->rec_len =
			(uint16_t)(place.previous->rec_len + place.entry->rec_len);
	buffer_dirty(&place.buffer);
	buffer_put(&place.buffer);
	return ext2_dir_touch(fs, dir);
}

int ext2_dir_change(struct ext2_fs *fs, struct ext2_inode *dir, const char *name, size_t length,
		    uint32_t number, uint32_t mode)
{
	struct ext2_place place;
	int error = ext2_dir_look(fs, dir, name, length, &place);

	if (error)
		return error;
	place.entry->inode = number;
	place.entry->file_type = ext2_type_of(fs, mode);
	buffer_dirty(&place.buffer);
	buffer_put(&place.buffer);
	return ext2_dir_touch(fs, dir);
}

int ext2_dir_is_empty(struct ext2_fs *fs, struct ext2_inode *dir)
{
	uint32_t blocks = ext2_dir_blocks(fs, dir);
	struct ext2_place place;

	for (uint32_t i = 0; i < blocks; i++) {
		int found = ext2_dir_scan(fs, dir, i, ext2_entry_counts, NULL, 0, &place);

		if (found > 0)
			buffer_put(&place.buffer);
		if (found)
			return found < 0 ? found : -ENOTEMPTY;
	}
	return 0;
}

/*
 * The first entry in use at or behind offset in an open block. A reader's position may point into
 * the middle of an entry that was joined with another since: counting begins at the block's start.
 */
static int ext2_dir_next(struct ext2_fs *fs, const struct buffer *buffer, uint32_t offset,
			 struct ext2_entry **found, uint32_t *at)
{
	struct ext2_entry *entry;

	*found = NULL;
	for (*at = 0; *at < fs->block_size; *at += entry->rec_len) {
		entry = ext2_entry_at(fs, buffer, *at);
		if (!entry)
			return ext2_corrupt(fs, "a directory entry is broken");
		if (*at < offset || !entry->inode)
			continue;
		*found = entry;
		return 0;
	}
	return 0;
}

int ext2_dir_read(struct ext2_fs *fs, struct ext2_inode *dir, uint64_t *position, char *name,
		  uint32_t *number, uint8_t *type)
{
	while (*position >> fs->block_shift < ext2_dir_blocks(fs, dir)) {
		uint32_t index = (uint32_t)(*position >> fs->block_shift), at;
		uint64_t base = (uint64_t)index << fs->block_shift;
		struct ext2_entry *entry;
		struct buffer buffer;
		int error = ext2_dir_block(fs, dir, index, &buffer);

		if (error)
			return error;
		error = ext2_dir_next(fs, &buffer, (uint32_t)(*position - base), &entry, &at);
		if (entry) {
			memcpy(name, entry->name, entry->name_len);
			name[entry->name_len] = '\0';
			*number = entry->inode;
			*type = fs->file_types ? entry->file_type : 0;
			*position = base + at + entry->rec_len;
		} else {
			*position = base + fs->block_size;
		}
		buffer_put(&buffer);
		if (error || entry)
			return error ?: 1;
	}
	return 0;
}
