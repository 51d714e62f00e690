/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initial file system: a cpio archive in memory.
 * Linux, Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
 */
#include "fs/cpio.h"

#include "fs/path.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"

#define CPIO_HEADER_SIZE	110

struct cpio_member {
	const char *name;
	uint32_t mode, device_major, device_minor;
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
	if (!cpio_number(header, 1, &m->mode) || !cpio_number(header, 6, &file_size) ||
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
static struct inode *cpio_parent(const char *name, const char **last)
{
	struct inode *dir = inode_root;

	for (;;) {
		struct inode_entry *entry;
		size_t length = 0;

		while (*name == '/' || (name[0] == '.' && (name[1] == '/' || !name[1])))
			name++;
		while (name[length] && name[length] != '/')
			length++;
		*last = name;
		if (!name[length])
			return dir;
		entry = inode_find(dir, name, length);
		dir = entry ? entry->inode : inode_create(dir, name, length, S_IFDIR | 0755);
		if (!dir || !inode_is_dir(dir))
			return NULL;
		name += length;
	}
}

static bool cpio_enter(const struct cpio_member *m)
{
	const char *name;
	struct inode *dir = cpio_parent(m->name, &name), *inode;
	struct inode_entry *entry;

	if (!dir)
		return false;
	if (!*name)
		return true;
	entry = inode_find(dir, name, strlen(name));
	if (entry && inode_is_dir(entry->inode) && (m->mode & S_IFMT) == S_IFDIR)
		return true;
	if (entry)
		inode_unlink(dir, entry);
	inode = inode_create(dir, name, strlen(name), m->mode & (S_IFMT | 07777));
	if (!inode)
		return false;
	if (inode_is_regular(inode)) {
		inode->archive = m->data;
		inode->size = inode->archive_size = m->size;
	} else if ((m->mode & S_IFMT) == S_IFLNK) {
		inode->target = heap_alloc(m->size + 1);
		if (!inode->target)
			return false;
		memcpy(inode->target, m->data, m->size);
		inode->size = m->size;
	} else {
		inode->device = m->device_major << 8 | m->device_minor;
	}
	return true;
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
