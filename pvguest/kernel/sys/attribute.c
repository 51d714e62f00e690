/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that change what is known of a file: mode, owner, times, size.
 * Linux man-pages, chmod(2), chown(2), utimensat(2), truncate(2), access(2).
 */
#include "drv/timer.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define AT_EACCESS	0x200
#define UTIME_NOW	0x3fffffffL
#define UTIME_OMIT	0x3ffffffeL
#define ACCESS_EXECUTE	1
#define ACCESS_WRITE	2

/* What may be changed at all. */
static int attribute_writable(const struct path *path)
{
	return path->dentry->inode->super->read_only || mount_is_read_only(path) ? -EROFS : 0;
}

/* Everybody is root here: what exists may be used, but only programs may be executed. */
long sys_faccessat2(long dirfd, uint64_t user_path, long mode, long flags)
{
	struct inode *inode;
	struct path path;
	int error;

	if ((mode & ~7L) || ((int)flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	error = sys_path_find(dirfd, user_path, flags, &path);
	if (error)
		return error;
	inode = path.dentry->inode;
	if ((mode & ACCESS_EXECUTE) && !inode_is_dir(inode) && !(inode->mode & 0111))
		error = -EACCES;
	if ((mode & ACCESS_WRITE) && !error && (inode_is_dir(inode) || inode_is_regular(inode)))
		error = attribute_writable(&path);
	path_put(&path);
	return error;
}

long sys_faccessat(long dirfd, uint64_t user_path, long mode)
{
	return sys_faccessat2(dirfd, user_path, mode, 0);
}

static long attribute_mode(const struct path *path, uint64_t mode)
{
	struct inode *inode = path->dentry->inode;
	int error = attribute_writable(path);

	if (error)
		return error;
	inode->mode = (inode->mode & S_IFMT) | ((uint32_t)mode & 07777);
	return inode_changed(inode, INODE_MODE);
}

long sys_fchmod(long fd, uint64_t mode)
{
	struct file *file = sys_file(fd);

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	return file->inode ? attribute_mode(&file->path, mode) : 0;
}

long sys_fchmodat(long dirfd, uint64_t user_path, uint64_t mode)
{
	struct path path;
	long error = sys_path_find(dirfd, user_path, 0, &path);

	error = error ?: attribute_mode(&path, mode);
	path_put(&path);
	return error;
}

/* A new owner takes the set-ID bits away, as for every program that is not privileged. */
static long attribute_owner(const struct path *path, uint64_t uid, uint64_t gid)
{
	struct inode *inode = path->dentry->inode;
	int error = attribute_writable(path);

	if (error)
		return error;
	if ((uint32_t)uid != ~0U)
		inode->uid = (uint32_t)uid;
	if ((uint32_t)gid != ~0U)
		inode->gid = (uint32_t)gid;
	if (!inode_is_dir(inode) && ((uint32_t)uid != ~0U || (uint32_t)gid != ~0U)) {
		inode->mode &= ~(uint32_t)S_ISUID;
		if (inode->mode & 010)
			inode->mode &= ~(uint32_t)S_ISGID;
	}
	return inode_changed(inode, INODE_UID | INODE_GID | INODE_MODE);
}

long sys_fchownat(long dirfd, uint64_t user_path, uint64_t uid, uint64_t gid, long flags)
{
	struct path path;
	long error;

	if ((int)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = sys_path_find(dirfd, user_path, flags, &path);
	error = error ?: attribute_owner(&path, uid, gid);
	path_put(&path);
	return error;
}

long sys_fchown(long fd, uint64_t uid, uint64_t gid)
{
	struct file *file = sys_file(fd);

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	return file->inode ? attribute_owner(&file->path, uid, gid) : 0;
}

long sys_ftruncate(long fd, uint64_t size)
{
	struct file *file = sys_file(fd);

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	if (!file_can_write(file) || !file->inode || !inode_is_regular(file->inode) ||
	    (int64_t)size < 0)
		return -EINVAL;
	return inode_resize(file->inode, size);
}

long sys_truncate(uint64_t user_path, uint64_t size)
{
	struct path path;
	long error = (int64_t)size < 0 ? -EINVAL : 0;

	if (error)
		return error;
	error = sys_path_find(AT_FDCWD, user_path, 0, &path);
	if (!error && !inode_is_regular(path.dentry->inode))
		error = inode_is_dir(path.dentry->inode) ? -EISDIR : -EINVAL;
	error = error ?: attribute_writable(&path);
	error = error ?: inode_resize(path.dentry->inode, size);
	path_put(&path);
	return error;
}

/* One of the two times; *what gets its bit if it is to be set. */
static int attribute_time(const struct timespec *ts, uint64_t *ns, uint32_t bit, uint32_t *what)
{
	if (ts->ns == UTIME_OMIT)
		return 0;
	*what |= bit;
	if (ts->ns == UTIME_NOW) {
		*ns = timer_real_ns();
		return 0;
	}
	if (ts->ns < 0 || ts->ns > 999999999)
		return -EINVAL;
	*ns = (uint64_t)ts->seconds * 1000000000UL + (uint64_t)ts->ns;
	return 0;
}

static long attribute_times(const struct path *path, const struct timespec ts[2])
{
	struct inode *inode = path->dentry->inode;
	uint64_t atime = inode->atime_ns, mtime = inode->mtime_ns;
	uint32_t what = 0;
	int error = attribute_time(&ts[0], &atime, INODE_ATIME, &what);

	error = error ?: attribute_time(&ts[1], &mtime, INODE_MTIME, &what);
	if (error || !what)
		return error;
	error = attribute_writable(path);
	if (error)
		return error;
	inode->atime_ns = atime;
	inode->mtime_ns = mtime;
	return inode_changed(inode, what);
}

long sys_utimensat(long dirfd, uint64_t user_path, uint64_t times, long flags)
{
	struct timespec ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	struct file *file;
	struct path path;
	long error;

	if ((int)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && user_read(ts, times, sizeof(ts)))
		return -EFAULT;
	if (!user_path) {
		file = sys_file(dirfd);
		if (!file || (file->flags & O_PATH))
			return -EBADF;
		return file->inode ? attribute_times(&file->path, ts) : 0;
	}
	error = sys_path_find(dirfd, user_path, flags, &path);
	error = error ?: attribute_times(&path, ts);
	path_put(&path);
	return error;
}
