/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs are told about files and directories.
 * Linux man-pages, stat(2), getdents(2); include/uapi/asm-generic/stat.h.
 */
#include "fs/fds.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/user.h"
#include "priv/pte.h"
#include "proc/proc.h"
#include "sys/fd.h"
#include "sys/syscall.h"

struct stat {
	uint64_t dev, ino;
	uint32_t mode, links, uid, gid;
	uint64_t rdev, pad1;
	int64_t size;
	int32_t block_size, pad2;
	int64_t blocks;
	uint64_t times[6];	/* access, change of data, change of inode: seconds and ns */
	uint32_t unused[2];
};

_Static_assert(sizeof(struct stat) == 128, "struct stat is ABI");

struct dirent64 {
	uint64_t ino;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
} __attribute__((packed));

#define DIRENT_HEADER	19U

static long stat_write(const struct inode *inode, uint64_t buf)
{
	struct stat st = { .dev = 1, .block_size = (int32_t)PAGE_SIZE, .links = 1 };

	if (!inode) {
		/* A pipe without a name. */
		st.mode = S_IFIFO | 0600;
		return user_write(buf, &st, sizeof(st));
	}
	st.ino = inode->number;
	st.mode = inode->mode;
	st.links = inode->links;
	st.rdev = inode->device;
	st.size = (int64_t)inode->size;
	st.blocks = (st.size + 511) / 512;
	for (size_t i = 0; i < 6; i += 2) {
		st.times[i] = inode->mtime_ns / 1000000000;
		st.times[i + 1] = inode->mtime_ns % 1000000000;
	}
	return user_write(buf, &st, sizeof(st));
}

long sys_fstat(long fd, uint64_t buf)
{
	struct file *file = sys_file(fd);

	return file ? stat_write(file->inode, buf) : -EBADF;
}

long sys_newfstatat(long dirfd, uint64_t user_path, uint64_t buf, long flags)
{
	char *text = heap_alloc(PATH_MAX);
	struct file *file = (int)dirfd == AT_FDCWD ? NULL : sys_file(dirfd);
	struct inode *dir = file ? file->inode : proc_current->cwd, *inode;
	ssize_t length = text ? user_read_string(text, user_path, PATH_MAX) : -ENOMEM;
	long error = length < 0 ? length : 0;

	if (!error && (int)dirfd != AT_FDCWD && !file && text[0] != '/')
		error = -EBADF;
	else if (!error && !length && (flags & AT_EMPTY_PATH))
		error = stat_write(dir, buf);
	else if (!error && !dir && text[0] != '/')
		error = -ENOTDIR;
	else if (!error) {
		error = path_find(dir, text, !(flags & AT_SYMLINK_NOFOLLOW), &inode);
		error = error ?: stat_write(inode, buf);
	}
	heap_free(text);
	return error;
}

/* One entry into user memory; 0 if there is no more room, or negative. */
static ssize_t stat_write_entry(uint64_t buf, size_t room, const struct inode *inode,
				const char *name, uint64_t next)
{
	char text[DIRENT_HEADER + NAME_MAX + 9] = { 0 };
	struct dirent64 *entry = (struct dirent64 *)text;
	size_t length = ALIGN_UP(DIRENT_HEADER + strlen(name) + 1, 8);

	if (length > room)
		return 0;
	entry->ino = inode->number;
	entry->offset = (int64_t)next;
	entry->length = (uint16_t)length;
	entry->type = (uint8_t)(inode->mode >> 12 & 15);
	memcpy(entry->name, name, strlen(name));
	return user_write(buf, text, length) ?: (ssize_t)length;
}

/* Positions: 0 is ".", 1 is "..", then each entry's cookie, which stays when others go. */
long sys_getdents64(long fd, uint64_t buf, size_t size)
{
	struct file *file = sys_file(fd);
	struct inode *dir;
	struct list *pos;
	size_t done = 0;
	ssize_t part = 1;

	if (!file)
		return -EBADF;
	dir = file->inode;
	if (!dir || !inode_is_dir(dir))
		return -ENOTDIR;
	for (; file->position < 2 && part > 0; done += part > 0 ? (size_t)part : 0) {
		uint64_t at = file->position;

		part = stat_write_entry(buf + done, size - done, at ? dir->parent : dir,
					at ? ".." : ".", at + 1);
		file->position += part > 0;
	}
	LIST_FOR_EACH (pos, &dir->entries) {
		struct inode_entry *entry = LIST_ENTRY(pos, struct inode_entry, link);

		if (part <= 0)
			break;
		if (entry->cookie < file->position)
			continue;
		part = stat_write_entry(buf + done, size - done, entry->inode, entry->name,
					entry->cookie + 1);
		if (part > 0) {
			file->position = entry->cookie + 1;
			done += (size_t)part;
		}
	}
	if (done || part > 0)
		return (long)done;
	return part ? part : -EINVAL;
}
