/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs are told about files and directories.
 * Linux man-pages, stat(2), getdents(2); include/uapi/asm-generic/stat.h.
 */
#include "fs/fds.h"
#include "fs/super.h"
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

struct statx_time {
	int64_t seconds;
	uint32_t ns, pad;
};

struct statx {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, pad1;
	uint64_t ino, size, blocks, attributes_mask;
	struct statx_time access, birth, change, data;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mount_id, spare[13];
};

_Static_assert(sizeof(struct statx) == 256, "struct statx is ABI");

#define STATX_BASIC	0x7ffU		/* all but the time of birth */
#define STATX_MOUNT_ID	0x1000U
#define STATX_RESERVED	0x80000000U
#define STATX_SYNC_TYPE	0x6000
#define STATX_MOUNT_ROOT	0x2000UL

struct dirent64 {
	uint64_t ino;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
} __attribute__((packed));

#define DIRENT_HEADER	19U
#define RW_MAX		0x7ffff000UL

static void stat_time(uint64_t time[2], uint64_t ns)
{
	time[0] = ns / 1000000000;
	time[1] = ns % 1000000000;
}

static uint64_t stat_blocks(struct inode *inode)
{
	if (inode->ops->blocks)
		return inode->ops->blocks(inode);
	return inode_is_regular(inode) ? (inode->size + 511) / 512 : 0;
}

static long stat_write(struct inode *inode, uint64_t buf)
{
	struct stat st = { .dev = 1, .block_size = (int32_t)PAGE_SIZE, .links = 1 };

	if (!inode) {
		/* A pipe without a name. */
		st.mode = S_IFIFO | 0600;
		return user_write(buf, &st, sizeof(st));
	}
	if (inode->ops->getattr)
		inode->ops->getattr(inode);
	st.dev = inode->super->number;
	st.ino = inode->number;
	st.mode = inode->mode;
	st.links = inode->links;
	st.uid = inode->uid;
	st.gid = inode->gid;
	st.rdev = inode->device;
	st.size = (int64_t)inode->size;
	st.blocks = (int64_t)stat_blocks(inode);
	stat_time(&st.times[0], inode->atime_ns);
	stat_time(&st.times[2], inode->mtime_ns);
	stat_time(&st.times[4], inode->ctime_ns);
	return user_write(buf, &st, sizeof(st));
}

long sys_fstat(long fd, uint64_t buf)
{
	struct file *file = sys_file(fd);

	return file ? stat_write(file->inode, buf) : -EBADF;
}

long sys_newfstatat(long dirfd, uint64_t user_path, uint64_t buf, long flags)
{
	struct file *file;
	struct path path;
	char first = 1;
	long error;

	if ((int)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
		return -EINVAL;
	/* fstat() of newer C libraries; and a pipe has no path. */
	if ((flags & AT_EMPTY_PATH) && (int)dirfd != AT_FDCWD) {
		if (user_path && user_read(&first, user_path, 1))
			return -EFAULT;
		file = sys_file(dirfd);
		if (!user_path || !first)
			return file ? stat_write(file->inode, buf) : -EBADF;
	}
	error = sys_path_find(dirfd, user_path, flags, &path);
	error = error ?: stat_write(path.dentry->inode, buf);
	path_put(&path);
	return error;
}

static struct statx_time stat_statx_time(uint64_t ns)
{
	return (struct statx_time){ .seconds = (int64_t)(ns / 1000000000),
				    .ns = (uint32_t)(ns % 1000000000) };
}

static long stat_write_statx(const struct path *path, uint64_t buf)
{
	struct inode *inode = path->dentry->inode;
	struct statx st = { .mask = STATX_BASIC | STATX_MOUNT_ID, .block_size = PAGE_SIZE,
			    .attributes_mask = STATX_MOUNT_ROOT };

	if (inode->ops->getattr)
		inode->ops->getattr(inode);
	st.attributes = path->dentry == path->mount->root ? STATX_MOUNT_ROOT : 0;
	st.links = inode->links;
	st.uid = inode->uid;
	st.gid = inode->gid;
	st.mode = (uint16_t)inode->mode;
	st.ino = inode->number;
	st.size = inode->size;
	st.blocks = stat_blocks(inode);
	st.access = stat_statx_time(inode->atime_ns);
	st.change = stat_statx_time(inode->ctime_ns);
	st.data = stat_statx_time(inode->mtime_ns);
	st.rdev_major = DEVICE_MAJOR(inode->device);
	st.rdev_minor = DEVICE_MINOR(inode->device);
	st.dev_major = DEVICE_MAJOR(inode->super->number);
	st.dev_minor = DEVICE_MINOR(inode->super->number);
	st.mount_id = (uint64_t)path->mount->id;
	return user_write(buf, &st, sizeof(st));
}

long sys_statx(long dirfd, uint64_t user_path, long flags, uint64_t mask, uint64_t buf)
{
	struct path path;
	long error;

	if (((int)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
			    STATX_SYNC_TYPE)) ||
	    ((int)flags & STATX_SYNC_TYPE) == STATX_SYNC_TYPE || ((uint32_t)mask & STATX_RESERVED))
		return -EINVAL;
	error = sys_path_find(dirfd, user_path, flags, &path);
	error = error ?: stat_write_statx(&path, buf);
	path_put(&path);
	return error;
}

/* The buffer that getdents64 fills. */
struct stat_lister {
	struct inode_lister lister;
	struct file *file;
	uint64_t buf;
	size_t size, done;
	int error;
	bool full;
};

static bool stat_take(struct inode_lister *lister, struct name name, uint64_t number,
		      uint32_t mode, uint64_t next)
{
	struct stat_lister *list = CONTAINER_OF(lister, struct stat_lister, lister);
	char text[DIRENT_HEADER + NAME_MAX + 9] __attribute__((aligned(8)));
	struct dirent64 *entry = (struct dirent64 *)text;
	size_t length = ALIGN_UP(DIRENT_HEADER + name.length + 1, 8);

	list->full = length > list->size - list->done;
	if (list->full)
		return false;
	memset(text, 0, length);
	entry->ino = number;
	entry->offset = (int64_t)next;
	entry->length = (uint16_t)length;
	entry->type = (uint8_t)(mode >> 12 & 15);
	memcpy(entry->name, name.text, name.length);
	list->error = user_write(list->buf + list->done, text, length);
	if (list->error)
		return false;
	list->done += length;
	list->file->position = next;
	return true;
}

/* ".." of the root is the root. */
static const struct inode *stat_parent(const struct path *path)
{
	struct path at = *path;

	return mount_up(&at) ? at.dentry->parent->inode : at.dentry->inode;
}

/* Positions: 0 is ".", 1 is "..", then each entry's own, which stays when others go. */
long sys_getdents64(long fd, uint64_t buf, size_t size)
{
	struct file *file = sys_file(fd);
	struct stat_lister list = { .lister = { stat_take }, .file = file, .buf = buf,
				    .size = MIN(size, RW_MAX) };
	const struct inode *parent;
	struct inode *dir;
	int error = 0;
	bool locked;

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	dir = file->inode;
	if (!dir || !inode_is_dir(dir))
		return -ENOTDIR;
	parent = stat_parent(&file->path);
	locked = file_position_begin(file);
	mutex_lock(&dir->lock);
	if (!dir->links)
		error = -ENOENT;
	if (!error && file->position == 0)
		stat_take(&list.lister, (struct name){ ".", 1 }, dir->number, dir->mode, 1);
	if (!error && file->position == 1)
		stat_take(&list.lister, (struct name){ "..", 2 }, parent->number, parent->mode, 2);
	if (!error && file->position >= 2) {
		uint64_t at = file->position;

		error = dir->ops->readdir(dir, at, &list.lister);
		/* Nothing fitted in, but something is there. */
		if (!list.done && !error && !list.error && file->position == at && list.full)
			error = -EINVAL;
	} else if (!error && !list.done) {
		error = list.error ? list.error : -EINVAL;
	}
	mutex_unlock(&dir->lock);
	file_position_end(file, locked);
	if (!list.done && !error)
		error = list.error;
	if (!(file->path.mount->flags & (MS_NOATIME | MS_NODIRATIME)))
		inode_touch(dir);
	return list.done ? (long)list.done : error;
}
