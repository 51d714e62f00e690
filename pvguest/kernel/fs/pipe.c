/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes, with and without a name.
 * Linux man-pages, pipe(7), fifo(7).
 */
#include "fs/pipe.h"

#include "fs/super.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/user.h"
#include "proc/proc.h"

#define PIPE_ORDER_SIZE	65536UL
#define PIPE_FIRST_SIZE	4096UL
#define PIPE_SIZE_MAX	0x100000UL
#define PIPE_BUF	4096UL

/* A ring whose size is a power of two; head and tail count bytes since the beginning. */
struct pipe {
	uint32_t users, readers, writers;
	uint32_t generation;	/* counts opens, so that a named pipe's opener sees the other */
	char *buf;
	size_t size, most;	/* of buf now, and what it may become */
	uint64_t head, tail;
	struct mutex lock;	/* what is above: a copy to user memory may sleep */
	struct wait_queue queue;
};

static size_t pipe_fill(const struct pipe *pipe)
{
	return pipe->head - pipe->tail;
}

static struct pipe *pipe_alloc(void)
{
	struct pipe *pipe = heap_alloc(sizeof(*pipe));

	if (!pipe)
		return NULL;
	pipe->size = PIPE_FIRST_SIZE;
	pipe->most = PIPE_ORDER_SIZE;
	pipe->buf = heap_alloc(pipe->size);
	if (!pipe->buf) {
		heap_free(pipe);
		return NULL;
	}
	mutex_init(&pipe->lock);
	wait_queue_init(&pipe->queue);
	return pipe;
}

static void pipe_put(struct pipe *pipe)
{
	if (--pipe->users)
		return;
	heap_free(pipe->buf);
	heap_free(pipe);
}

/* Another buffer, which holds what is in the pipe. The lock is held. */
static bool pipe_resize(struct pipe *pipe, size_t size)
{
	size_t fill = pipe_fill(pipe), at = pipe->tail & (pipe->size - 1);
	size_t first = MIN(fill, pipe->size - at);
	char *buf = heap_alloc(size);

	if (!buf)
		return false;
	memcpy(buf, pipe->buf + at, first);
	memcpy(buf + first, pipe->buf, fill - first);
	heap_free(pipe->buf);
	pipe->buf = buf;
	pipe->size = size;
	pipe->tail = 0;
	pipe->head = fill;
	return true;
}

/* Up to its full size, taken when it is needed; with less memory it stays smaller. */
static void pipe_grow(struct pipe *pipe)
{
	pipe_resize(pipe, pipe->most);
}

/* Takes out what there is; the bytes done or -EFAULT. */
static ssize_t pipe_take_out(struct pipe *pipe, uint64_t buf, size_t length)
{
	size_t done = 0;
	int error = 0;

	if (!pipe_fill(pipe))
		return 0;
	mutex_lock(&pipe->lock);
	length = MIN(length, pipe_fill(pipe));
	while (done < length) {
		size_t at = pipe->tail & (pipe->size - 1);
		size_t part = MIN(length - done, pipe->size - at);

		error = user_write(buf + done, pipe->buf + at, part);
		if (error)
			break;
		pipe->tail += part;
		done += part;
	}
	mutex_unlock(&pipe->lock);
	return done ? (ssize_t)done : error;
}

static ssize_t pipe_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	struct pipe *pipe = file->pipe;
	ssize_t done;
	int error;

	(void)position;
	if (!length)
		return 0;
	for (;;) {
		done = pipe_take_out(pipe, buf, length);
		if (done || !pipe->writers)
			break;
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = pipe_fill(pipe) ? 0 : wait_sleep(&pipe->queue);
		if (error)
			return error;
	}
	if (done > 0)
		wait_wake(&pipe->queue);
	return done;
}

/* Puts in what there is room for; the bytes done or -EFAULT. The lock is held. */
static ssize_t pipe_put_in(struct pipe *pipe, uint64_t buf, size_t length)
{
	size_t done = 0;

	length = MIN(length, pipe->size - pipe_fill(pipe));
	while (done < length) {
		size_t at = pipe->head & (pipe->size - 1);
		size_t part = MIN(length - done, pipe->size - at);

		if (user_read(pipe->buf + at, buf + done, part))
			return done ? (ssize_t)done : -EFAULT;
		pipe->head += part;
		done += part;
	}
	return (ssize_t)done;
}

/* The same, if there is room for so much at least, else 0. */
static ssize_t pipe_put_in_if(struct pipe *pipe, uint64_t buf, size_t length, size_t need)
{
	ssize_t done = 0;

	mutex_lock(&pipe->lock);
	if (pipe->size - pipe_fill(pipe) < need && pipe->size < pipe->most)
		pipe_grow(pipe);
	if (pipe->size - pipe_fill(pipe) >= need)
		done = pipe_put_in(pipe, buf, length);
	mutex_unlock(&pipe->lock);
	return done;
}

static ssize_t pipe_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	struct pipe *pipe = file->pipe;
	size_t done = 0, need = length <= PIPE_BUF ? length : 1;
	ssize_t part;
	int error;

	(void)position;
	while (done < length) {
		if (!pipe->readers) {
			struct signal_info info = { .signo = SIGPIPE, .code = SI_KERNEL };

			if (!done)
				signal_send(proc_current, &info);
			return done ? (ssize_t)done : -EPIPE;
		}
		part = pipe_put_in_if(pipe, buf + done, length - done, need);
		if (part < 0)
			return done ? (ssize_t)done : part;
		if (part) {
			done += (size_t)part;
			wait_wake(&pipe->queue);
			continue;
		}
		if (file->flags & O_NONBLOCK)
			return done ? (ssize_t)done : -EAGAIN;
		/* Since then a sleeper on the lock may have been left behind: look again. */
		error = pipe->size - pipe_fill(pipe) >= need ? 0 : wait_sleep(&pipe->queue);
		if (error)
			return done ? (ssize_t)done : error;
	}
	return (ssize_t)done;
}

long pipe_size(struct file *file, uint64_t size)
{
	struct pipe *pipe = file->pipe;
	size_t most = PIPE_FIRST_SIZE;
	long error = 0;

	if (!pipe)
		return -EBADF;
	if (!size)
		return (long)pipe->most;
	if (size > PIPE_SIZE_MAX)
		return -EPERM;
	while (most < size)
		most *= 2;
	mutex_lock(&pipe->lock);
	if (pipe_fill(pipe) > most)
		error = -EBUSY;
	else if (pipe->size > most && !pipe_resize(pipe, most))
		error = -ENOMEM;
	else
		pipe->most = most;
	mutex_unlock(&pipe->lock);
	wait_wake(&pipe->queue);
	return error ? error : (long)most;
}

static unsigned int pipe_poll(struct file *file, struct wait_queue **queue)
{
	struct pipe *pipe = file->pipe;
	unsigned int mask = 0;

	*queue = &pipe->queue;
	if (file_can_read(file))
		mask |= (pipe_fill(pipe) ? POLLIN : 0U) | (!pipe->writers ? POLLHUP : 0U);
	if (file_can_write(file))
		mask |= (pipe->size - pipe_fill(pipe) >= PIPE_BUF || pipe->size < pipe->most
				 ? POLLOUT : 0U) |
			(!pipe->readers ? POLLERR : 0U);
	return mask;
}

static void pipe_release(struct file *file)
{
	struct pipe *pipe = file->pipe;

	if (file_can_read(file))
		pipe->readers--;
	if (file_can_write(file))
		pipe->writers--;
	if (file->inode && !pipe->readers && !pipe->writers)
		file->inode->pipe = NULL;
	wait_wake(&pipe->queue);
	pipe_put(pipe);
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.release = pipe_release,
};

static struct file *pipe_file(struct pipe *pipe, const struct path *path, uint32_t flags)
{
	struct file *file = file_new(&pipe_ops, path, flags);

	if (!file)
		return NULL;
	file->pipe = pipe;
	pipe->users++;
	pipe->readers += file_can_read(file);
	pipe->writers += file_can_write(file);
	return file;
}

/*
 * Pipes without a name have inodes in a file system that is nowhere mounted, so that fstat(2) and
 * /proc/PID/fd see them as they see others.
 */
static const struct inode_ops pipe_inode_ops;

static int pipe_mount(struct superblock *super, const struct super_source *source)
{
	struct inode *root = inode_new(super, &pipe_inode_ops, S_IFDIR | 0555);

	(void)source;
	super->root = root ? dentry_new(NULL, (struct name){ "pipe:", 5 }, root) : NULL;
	return super->root ? 0 : -ENOMEM;
}

static const struct file_system pipe_type = {
	.name = "pipefs",
	.magic = 0x50495045U,
	.single = true,
	.mount = pipe_mount,
};

/* A path to a new inode, "pipe:[N]". */
static int pipe_path(struct pipe *pipe, struct path *path)
{
	static const struct super_source source = { .name = "pipefs", .options = "" };
	static struct mount mount = { .users = 1 };
	struct inode *inode;
	char text[32];
	int error;

	if (!mount.super) {
		error = super_mount(&pipe_type, &source, &mount.super);
		if (error)
			return error;
		list_init(&mount.link);
		mount.root = mount.super->root;
	}
	inode = inode_new(mount.super, &pipe_inode_ops, S_IFIFO | 0600);
	if (!inode)
		return -ENOMEM;
	inode->number = mount.super->next_inode++;
	inode->links = 1;
	inode->pipe = pipe;
	path->dentry = dentry_new(NULL, (struct name){ text, (size_t)printf_format(text,
					sizeof(text), "pipe:[%lu]", inode->number) }, inode);
	path->mount = &mount;
	mount.users++;
	return path->dentry ? 0 : -ENOMEM;
}

int pipe_new(uint32_t flags, struct file **read_end, struct file **write_end)
{
	struct pipe *pipe = pipe_alloc();
	struct path path = { 0 };

	if (!pipe)
		return -ENOMEM;
	pipe->users++;
	*read_end = *write_end = NULL;
	if (!pipe_path(pipe, &path))
		*read_end = pipe_file(pipe, &path, flags | O_RDONLY);
	if (*read_end)
		*write_end = pipe_file(pipe, &path, flags | O_WRONLY);
	path_put(&path);
	pipe_put(pipe);
	if (*write_end)
		return 0;
	if (*read_end)
		file_put(*read_end);
	return -ENOMEM;
}

static bool pipe_is_joined(const struct pipe *pipe, uint32_t flags)
{
	return (flags & O_ACCMODE) == O_RDONLY ? pipe->writers > 0 : pipe->readers > 0;
}

int pipe_open(const struct path *path, uint32_t flags, struct file **file)
{
	struct inode *inode = path->dentry->inode;
	struct pipe *pipe = inode->pipe ? inode->pipe : pipe_alloc();
	uint32_t generation;
	int error = 0;

	if (!pipe)
		return -ENOMEM;
	pipe->users++;
	if ((flags & O_ACCMODE) == O_WRONLY && (flags & O_NONBLOCK) && !pipe->readers)
		error = -ENXIO;
	*file = error ? NULL : pipe_file(pipe, path, flags);
	pipe_put(pipe);
	if (!*file)
		return error ? error : -ENOMEM;
	inode->pipe = pipe;
	generation = ++pipe->generation;
	wait_wake(&pipe->queue);
	while (!pipe_is_joined(pipe, flags) && !(flags & O_NONBLOCK) &&
	       pipe->generation == generation) {
		error = wait_sleep(&pipe->queue);
		if (error) {
			file_put(*file);
			return error;
		}
	}
	return 0;
}
