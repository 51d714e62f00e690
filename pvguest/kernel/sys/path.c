/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on names of files.
 * Linux man-pages, open(2), stat(2), unlink(2), rename(2), getdents(2), path_resolution(7).
 */
#include "fs/path.h"

#include "fs/fds.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define RENAME_NOREPLACE	1

/* A name from user memory, and buffers for it: freed by sys_path_done(). */
struct sys_path {
	char *text, *buf;
	struct inode *dir;
};

static int sys_path_begin(struct sys_path *p, long dirfd, uint64_t user_path)
{
	struct file *file = NULL;
	ssize_t length;

	*p = (struct sys_path){ .text = heap_alloc(PATH_MAX), .buf = heap_alloc(PATH_MAX),
				.dir = proc_current->cwd };
	if (!p->text || !p->buf)
		return -ENOMEM;
	length = user_read_string(p->text, user_path, PATH_MAX);
	if (length < 0)
		return (int)length;
	if (p->text[0] == '/' || (int)dirfd == AT_FDCWD)
		return 0;
	file = sys_file(dirfd);
	if (!file)
		return -EBADF;
	if (!file->inode || (length && !inode_is_dir(file->inode)))
		return -ENOTDIR;
	p->dir = file->inode;
	return 0;
}

static void sys_path_done(struct sys_path *p)
{
	heap_free(p->text);
	heap_free(p->buf);
}

/* The inode a call names; it may be what dirfd is, with AT_EMPTY_PATH. */
static int sys_path_find(struct sys_path *p, long dirfd, uint64_t user_path, long flags,
			 struct inode **inode)
{
	int error = sys_path_begin(p, dirfd, user_path);

	if (!error && !p->text[0] && (flags & AT_EMPTY_PATH)) {
		*inode = p->dir;
		return 0;
	}
	return error ?: path_find(p->dir, p->text, !(flags & AT_SYMLINK_NOFOLLOW), inode);
}

/* A name that does not exist yet, for mkdir and friends. */
static int sys_path_new(struct sys_path *p, long dirfd, uint64_t user_path, struct path *path)
{
	int error = sys_path_begin(p, dirfd, user_path);

	error = error ?: path_lookup(p->dir, p->text, false, p->buf, path);
	if (error)
		return error;
	return path->inode ? -EEXIST : !path->parent ? -ENOENT : 0;
}

long sys_openat(long dirfd, uint64_t user_path, uint64_t flags, uint64_t mode)
{
	struct sys_path p;
	struct file *file;
	int error = sys_path_begin(&p, dirfd, user_path);
	long fd;

	error = error ?: file_open(p.dir, p.text, (uint32_t)flags, (uint32_t)mode, &file);
	sys_path_done(&p);
	if (error)
		return error;
	fd = fds_install(proc_current->files, file, 0, (flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_put(file);
	return fd;
}

static long sys_path_create(long dirfd, uint64_t user_path, uint32_t mode, uint32_t device,
			    const char *target)
{
	struct sys_path p;
	struct path path;
	int error = sys_path_new(&p, dirfd, user_path, &path);
	struct inode *inode;

	if (!error && path.must_be_dir && (mode & S_IFMT) != S_IFDIR)
		error = -ENOENT;
	if (!error) {
		inode = inode_create(path.parent, path.name, path.length, mode);
		error = inode ? 0 : -ENOMEM;
		if (inode)
			inode->device = device;
		if (inode && target) {
			inode->target = heap_alloc(strlen(target) + 1);
			if (inode->target) {
				inode->size = strlen(target);
				memcpy(inode->target, target, inode->size);
			} else {
				inode_unlink(path.parent, inode_find(path.parent, path.name,
								     path.length));
				error = -ENOMEM;
			}
		}
	}
	sys_path_done(&p);
	return error;
}

long sys_mkdirat(long dirfd, uint64_t user_path, uint64_t mode)
{
	return sys_path_create(dirfd, user_path,
			       S_IFDIR | ((uint32_t)mode & 01777 & ~proc_current->umask), 0, NULL);
}

long sys_mknodat(long dirfd, uint64_t user_path, uint64_t user_mode, uint64_t device)
{
	uint32_t mode = (uint32_t)user_mode;

	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if ((mode & S_IFMT) != S_IFREG && (mode & S_IFMT) != S_IFIFO && (mode & S_IFMT) != S_IFCHR)
		return (mode & S_IFMT) == S_IFDIR ? -EPERM : -EINVAL;
	return sys_path_create(dirfd, user_path,
			       (mode & S_IFMT) | (mode & 07777 & ~proc_current->umask),
			       (uint32_t)device, NULL);
}

long sys_symlinkat(uint64_t user_target, long dirfd, uint64_t user_path)
{
	char *target = heap_alloc(PATH_MAX);
	ssize_t length;
	long error;

	if (!target)
		return -ENOMEM;
	length = user_read_string(target, user_target, PATH_MAX);
	error = length < 0 ? length : length == 0 ? -ENOENT : 0;
	error = error ?: sys_path_create(dirfd, user_path, S_IFLNK | 0777, 0, target);
	heap_free(target);
	return error;
}

long sys_linkat(long from, uint64_t old, long to, uint64_t user_path, long flags)
{
	struct sys_path p, q = { 0 };
	struct inode *inode;
	struct path path;
	int error = sys_path_find(&p, from, old,
				  flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW, &inode);

	if (!error && inode_is_dir(inode))
		error = -EPERM;
	error = error ?: sys_path_new(&q, to, user_path, &path);
	error = error ?: inode_link(path.parent, path.name, path.length, inode);
	sys_path_done(&p);
	sys_path_done(&q);
	return error;
}

long sys_unlinkat(long dirfd, uint64_t user_path, long flags)
{
	bool remove_dir = (flags & AT_REMOVEDIR) != 0;
	struct sys_path p;
	struct path path;
	int error = sys_path_begin(&p, dirfd, user_path);

	error = error ?: path_lookup(p.dir, p.text, false, p.buf, &path);
	if (!error && !path.inode)
		error = -ENOENT;
	else if (!error && !path.entry)
		error = remove_dir ? -EBUSY : -EISDIR;
	else if (!error && remove_dir && !inode_is_dir(path.inode))
		error = -ENOTDIR;
	else if (!error && !remove_dir && inode_is_dir(path.inode))
		error = -EISDIR;
	else if (!error && remove_dir && !list_empty(&path.inode->entries))
		error = -ENOTEMPTY;
	if (!error)
		inode_unlink(path.parent, path.entry);
	sys_path_done(&p);
	return error;
}

static bool sys_is_below(struct inode *dir, const struct inode *top)
{
	for (;; dir = dir->parent) {
		if (dir == top)
			return true;
		if (dir == inode_root)
			return false;
	}
}

static int sys_rename(struct path *from, struct path *to, uint64_t flags)
{
	int error;

	if (!from->inode || !to->parent)
		return -ENOENT;
	if (!from->entry)
		return -EBUSY;
	if (from->inode == to->inode)
		return 0;
	if (inode_is_dir(from->inode) && sys_is_below(to->parent, from->inode))
		return -EINVAL;
	if (to->inode) {
		if (flags & RENAME_NOREPLACE)
			return -EEXIST;
		if (inode_is_dir(to->inode) != inode_is_dir(from->inode))
			return inode_is_dir(to->inode) ? -EISDIR : -ENOTDIR;
		if (inode_is_dir(to->inode) && !list_empty(&to->inode->entries))
			return -ENOTEMPTY;
	}
	error = inode_link(to->parent, to->name, to->length, from->inode);
	if (error)
		return error;
	if (to->entry)
		inode_unlink(to->parent, to->entry);
	inode_unlink(from->parent, from->entry);
	if (inode_is_dir(from->inode))
		from->inode->parent = to->parent;
	return 0;
}

long sys_renameat2(long from, uint64_t old, long to, uint64_t user_path, uint64_t flags)
{
	struct sys_path p, q = { 0 };
	struct path old_path, new_path;
	int error = flags & ~(uint64_t)RENAME_NOREPLACE ? -EINVAL : 0;

	error = error ?: sys_path_begin(&p, from, old);
	if (flags & ~(uint64_t)RENAME_NOREPLACE)
		return error;
	error = error ?: sys_path_begin(&q, to, user_path);
	error = error ?: path_lookup(p.dir, p.text, false, p.buf, &old_path);
	error = error ?: path_lookup(q.dir, q.text, false, q.buf, &new_path);
	error = error ?: sys_rename(&old_path, &new_path, flags);
	sys_path_done(&p);
	sys_path_done(&q);
	return error;
}

long sys_readlinkat(long dirfd, uint64_t user_path, uint64_t buf, size_t size)
{
	struct sys_path p;
	struct inode *inode;
	int error = sys_path_find(&p, dirfd, user_path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
				  &inode);
	size_t length = 0;

	if (!error && !inode->target)
		error = -EINVAL;
	if (!error) {
		length = MIN(strlen(inode->target), size);
		error = user_write(buf, inode->target, length);
	}
	sys_path_done(&p);
	return error ?: (long)length;
}

static long sys_access(long dirfd, uint64_t user_path, long flags)
{
	struct sys_path p;
	struct inode *inode;
	int error = sys_path_find(&p, dirfd, user_path, flags, &inode);

	sys_path_done(&p);
	return error;
}

/* Everybody is root here: what exists may be used, but only programs may be executed. */
long sys_faccessat2(long dirfd, uint64_t user_path, long mode, long flags)
{
	struct sys_path p;
	struct inode *inode;
	int error;

	if (mode & ~7L)
		return -EINVAL;
	error = sys_path_find(&p, dirfd, user_path, flags, &inode);
	if (!error && (mode & 1) && !(inode->mode & 0111))
		error = -EACCES;
	sys_path_done(&p);
	return error;
}

long sys_faccessat(long dirfd, uint64_t user_path, long mode)
{
	return sys_faccessat2(dirfd, user_path, mode, 0);
}

static long sys_change_mode(struct inode *inode, uint64_t mode)
{
	inode->mode = (inode->mode & S_IFMT) | ((uint32_t)mode & 07777);
	return 0;
}

long sys_fchmod(long fd, uint64_t mode)
{
	struct file *file = sys_file(fd);

	return !file ? -EBADF : file->inode ? sys_change_mode(file->inode, mode) : 0;
}

long sys_fchmodat(long dirfd, uint64_t user_path, uint64_t mode)
{
	struct sys_path p;
	struct inode *inode;
	int error = sys_path_find(&p, dirfd, user_path, 0, &inode);

	sys_path_done(&p);
	return error ?: sys_change_mode(inode, mode);
}

/* There is one user, root, so ownership has nothing to say. */
long sys_fchownat(long dirfd, uint64_t user_path, uint64_t uid, uint64_t gid, long flags)
{
	(void)uid;
	(void)gid;
	return sys_access(dirfd, user_path, flags);
}

long sys_fchown(long fd, uint64_t uid, uint64_t gid)
{
	(void)uid;
	(void)gid;
	return sys_file(fd) ? 0 : -EBADF;
}

long sys_ftruncate(long fd, uint64_t size)
{
	struct file *file = sys_file(fd);

	if (!file)
		return -EBADF;
	if (!file_can_write(file) || !file->inode || !inode_is_regular(file->inode) ||
	    (int64_t)size < 0)
		return -EINVAL;
	return inode_truncate(file->inode, size);
}

static long sys_change_dir(struct inode *inode)
{
	if (!inode_is_dir(inode))
		return -ENOTDIR;
	inode_get(inode);
	inode_put(proc_current->cwd);
	proc_current->cwd = inode;
	return 0;
}

long sys_chdir(uint64_t user_path)
{
	struct sys_path p;
	struct inode *inode;
	long error = sys_path_find(&p, AT_FDCWD, user_path, 0, &inode);

	sys_path_done(&p);
	return error ?: sys_change_dir(inode);
}

long sys_fchdir(long fd)
{
	struct file *file = sys_file(fd);

	return !file ? -EBADF : !file->inode ? -ENOTDIR : sys_change_dir(file->inode);
}

long sys_getcwd(uint64_t buf, size_t size)
{
	char *text = heap_alloc(PATH_MAX);
	ssize_t length = text ? path_of(proc_current->cwd, text, PATH_MAX) : -ENOMEM;

	if (length >= 0)
		length = (size_t)length > size ? -ERANGE
					       : user_write(buf, text, (size_t)length) ?: length;
	heap_free(text);
	return length;
}

long sys_utimensat(long dirfd, uint64_t user_path, uint64_t times, long flags)
{
	(void)times;
	if (!user_path)
		return sys_file(dirfd) ? 0 : -EBADF;
	return sys_access(dirfd, user_path, flags);
}
