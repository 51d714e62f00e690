/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files: a position, flags, and the operations of what was opened.
 * Linux man-pages, open(2).
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "fs/path.h"
#include "proc/mutex.h"

#define O_ACCMODE	3
#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_CREAT		0100
#define O_EXCL		0200
#define O_NOCTTY	0400
#define O_TRUNC		01000
#define O_APPEND	02000
#define O_NONBLOCK	04000
#define O_LARGEFILE	0100000
#define O_DIRECTORY	0200000
#define O_NOFOLLOW	0400000
#define O_CLOEXEC	02000000
#define O_PATH		010000000

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define SEEK_DATA	3
#define SEEK_HOLE	4

#define POLLIN		0x001
#define POLLOUT		0x004
#define POLLERR		0x008
#define POLLHUP		0x010
#define POLLNVAL	0x020

struct file;

struct file_ops {
	/* After file was made; NULL: nothing to do. Negative: it is not opened. */
	int (*open)(struct file *file);
	/*
	 * buf: user address. The bytes done, 0 at the end, or negative. *position moves on; it is
	 * the file's own or, for pread(2) and its like, one that nobody else sees.
	 */
	ssize_t (*read)(struct file *file, uint64_t buf, size_t length, uint64_t *position);
	ssize_t (*write)(struct file *file, uint64_t buf, size_t length, uint64_t *position);
	int (*ioctl)(struct file *file, uint64_t request, uint64_t arg);
	/* What is possible now; *queue: where to wait for a change, NULL if it never changes. */
	unsigned int (*poll)(struct file *file, struct wait_queue **queue);
	void (*release)(struct file *file);
	/* lseek(2) if it is not what regular files do. */
	long (*seek)(struct file *file, long offset, int whence);
	/* fsync(2), if it is not the inode's. */
	int (*sync)(struct file *file);
	bool seekable;
};

struct file {
	uint32_t users;
	uint32_t flags;		/* O_* */
	const struct file_ops *ops;
	uint64_t position;	/* under lock if others use the file and it is seekable */
	struct mutex lock;	/* before that of the inode */
	struct path path;	/* .dentry NULL: an anonymous pipe */
	struct inode *inode;	/* that of the path */
	struct pipe *pipe;
	void *private;		/* of the ops */
};

/* One user; takes users of its own of path, which may be NULL. NULL without memory. */
struct file *file_new(const struct file_ops *ops, const struct path *path, uint32_t flags);
static inline void file_get(struct file *file)
{
	file->users++;
}
void file_put(struct file *file);
static inline bool file_can_read(const struct file *file)
{
	return (file->flags & (O_ACCMODE | O_PATH)) != O_WRONLY && !(file->flags & O_PATH);
}
static inline bool file_can_write(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY && !(file->flags & O_PATH);
}
/* open(2), path in kernel memory; dir NULL: where the process stands. */
int file_open(const struct path *dir, const char *path, uint32_t flags, uint32_t mode,
	      struct file **file);
/* Others may use the file's own position, and it has one: what waits for ever has none. */
static inline bool file_position_is_shared(const struct file *file)
{
	return file->users != 1 && file->ops->seekable;
}
/*
 * The file's own position is the caller's until file_position_end(), which wants what this
 * returned: whether others could use it.
 */
static inline bool file_position_begin(struct file *file)
{
	bool shared = file_position_is_shared(file);

	if (shared)
		mutex_lock(&file->lock);
	return shared;
}
static inline void file_position_end(struct file *file, bool locked)
{
	if (locked)
		mutex_unlock(&file->lock);
}
/* -EBADF if it was not opened for that. At *position, which moves on. */
ssize_t file_read_at(struct file *file, uint64_t buf, size_t length, uint64_t *position);
ssize_t file_write_at(struct file *file, uint64_t buf, size_t length, uint64_t *position);
/* At the file's own position. */
ssize_t file_read(struct file *file, uint64_t buf, size_t length);
ssize_t file_write(struct file *file, uint64_t buf, size_t length);
/* lseek(2) */
long file_seek(struct file *file, long offset, int whence);
unsigned int file_poll(struct file *file, struct wait_queue **queue);

#define DEVICE_TTYS0	DEVICE(4, 64)
#define DEVICE_TTY	DEVICE(5, 0)
#define DEVICE_CONSOLE	DEVICE(5, 1)

#endif
