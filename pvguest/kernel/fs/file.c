/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files: regular ones and directories, and opening of any.
 * Linux man-pages, open(2), read(2), write(2).
 */
#include "fs/file.h"

#include "fs/path.h"
#include "fs/pipe.h"
#include "lib/errno.h"
#include "mm/heap.h"
#include "proc/proc.h"

struct file *file_new(const struct file_ops *ops, struct inode *inode, uint32_t flags)
{
	struct file *file = heap_alloc(sizeof(*file));

	if (!file)
		return NULL;
	file->users = 1;
	file->ops = ops;
	file->inode = inode;
	file->flags = flags;
	return file;
}

void file_put(struct file *file)
{
	if (--file->users)
		return;
	if (file->ops->release)
		file->ops->release(file);
	if (file->inode)
		inode_put(file->inode);
	heap_free(file);
}

static ssize_t file_regular_read(struct file *file, uint64_t buf, size_t length)
{
	ssize_t done = inode_read_user(file->inode, file->position, buf, length);

	if (done > 0)
		file->position += (uint64_t)done;
	return done;
}

static ssize_t file_regular_write(struct file *file, uint64_t buf, size_t length)
{
	ssize_t done;

	if (file->flags & O_APPEND)
		file->position = file->inode->size;
	done = inode_write_user(file->inode, file->position, buf, length);
	if (done > 0)
		file->position += (uint64_t)done;
	return done;
}

static ssize_t file_directory_read(struct file *file, uint64_t buf, size_t length)
{
	(void)file;
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

ssize_t file_read(struct file *file, uint64_t buf, size_t length)
{
	if (!file_can_read(file))
		return -EBADF;
	return file->ops->read ? file->ops->read(file, buf, length) : -EINVAL;
}

ssize_t file_write(struct file *file, uint64_t buf, size_t length)
{
	if (!file_can_write(file))
		return -EBADF;
	return file->ops->write ? file->ops->write(file, buf, length) : -EINVAL;
}

unsigned int file_poll(struct file *file, struct wait_queue **queue)
{
	*queue = NULL;
	return file->ops->poll ? file->ops->poll(file, queue) : POLLIN | POLLOUT;
}

static int file_create(const struct path *path, uint32_t mode, struct inode **inode)
{
	if (!path->parent)
		return -ENOENT;
	if (path->must_be_dir)
		return -EISDIR;
	*inode = inode_create(path->parent, path->name, path->length,
			      S_IFREG | (mode & 07777 & ~proc_current->umask));
	return *inode ? 0 : -ENOMEM;
}

static int file_check(struct inode *inode, uint32_t flags)
{
	if ((flags & O_DIRECTORY) && !inode_is_dir(inode))
		return -ENOTDIR;
	if (inode_is_dir(inode) && (flags & (O_ACCMODE | O_CREAT)) && !(flags & O_PATH))
		return -EISDIR;
	if (inode->target && !(flags & O_PATH))
		return -ELOOP;
	if ((flags & O_TRUNC) && (flags & O_ACCMODE) && inode_is_regular(inode))
		return inode_truncate(inode, 0);
	return 0;
}

static int file_open_inode(struct inode *inode, uint32_t flags, struct file **file)
{
	const struct file_ops *ops = &file_regular_ops;
	int error;

	if (inode_is_dir(inode))
		ops = &file_directory_ops;
	else if ((inode->mode & S_IFMT) == S_IFCHR && !(flags & O_PATH))
		ops = device_ops(inode->device);
	else if ((inode->mode & S_IFMT) == S_IFIFO && !(flags & O_PATH))
		return pipe_open(inode, flags, file);
	if (!ops)
		return -ENXIO;
	*file = file_new(ops, inode, flags);
	if (!*file)
		return -ENOMEM;
	inode_get(inode);
	error = ops->open ? ops->open(*file) : 0;
	if (error)
		file_put(*file);
	return error;
}

int file_open(struct inode *dir, const char *name, uint32_t flags, uint32_t mode,
	      struct file **file)
{
	char *buf = heap_alloc(PATH_MAX);
	bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	struct path path;
	int error = buf ? path_lookup(dir, name, follow, buf, &path) : -ENOMEM;

	if (!error && path.inode && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		error = -EEXIST;
	else if (!error && path.inode)
		error = file_check(path.inode, flags);
	else if (!error)
		error = flags & O_CREAT ? file_create(&path, mode, &path.inode) : -ENOENT;
	heap_free(buf);
	return error ?: file_open_inode(path.inode, flags & ~(uint32_t)(O_CREAT | O_EXCL | O_TRUNC),
					file);
}
