/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on open files.
 * Linux man-pages, read(2), write(2), lseek(2), dup(2), fcntl(2), ioctl(2), pipe(2).
 */
#include "fs/fds.h"
#include "fs/lock.h"
#include "fs/pipe.h"
#include "fs/tty.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_GETLK		5
#define F_SETLK		6
#define F_SETLKW	7
#define F_OFD_GETLK	36
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38
#define F_DUPFD_CLOEXEC	1030
#define F_SETPIPE_SZ	1031
#define F_GETPIPE_SZ	1032
#define CLOSE_RANGE_CLOEXEC	4U

#define FIONBIO		0x5421
#define FIOCLEX		0x5451
#define FIONCLEX	0x5450

/* RWF_HIPRI, RWF_DSYNC, RWF_SYNC */
#define RWF_HINTS	7U

#define IOV_MAX		1024
#define RW_MAX		0x7ffff000UL	/* what Linux does at most in one call */

struct iovec {
	uint64_t base;
	size_t length;
};

/* Apart, so that what has no threads needs no stack frame for it. */
__attribute__((noinline)) struct file *sys_file_shared(long fd)
{
	struct proc *proc = proc_current;

	proc->work |= PROC_WORK_HELD;
	return fds_hold(proc->files, (int)fd, &proc->held);
}

long sys_read(long fd, uint64_t buf, size_t length)
{
	struct file *file = sys_file(fd);

	return file ? file_read(file, buf, MIN(length, RW_MAX)) : -EBADF;
}

long sys_write(long fd, uint64_t buf, size_t length)
{
	struct file *file = sys_file(fd);

	return file ? file_write(file, buf, MIN(length, RW_MAX)) : -EBADF;
}

/* file_read_at() or file_write_at(). */
typedef ssize_t file_transfer(struct file *file, uint64_t buf, size_t length, uint64_t *position);

static long file_vector(struct file *file, uint64_t vectors, long count, uint64_t *position,
			file_transfer *transfer)
{
	ssize_t total = 0, done;
	struct iovec v;

	if ((int)count < 0 || (int)count > IOV_MAX)
		return -EINVAL;
	for (int i = 0; i < (int)count; i++) {
		if (user_read(&v, vectors + (uint64_t)i * sizeof(v), sizeof(v)))
			return total ? total : -EFAULT;
		if (!v.length)
			continue;
		done = transfer(file, v.base, MIN(v.length, RW_MAX), position);
		if (done < 0)
			return total ? total : done;
		total += done;
		if ((size_t)done < v.length)
			break;
	}
	return total;
}

/* At the file's own position. */
static long file_vector_here(long fd, uint64_t vectors, long count, file_transfer *transfer)
{
	struct file *file = sys_file(fd);
	bool locked;
	long done;

	if (!file)
		return -EBADF;
	locked = file_position_begin(file);
	done = file_vector(file, vectors, count, &file->position, transfer);
	file_position_end(file, locked);
	return done;
}

long sys_readv(long fd, uint64_t vectors, long count)
{
	return file_vector_here(fd, vectors, count, file_read_at);
}

long sys_writev(long fd, uint64_t vectors, long count)
{
	return file_vector_here(fd, vectors, count, file_write_at);
}

static long file_at(long fd, uint64_t buf, size_t length, long offset, file_transfer *transfer)
{
	struct file *file = sys_file(fd);
	uint64_t position = (uint64_t)offset;

	if (!file)
		return -EBADF;
	if (offset < 0)
		return -EINVAL;
	if (!file->ops->seekable)
		return -ESPIPE;
	return transfer(file, buf, MIN(length, RW_MAX), &position);
}

long sys_pread64(long fd, uint64_t buf, size_t length, long offset)
{
	return file_at(fd, buf, length, offset, file_read_at);
}

long sys_pwrite64(long fd, uint64_t buf, size_t length, long offset)
{
	return file_at(fd, buf, length, offset, file_write_at);
}

/* preadv2(2) and pwritev2(2): position -1 is the file's own. */
static long file_vector_at(long fd, uint64_t vectors, long count, long offset, uint64_t flags,
			   file_transfer *transfer)
{
	struct file *file = sys_file(fd);
	uint64_t position = (uint64_t)offset;

	if (!file)
		return -EBADF;
	/* Every write is as durable as the file system makes it; hints are hints. */
	if ((uint32_t)flags & ~RWF_HINTS)
		return -EOPNOTSUPP;
	if (offset == -1)
		return file_vector_here(fd, vectors, count, transfer);
	if (offset < 0)
		return -EINVAL;
	if (!file->ops->seekable)
		return -ESPIPE;
	return file_vector(file, vectors, count, &position, transfer);
}

long sys_preadv(long fd, uint64_t vectors, long count, long offset)
{
	return offset < 0 ? -EINVAL
			  : file_vector_at(fd, vectors, count, offset, 0, file_read_at);
}

long sys_pwritev(long fd, uint64_t vectors, long count, long offset)
{
	return offset < 0 ? -EINVAL
			  : file_vector_at(fd, vectors, count, offset, 0, file_write_at);
}

long sys_preadv2(long fd, uint64_t vectors, long count, long offset, uint64_t high, uint64_t flags)
{
	(void)high;
	return file_vector_at(fd, vectors, count, offset, flags, file_read_at);
}

long sys_pwritev2(long fd, uint64_t vectors, long count, long offset, uint64_t high, uint64_t flags)
{
	(void)high;
	return file_vector_at(fd, vectors, count, offset, flags, file_write_at);
}

long sys_lseek(long fd, long offset, long whence)
{
	struct file *file = sys_file(fd);

	return file ? file_seek(file, offset, (int)whence) : -EBADF;
}

long sys_close(long fd)
{
	return fds_close(proc_current->files, (int)fd);
}

static long file_dup(struct file *file, int from, bool close_on_exec)
{
	long fd = fds_install(proc_current->files, file, from, close_on_exec);

	if (fd >= 0)
		file_get(file);
	return fd;
}

long sys_dup(long fd)
{
	struct file *file = sys_file(fd);

	return file ? file_dup(file, 0, false) : -EBADF;
}

long sys_dup3(long from, long to, long flags)
{
	struct file *file = sys_file(from);
	long fd;

	if (!file)
		return -EBADF;
	if ((int)from == (int)to || (flags & ~(long)O_CLOEXEC))
		return -EINVAL;
	file_get(file);
	fd = fds_replace(proc_current->files, file, (int)to, (flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_put(file);
	return fd;
}

/* owner: the table of descriptors, or the open file. */
static long file_lock(struct file *file, int fd, const void *owner, int command, uint64_t arg)
{
	struct lock_request request;
	int error;

	if (user_read(&request, arg, sizeof(request)))
		return -EFAULT;
	/* Locks of open files are nobody's in particular. */
	if (owner == file && request.pid)
		return -EINVAL;
	if (command == F_GETLK) {
		error = lock_get(file, owner, &request);
		return error ? error : user_write(arg, &request, sizeof(request));
	}
	error = lock_set(file, owner, &request, command == F_SETLKW);
	/* Another thread may have closed the descriptor, and with it all the process's locks. */
	if (!error && owner != file && fds_get(owner, fd) != file) {
		lock_release(file->inode, owner);
		error = -EBADF;
	}
	return error;
}

long sys_fcntl(long fd, long command, uint64_t arg)
{
	struct fd_table *table = proc_current->files;
	struct file *file = sys_file(fd);

	if (!file)
		return -EBADF;
	switch ((int)command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg >= (uint64_t)fds_limit())
			return -EINVAL;
		return file_dup(file, (int)arg, command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return table->close_on_exec[(int)fd];
	case F_SETFD:
		table->close_on_exec[(int)fd] = arg & 1;
		return 0;
	case F_GETFL:
		return (long)(file->flags | O_LARGEFILE);
	case F_SETFL:
		file->flags = (file->flags & ~(uint32_t)(O_APPEND | O_NONBLOCK)) |
			      ((uint32_t)arg & (O_APPEND | O_NONBLOCK));
		return 0;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return file_lock(file, (int)fd, table, (int)command, arg);
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return file_lock(file, (int)fd, file, (int)command - F_OFD_GETLK + F_GETLK,
				 arg);
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_size(file, command == F_SETPIPE_SZ ? arg : 0);
	default:
		return -EINVAL;
	}
}

long sys_flock(long fd, long operation)
{
	struct file *file = sys_file(fd);

	return file ? lock_whole(file, (uint32_t)operation) : -EBADF;
}

long sys_close_range(uint64_t first, uint64_t last, uint64_t flags)
{
	struct fd_table *table = proc_current->files;

	if ((uint32_t)first > (uint32_t)last || ((uint32_t)flags & ~CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	for (uint64_t fd = (uint32_t)first; fd <= (uint32_t)last && fd < table->size; fd++) {
		if (!table->files[fd])
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC)
			table->close_on_exec[fd] = true;
		else
			fds_close(table, (int)fd);
	}
	return 0;
}

long sys_ioctl(long fd, uint64_t request, uint64_t arg)
{
	struct file *file = sys_file(fd);
	int on;

	if (!file)
		return -EBADF;
	switch ((uint32_t)request) {
	case FIOCLEX:
	case FIONCLEX:
		proc_current->files->close_on_exec[(int)fd] = (uint32_t)request == FIOCLEX;
		return 0;
	case FIONBIO:
		if (user_read(&on, arg, sizeof(on)))
			return -EFAULT;
		file->flags = (file->flags & ~(uint32_t)O_NONBLOCK) | (on ? O_NONBLOCK : 0U);
		return 0;
	default:
		return file->ops->ioctl ? file->ops->ioctl(file, (uint32_t)request, arg) : -ENOTTY;
	}
}

long sys_pipe2(uint64_t user_fds, uint64_t flags)
{
	struct fd_table *table = proc_current->files;
	bool close_on_exec = (flags & O_CLOEXEC) != 0;
	struct file *files[2];
	int fds[2] = { -1, -1 }, error;

	if ((uint32_t)flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	error = pipe_new((uint32_t)flags & O_NONBLOCK, &files[0], &files[1]);
	if (error)
		return error;
	for (int i = 0; i < 2 && !error; i++) {
		fds[i] = fds_install(table, files[i], 0, close_on_exec);
		if (fds[i] < 0)
			error = fds[i];
		else
			file_get(files[i]);
	}
	error = error ?: user_write(user_fds, fds, sizeof(fds));
	for (int i = 0; i < 2; i++) {
		/* Writing may have slept: another thread may have closed it, and opened another. */
		if (error && fds[i] >= 0 && fds_get(table, fds[i]) == files[i])
			fds_close(table, fds[i]);
		file_put(files[i]);
	}
	return error;
}
