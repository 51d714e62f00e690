/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From path names to inodes.
 * Linux man-pages, path_resolution(7).
 */
#include "fs/path.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

#define PATH_LINKS_MAX	40

/* Puts the link's target in front of what is left of the path, in buf. */
static int path_splice(char *buf, const char *target, const char *rest)
{
	size_t target_length = strlen(target), rest_length = strlen(rest);

	if (target_length + rest_length + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	memmove(buf + target_length + 1, rest, rest_length + 1);
	memcpy(buf, target, target_length);
	buf[target_length] = '/';
	if (!rest_length)
		buf[target_length] = '\0';
	return 0;
}

static void path_step(struct path *path, struct inode *dir, const char *name, size_t length)
{
	path->name = name;
	path->length = length;
	path->entry = NULL;
	if (length == 1 && name[0] == '.') {
		path->parent = NULL;
		path->inode = dir;
	} else if (length == 2 && name[0] == '.' && name[1] == '.') {
		path->parent = NULL;
		path->inode = dir->parent;
	} else {
		path->parent = dir;
		path->entry = inode_find(dir, name, length);
		path->inode = path->entry ? path->entry->inode : NULL;
	}
}

int path_lookup(struct inode *dir, const char *text, bool follow, char *buf, struct path *path)
{
	unsigned int links = 0;
	const char *p = text;

	if (!*p)
		return -ENOENT;
	*path = (struct path){ .inode = *p == '/' ? inode_root : dir };
	for (;;) {
		struct inode *at = path->inode;
		size_t length = 0;
		const char *rest;

		while (*p == '/')
			p++;
		if (!*p)
			return 0;
		while (p[length] && p[length] != '/')
			length++;
		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		for (rest = p + length; *rest == '/'; rest++)
			;
		if (!at)
			return -ENOENT;
		if (!inode_is_dir(at))
			return -ENOTDIR;
		path_step(path, at, p, length);
		path->must_be_dir = p[length] == '/';
		if (path->inode && path->inode->target && (follow || path->must_be_dir)) {
			if (++links > PATH_LINKS_MAX)
				return -ELOOP;
			if (path_splice(buf, path->inode->target, rest))
				return -ENAMETOOLONG;
			p = buf;
			path->inode = *p == '/' ? inode_root : at;
			path->parent = NULL;
			continue;
		}
		if (!*rest) {
			if (path->must_be_dir && path->inode && !inode_is_dir(path->inode))
				return -ENOTDIR;
			return 0;
		}
		p = rest;
	}
}

int path_find(struct inode *dir, const char *text, bool follow, struct inode **inode)
{
	char *buf = heap_alloc(PATH_MAX);
	struct path path;
	int error = buf ? path_lookup(dir, text, follow, buf, &path) : -ENOMEM;

	heap_free(buf);
	if (error)
		return error;
	*inode = path.inode;
	return path.inode ? 0 : -ENOENT;
}

ssize_t path_of(struct inode *dir, char *buf, size_t size)
{
	char *end = buf + size, *p = end;
	size_t length;

	if (size < 2)
		return -ERANGE;
	*--p = '\0';
	for (; dir != inode_root; dir = dir->parent) {
		struct list *pos;

		LIST_FOR_EACH (pos, &dir->parent->entries) {
			struct inode_entry *entry = LIST_ENTRY(pos, struct inode_entry, link);

			if (entry->inode != dir)
				continue;
			length = strlen(entry->name);
			if ((size_t)(p - buf) < length + 1)
				return -ERANGE;
			p -= length;
			memcpy(p, entry->name, length);
			*--p = '/';
			break;
		}
		if (pos == &dir->parent->entries)
			return -ENOENT;
	}
	if (!*p)
		*--p = '/';
	length = (size_t)(end - p);
	memmove(buf, p, length);
	return (ssize_t)length;
}
