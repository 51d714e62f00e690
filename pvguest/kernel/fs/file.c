/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files: regular ones and directories, and opening of any.
 * Linux man-pages, open(2), read(2), write(2).
 */
#include "fs/file.h"

#include "fs/device.h"
#include "fs/lock.h"
#include "fs/namei.h"
#include "fs/pipe.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "proc/proc.h"

struct file *file_new(const struct file_ops *ops, const struct path *path, uint32_t flags)
{
	struct file *file = heap_alloc(sizeof(*file));

	if (!file)
		return NULL;
	file->users = 1;
	file->ops = ops;
	file->flags = flags;
	mutex_init(&file->lock);
	if (path) {
		path_get(path);
		file->path = *path;
		file->inode = path->dentry->inode;
	}
	return file;
}

void file_put(struct file *file)
{
	if (--file->users)
		return;
	if (file->inode && !list_empty(&file->inode->locks))
		lock_release(file->inode, file);
	if (file->ops->release)
		file->ops->release(file);
	path_put(&file->path);
	heap_free(file);
}

static ssize_t file_regular_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	ssize_t done = inode_read_user(file->inode, *position, buf, length);

	if (done > 0)
		*position += (uint64_t)done;
	if (!(file->path.mount->flags & MS_NOATIME))
		inode_touch(file->inode);
	return done;
}

static ssize_t file_regular_write(struct file *file, uint64_t buf, size_t length,
				  uint64_t *position)
{
	return inode_write_user(file->inode, position, (file->flags & O_APPEND) != 0, buf, length);
}

/* The first byte from there on that is in a hole, or in none; however far the end is. */
static uint64_t file_next_page(struct inode *inode, uint64_t at, bool hole)
{
	uint64_t index = at >> PAGE_SHIFT, end = ALIGN_UP(inode->size, PAGE_SIZE) >> PAGE_SHIFT;

	if (!hole)
		index = inode->ops->next_data(inode, index);
	while (hole && index < end && !inode_is_hole(inode, index))
		index++;
	if (index >= end)
		return inode->size;
	return MAX(at, index << PAGE_SHIFT);
}

/* SEEK_DATA and SEEK_HOLE: a page that is not there is a hole, if the file system says so. */
static long file_seek_data(struct file *file, long offset, bool data)
{
	struct inode *inode = file->inode;
	uint64_t at = (uint64_t)offset;

	if (offset < 0 || at >= inode->size)
		return -ENXIO;
	if (!inode->ops->next_data) {
		/* All of it is data. */
		at = data ? at : inode->size;
	} else {
		at = file_next_page(inode, at, !data);
	}
	/* Behind the end everything is a hole. */
	if (at >= inode->size && data)
		return -ENXIO;
	file->position = MIN(at, inode->size);
	return (long)file->position;
}

static long file_seek_locked(struct file *file, long offset, int whence)
{
	int64_t base = 0;

	if (file->flags & O_PATH)
		return -EBADF;
	if (file->ops->seek)
		return file->ops->seek(file, offset, whence);
	if (!file->ops->seekable)
		return -ESPIPE;
	if ((whence == SEEK_DATA || whence == SEEK_HOLE) && inode_is_regular(file->inode))
		return file_seek_data(file, offset, whence == SEEK_DATA);
	if (whence == SEEK_CUR)
		base = (int64_t)file->position;
	else if (whence == SEEK_END)
		base = (int64_t)file->inode->size;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, offset, &base) || base < 0 ||
	    (uint64_t)base > file->inode->super->size_max)
		return -EINVAL;
	file->position = (uint64_t)base;
	return base;
}

long file_seek(struct file *file, long offset, int whence)
{
	bool locked = file_position_begin(file);
	long position = file_seek_locked(file, offset, whence);

	file_position_end(file, locked);
	return position;
}

static ssize_t file_directory_read(struct file *file, uint64_t buf, size_t length,
				   uint64_t *position)
{
	(void)file;
	(void)position;
	(void)buf;
	(void)length;
	return -EISDIR;
}

static const struct file_ops file_regular_ops = {
	.read = file_regular_read,
	.write = file_regular_write,
	.seekable = true,
};

static const struct file_ops file_directory_ops = {
	.read = file_directory_read,
	.write = file_directory_read,
	.seekable = true,
};

ssize_t file_read_at(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	if (!file_can_read(file))
		return -EBADF;
	return file->ops->read ? file->ops->read(file, buf, length, position) : -EINVAL;
}

ssize_t file_write_at(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	if (!file_can_write(file))
		return -EBADF;
	return file->ops->write ? file->ops->write(file, buf, length, position) : -EINVAL;
}

/* Apart, so that the usual way needs no stack frame. */
static __attribute__((noinline)) ssize_t file_read_shared(struct file *file, uint64_t buf,
							  size_t length)
{
	ssize_t done;

	mutex_lock(&file->lock);
	done = file_read_at(file, buf, length, &file->position);
	mutex_unlock(&file->lock);
	return done;
}

static __attribute__((noinline)) ssize_t file_write_shared(struct file *file, uint64_t buf,
							   size_t length)
{
	ssize_t done;

	mutex_lock(&file->lock);
	done = file_write_at(file, buf, length, &file->position);
	mutex_unlock(&file->lock);
	return done;
}

ssize_t file_read(struct file *file, uint64_t buf, size_t length)
{
	if (file_position_is_shared(file))
		return file_read_shared(file, buf, length);
	return file_read_at(file, buf, length, &file->position);
}

ssize_t file_write(struct file *file, uint64_t buf, size_t length)
{
	if (file_position_is_shared(file))
		return file_write_shared(file, buf, length);
	return file_write_at(file, buf, length, &file->position);
}

unsigned int file_poll(struct file *file, struct wait_queue **queue)
{
	*queue = NULL;
	return file->ops->poll ? file->ops->poll(file, queue) : POLLIN | POLLOUT;
}

static int file_create(struct path_walk *walk, uint32_t mode, bool exclusive)
{
	struct inode_request request = {
		.mode = S_IFREG | (mode & 07777 & ~proc_current->fs->umask)
	};
	int error;

	if (!walk->parent.dentry)
		return -ENOENT;
	if (walk->must_be_dir)
		return -EISDIR;
	error = namei_create(&walk->parent, walk->name, &request, &walk->found);
	if (error != -EEXIST || exclusive)
		return error;
	/* Somebody made it while this process waited for the directory. */
	return dentry_lookup(walk->parent.dentry, walk->name, false, &walk->found.dentry) ?:
	       (walk->parent.mount->users++, walk->found.mount = walk->parent.mount, 0);
}

static int file_check(const struct path *path, uint32_t flags)
{
	struct inode *inode = path->dentry->inode;
	bool writes = (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);

	if ((flags & O_DIRECTORY) && !inode_is_dir(inode))
		return -ENOTDIR;
	if (inode_is_dir(inode) && (flags & (O_ACCMODE | O_CREAT)) && !(flags & O_PATH))
		return -EISDIR;
	if (inode_is(inode, S_IFLNK) && !(flags & O_PATH))
		return -ELOOP;
	if ((path->mount->flags & MS_NODEV) && !(flags & O_PATH) &&
	    (inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK)))
		return -EACCES;
	if (writes && inode_is_regular(inode) &&
	    (inode->super->read_only || mount_is_read_only(path)))
		return -EROFS;
	if ((flags & O_TRUNC) && writes && inode_is_regular(inode) && inode->size)
		return inode_truncate(inode, 0);
	return 0;
}

static int file_open_path(const struct path *path, uint32_t flags, struct file **file)
{
	struct inode *inode = path->dentry->inode;
	const struct file_ops *ops = &file_regular_ops;
	int error;

	if (inode_is_dir(inode) || (flags & O_PATH))
		ops = &file_directory_ops;
	else if (inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK))
		ops = device_ops(inode);
	else if (inode_is(inode, S_IFIFO))
		return pipe_open(path, flags, file);
	if (!ops)
		return -ENXIO;
	*file = file_new(ops, path, flags);
	if (!*file)
		return -ENOMEM;
	/* The file system first: it may know what it opens better than the type says. */
	error = inode->ops->open && !(flags & O_PATH) ? inode->ops->open(inode, *file) : 0;
	if (!error && (*file)->ops->open)
		error = (*file)->ops->open(*file);
	if (error)
		file_put(*file);
	return error;
}

int file_open(const struct path *dir, const char *name, uint32_t flags, uint32_t mode,
	      struct file **file)
{
	bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	bool follow = !(flags & O_NOFOLLOW) && !exclusive;
	struct path_walk walk;
	int error = path_walk(dir, name, (follow ? PATH_FOLLOW : 0) |
						 (flags & O_CREAT ? PATH_PARENT : 0), &walk);

	if (error)
		return error;
	if (walk.found.dentry && exclusive)
		error = -EEXIST;
	else if (walk.found.dentry)
		error = file_check(&walk.found, flags);
	else
		error = file_create(&walk, mode, exclusive);
	error = error ?: file_open_path(&walk.found,
					flags & ~(uint32_t)(O_CREAT | O_EXCL | O_TRUNC), file);
	path_walk_done(&walk);
	return error;
}
