/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that make, remove and change names.
 * Linux man-pages, open(2), mknod(2), unlink(2), rename(2), path_resolution(7).
 */
#include "fs/path.h"

#include "fs/fds.h"
#include "fs/namei.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/fd.h"
#include "sys/syscall.h"

int sys_path_begin(struct sys_path *p, long dirfd, uint64_t user_path)
{
	struct file *file;
	ssize_t length;

	/* Clearing a page takes longer than most walks. */
	*p = (struct sys_path){ .text = heap_alloc_page() };
	if (!p->text)
		return -ENOMEM;
	length = user_read_string(p->text, user_path, PATH_MAX);
	if (length < 0)
		return (int)length;
	if (p->text[0] == '/' || (int)dirfd == AT_FDCWD) {
		p->dir = proc_current->fs->cwd;
	} else {
		file = sys_file(dirfd);
		if (!file)
			return -EBADF;
		if (length && (!file->inode || !inode_is_dir(file->inode)))
			return -ENOTDIR;
		p->dir = file->path;
	}
	if (p->dir.dentry)
		path_get(&p->dir);
	return 0;
}

void sys_path_done(struct sys_path *p)
{
	path_put(&p->dir);
	heap_free(p->text);
}

int sys_path_find(long dirfd, uint64_t user_path, long flags, struct path *path)
{
	struct sys_path p;
	int error = sys_path_begin(&p, dirfd, user_path);

	*path = (struct path){ 0 };
	if (!error && !p.text[0] && (flags & AT_EMPTY_PATH)) {
		if (!p.dir.dentry)
			error = -ENOTDIR;
		else
			path_get(&p.dir);
		*path = p.dir;
	} else if (!error) {
		error = path_find(&p.dir, p.text, !(flags & AT_SYMLINK_NOFOLLOW), path);
	}
	sys_path_done(&p);
	return error;
}

/* A walk to a name that is to be made or removed. */
static int sys_path_walk(struct sys_path *p, long dirfd, uint64_t user_path,
			 struct path_walk *walk)
{
	int error = sys_path_begin(p, dirfd, user_path);

	*walk = (struct path_walk){ 0 };
	return error ?: path_walk(&p->dir, p->text, PATH_PARENT, walk);
}

static void sys_path_walk_done(struct sys_path *p, struct path_walk *walk)
{
	path_walk_done(walk);
	sys_path_done(p);
}

long sys_openat(long dirfd, uint64_t user_path, uint64_t flags, uint64_t mode)
{
	struct sys_path p;
	struct file *file;
	int error = sys_path_begin(&p, dirfd, user_path);
	long fd;

	error = error ?: file_open(&p.dir, p.text, (uint32_t)flags, (uint32_t)mode, &file);
	sys_path_done(&p);
	if (error)
		return error;
	fd = fds_install(proc_current->files, file, 0, (flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_put(file);
	return fd;
}

static long sys_path_create(long dirfd, uint64_t user_path, const struct inode_request *request)
{
	bool is_dir = (request->mode & S_IFMT) == S_IFDIR;
	struct sys_path p;
	struct path_walk walk;
	int error = sys_path_walk(&p, dirfd, user_path, &walk);

	if (!error && walk.found.dentry)
		error = -EEXIST;
	if (!error && (!walk.parent.dentry || (walk.must_be_dir && !is_dir)))
		error = -ENOENT;
	error = error ?: namei_create(&walk.parent, walk.name, request, NULL);
	sys_path_walk_done(&p, &walk);
	return error;
}

long sys_mkdirat(long dirfd, uint64_t user_path, uint64_t mode)
{
	struct inode_request request = {
		.mode = S_IFDIR | ((uint32_t)mode & 01777 & ~proc_current->fs->umask)
	};

	return sys_path_create(dirfd, user_path, &request);
}

long sys_mknodat(long dirfd, uint64_t user_path, uint64_t user_mode, uint64_t device)
{
	uint32_t mode = (uint32_t)user_mode, type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
	struct inode_request request = {
		.mode = type | (mode & 07777 & ~proc_current->fs->umask),
	};

	if (type == S_IFCHR || type == S_IFBLK)
		request.device = (uint32_t)device;
	else if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
		return type == S_IFDIR ? -EPERM : -EINVAL;
	return sys_path_create(dirfd, user_path, &request);
}

long sys_symlinkat(uint64_t user_target, long dirfd, uint64_t user_path)
{
	struct inode_request request = { .mode = S_IFLNK | 0777 };
	char *target = heap_alloc(PATH_MAX);
	ssize_t length;
	long error;

	if (!target)
		return -ENOMEM;
	length = user_read_string(target, user_target, PATH_MAX);
	error = length < 0 ? length : length == 0 ? -ENOENT : 0;
	request.target = target;
	error = error ?: sys_path_create(dirfd, user_path, &request);
	heap_free(target);
	return error;
}

long sys_linkat(long from, uint64_t old, long to, uint64_t user_path, long flags)
{
	struct sys_path p = { 0 };
	struct path_walk walk = { 0 };
	struct path path;
	int error;

	if ((int)flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = sys_path_find(from, old, (flags & AT_EMPTY_PATH) |
						 (flags & AT_SYMLINK_FOLLOW ? 0
									    : AT_SYMLINK_NOFOLLOW),
			      &path);
	if (error)
		return error;
	error = sys_path_walk(&p, to, user_path, &walk);
	if (!error && walk.found.dentry)
		error = -EEXIST;
	if (!error && (!walk.parent.dentry || walk.must_be_dir))
		error = -ENOENT;
	error = error ?: namei_link(&walk.parent, walk.name, &path);
	sys_path_walk_done(&p, &walk);
	path_put(&path);
	return error;
}

long sys_unlinkat(long dirfd, uint64_t user_path, long flags)
{
	bool remove_dir = (flags & AT_REMOVEDIR) != 0;
	struct sys_path p;
	struct path_walk walk;
	int error;

	if ((int)flags & ~AT_REMOVEDIR)
		return -EINVAL;
	error = sys_path_walk(&p, dirfd, user_path, &walk);
	if (!error && !walk.found.dentry)
		error = -ENOENT;
	else if (!error && !walk.parent.dentry)
		error = remove_dir ? -EINVAL : -EISDIR;
	else if (!error && walk.found.mount != walk.parent.mount)
		error = -EBUSY;
	error = error ?: namei_unlink(&walk.parent, walk.found.dentry, remove_dir);
	sys_path_walk_done(&p, &walk);
	return error;
}

long sys_renameat2(long from, uint64_t old, long to, uint64_t user_path, uint64_t user_flags)
{
	uint32_t flags = (uint32_t)user_flags;
	struct sys_path p, q = { 0 };
	struct path_walk a, b = { 0 };
	int error;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	error = sys_path_walk(&p, from, old, &a);
	error = error ?: sys_path_walk(&q, to, user_path, &b);
	if (!error && !a.found.dentry)
		error = -ENOENT;
	/* What is mounted somewhere keeps its name. */
	if (!error && a.parent.dentry && a.found.mount != a.parent.mount)
		error = -EBUSY;
	if (!error && b.found.dentry && b.parent.dentry && b.found.mount != b.parent.mount)
		error = -EBUSY;
	error = error ?: namei_rename(&a, &b, flags);
	sys_path_walk_done(&p, &a);
	sys_path_walk_done(&q, &b);
	return error;
}

long sys_readlinkat(long dirfd, uint64_t user_path, uint64_t buf, size_t size)
{
	struct path path;
	char *target;
	ssize_t length;
	long error;

	if ((int)size <= 0)
		return -EINVAL;
	error = sys_path_find(dirfd, user_path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &path);
	if (error)
		return error;
	target = heap_alloc(PATH_MAX);
	length = target ? inode_readlink(path.dentry->inode, target, MIN(size, PATH_MAX))
			: -ENOMEM;
	if (length > 0 && user_write(buf, target, (size_t)length))
		length = -EFAULT;
	heap_free(target);
	path_put(&path);
	return length;
}

static long sys_change_dir(struct path *place, const struct path *path)
{
	if (!path->dentry || !inode_is_dir(path->dentry->inode))
		return -ENOTDIR;
	fs_context_set(place, path);
	return 0;
}

static long sys_change(struct path *place, uint64_t user_path)
{
	struct path path;
	long error = sys_path_find(AT_FDCWD, user_path, 0, &path);

	error = error ?: sys_change_dir(place, &path);
	path_put(&path);
	return error;
}

long sys_chdir(uint64_t user_path)
{
	return sys_change(&proc_current->fs->cwd, user_path);
}

long sys_chroot(uint64_t user_path)
{
	if (!cred_is_root(&proc_current->cred))
		return -EPERM;
	return sys_change(&proc_current->fs->root, user_path);
}

long sys_fchdir(long fd)
{
	struct file *file = sys_file(fd);

	return file ? sys_change_dir(&proc_current->fs->cwd, &file->path) : -EBADF;
}

long sys_getcwd(uint64_t buf, size_t size)
{
	char *text = heap_alloc(PATH_MAX);
	const struct dentry *cwd = proc_current->fs->cwd.dentry;
	ssize_t length = text ? path_of(&proc_current->fs->cwd, text, PATH_MAX) : -ENOMEM;

	if (!cwd->hashed && cwd->parent != cwd)
		length = -ENOENT;
	if (length >= 0)
		length = (size_t)length > size ? -ERANGE
					       : user_write(buf, text, (size_t)length) ?: length;
	heap_free(text);
	return length;
}
