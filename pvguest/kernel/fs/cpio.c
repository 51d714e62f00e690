/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initial file system: a cpio archive in memory.
 * Linux, Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
 */
#include "fs/cpio.h"

#include "fs/namei.h"
#include "fs/tmpfs.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"

#define CPIO_HEADER_SIZE	110

struct cpio_member {
	const char *name;
	uint32_t mode, uid, gid, mtime, device_major, device_minor;
	const uint8_t *data;
	uint64_t size;
};

static bool cpio_number(const uint8_t *header, unsigned int field, uint32_t *value)
{
	const uint8_t *p = header + 6 + (size_t)field * 8;

	*value = 0;
	for (size_t i = 0; i < 8; i++) {
		uint8_t c = p[i];
		uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0'
				 : c >= 'a' && c <= 'f' ? c - 'a' + 10U
				 : c >= 'A' && c <= 'F' ? c - 'A' + 10U : 16U;

		if (digit > 15)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/* The member at *offset, which moves to the next; false at the end or if something is wrong. */
static bool cpio_next(const uint8_t *archive, size_t size, size_t *offset, struct cpio_member *m)
{
	const uint8_t *header = archive + *offset;
	uint32_t file_size, name_size, minor, major;
	size_t name_end, data_end;

	if (size - *offset < CPIO_HEADER_SIZE ||
	    (memcmp(header, "070701", 6) && memcmp(header, "070702", 6)))
		return false;
	if (!cpio_number(header, 1, &m->mode) || !cpio_number(header, 2, &m->uid) ||
	    !cpio_number(header, 3, &m->gid) || !cpio_number(header, 5, &m->mtime) ||
	    !cpio_number(header, 6, &file_size) ||
	    !cpio_number(header, 9, &major) || !cpio_number(header, 10, &minor) ||
	    !cpio_number(header, 11, &name_size))
		return false;
	m->device_major = major;
	m->device_minor = minor;
	if (!name_size || name_size > PATH_MAX || name_size > size - *offset - CPIO_HEADER_SIZE)
		return false;
	m->name = (const char *)header + CPIO_HEADER_SIZE;
	if (m->name[name_size - 1])
		return false;
	name_end = ALIGN_UP(*offset + CPIO_HEADER_SIZE + name_size, 4);
	if (name_end > size || file_size > size - name_end)
		return false;
	m->data = archive + name_end;
	m->size = file_size;
	data_end = ALIGN_UP(name_end + file_size, 4);
	*offset = MIN(data_end, size);
	return strcmp(m->name, "TRAILER!!!") != 0;
}

/* Makes the directories that the archive leaves out. The parent of the last name, or NULL. */
static struct dentry *cpio_parent(const char *text, struct name *last)
{
	static const struct inode_request directory = { .mode = S_IFDIR | 0755 };
	struct dentry *dir = mount_root.dentry;

	for (;;) {
		size_t length = 0;

		while (*text == '/' || (text[0] == '.' && (text[1] == '/' || !text[1])))
			text++;
		while (text[length] && text[length] != '/')
			length++;
		*last = (struct name){ text, length };
		if (length > NAME_MAX)
			return NULL;
		if (!text[length])
			return dir;
		dir = namei_make(dir, *last, &directory);
		if (!dir || !inode_is_dir(dir->inode))
			return NULL;
		text += length;
	}
}

/* What stands there already and must go: all but a directory that stays one. */
static bool cpio_replace(struct dentry *dir, struct name name, bool is_dir)
{
	struct path parent = { mount_root.mount, dir };
	struct dentry *old;
	bool stays;

	if (dentry_lookup(dir, name, true, &old))
		return true;
	stays = is_dir && inode_is_dir(old->inode);
	if (!stays)
		stays = namei_unlink(&parent, old, inode_is_dir(old->inode)) == 0;
	dentry_put(old);
	return stays;
}

static bool cpio_enter(const struct cpio_member *m)
{
	struct inode_request request = { .mode = m->mode & (S_IFMT | 07777),
					 .device = DEVICE(m->device_major, m->device_minor) };
	char *target = NULL;
	struct dentry *dentry, *dir;
	struct name name;

	dir = cpio_parent(m->name, &name);
	if (!dir)
		return false;
	if (!name.length)
		return true;
	if (!cpio_replace(dir, name, (m->mode & S_IFMT) == S_IFDIR))
		return false;
	if ((m->mode & S_IFMT) == S_IFLNK) {
		target = heap_alloc(m->size + 1);
		if (!target)
			return false;
		memcpy(target, m->data, m->size);
		request.target = target;
	}
	dentry = namei_make(dir, name, &request);
	heap_free(target);
	if (!dentry)
		return false;
	dentry->inode->mode = request.mode;
	dentry->inode->uid = m->uid;
	dentry->inode->gid = m->gid;
	dentry->inode->mtime_ns = m->mtime * 1000000000UL;
	return !inode_is_regular(dentry->inode) ||
	       !tmpfs_set_origin(dentry->inode, m->data, m->size);
}

size_t cpio_unpack(const uint8_t *archive, size_t size)
{
	struct cpio_member member;
	size_t offset = 0, count = 0;

	while (offset < size && cpio_next(archive, size, &offset, &member)) {
		if (!cpio_enter(&member)) {
			kprintf("initrd: %s: cannot be entered\n", member.name);
			continue;
		}
		count++;
	}
	return count;
}
