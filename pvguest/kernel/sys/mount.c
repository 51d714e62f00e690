/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on mounted file systems.
 * Linux man-pages, mount(2), umount(2), pivot_root(2), statfs(2), sync(2).
 */
#include "fs/mount.h"

#include "fs/blockdev.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define MS_SILENT	0x8000UL
#define MS_PRIVATE	(1UL << 18)
#define MS_REC		0x4000UL
#define MS_MAGIC	0xc0ed0000UL	/* what old programs put in the upper half */
#define MS_NEW		(MS_KEPT | MS_SILENT | MS_LAZYTIME | MS_STRICTATIME)

struct statfs {
	uint64_t type, block_size, blocks, free, available, files, files_free;
	uint32_t id[2];
	uint64_t name_length, fragment_size, flags, spare[4];
};

_Static_assert(sizeof(struct statfs) == 120, "struct statfs is ABI");

/* The strings of mount(2), each in a buffer of PATH_MAX. */
struct mount_strings {
	char *source, *type, *options;
};

static int mount_string(char **text, uint64_t addr)
{
	ssize_t length = 0;

	*text = heap_alloc(PATH_MAX);
	if (!*text)
		return -ENOMEM;
	if (addr)
		length = user_read_string(*text, addr, PATH_MAX);
	return length < 0 ? (int)length : 0;
}

static int mount_fresh(const struct path *point, const struct mount_strings *s, uint64_t flags)
{
	const struct file_system *type = super_type(s->type);
	struct path device = { 0 };
	int error;

	if (flags & ~MS_NEW)
		return -EINVAL;
	if (!type)
		return -ENODEV;
	if (type->needs_device) {
		error = path_find(NULL, s->source, true, &device);
		if (error)
			return error;
	}
	error = mount_new(point, s->type, s->source[0] ? s->source : "none",
			  device.dentry ? device.dentry->inode : NULL, s->options, flags);
	path_put(&device);
	return error;
}

static int mount_from(const struct path *point, const char *source, uint64_t flags)
{
	struct path from;
	int error = path_find(NULL, source, true, &from);

	if (error)
		return error;
	error = flags & MS_MOVE ? mount_move(&from, point) : mount_bind(point, &from, source);
	path_put(&from);
	return error;
}

static int mount_do(const struct path *point, const struct mount_strings *s, uint64_t flags)
{
	if (flags & MS_REMOUNT)
		return flags & ~(MS_NEW | MS_REMOUNT | MS_BIND)
			       ? -EINVAL
			       : mount_remount(point, flags, s->options);
	if (flags & (MS_BIND | MS_MOVE))
		return flags & ~(MS_NEW | MS_BIND | MS_MOVE | MS_REC)
			       ? -EINVAL
			       : mount_from(point, s->source, flags);
	/* Mounts do not propagate here: all are private already. */
	if (flags & MS_PRIVATE)
		return flags & ~(MS_PRIVATE | MS_REC | MS_SILENT) ? -EINVAL : 0;
	return mount_fresh(point, s, flags);
}

long sys_mount(uint64_t source, uint64_t target, uint64_t type, uint64_t flags, uint64_t data)
{
	struct mount_strings s = { 0 };
	struct path point = { 0 };
	int error = cred_is_root(&proc_current->cred) ? mount_string(&s.source, source) : -EPERM;

	if ((flags & 0xffff0000UL) == MS_MAGIC)
		flags &= ~0xffff0000UL;
	error = error ?: mount_string(&s.type, type);
	error = error ?: mount_string(&s.options, data);
	error = error ?: sys_path_find(AT_FDCWD, target, 0, &point);
	error = error ?: mount_do(&point, &s, flags);
	path_put(&point);
	heap_free(s.source);
	heap_free(s.type);
	heap_free(s.options);
	return error;
}

long sys_umount2(uint64_t target, long flags)
{
	struct path path;
	long error;

	if ((int)flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!cred_is_root(&proc_current->cred))
		return -EPERM;
	error = sys_path_find(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0,
			      &path);
	error = error ?: mount_remove(&path, (flags & MNT_DETACH) != 0);
	path_put(&path);
	return error;
}

static bool mount_move_place(struct path *place, const struct path *from, const struct path *to)
{
	if (place->mount != from->mount || place->dentry != from->dentry)
		return false;
	fs_context_set(place, to);
	return true;
}

/* One place of one thread; that may sleep, so the next one is looked for from the beginning. */
static bool mount_move_one(const struct path *from, const struct path *to)
{
	struct list *pos, *at;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *leader = LIST_ENTRY(pos, struct proc, all_link);

		if (leader->fs && (mount_move_place(&leader->fs->root, from, to) ||
				   mount_move_place(&leader->fs->cwd, from, to)))
			return true;
		LIST_FOR_EACH (at, &leader->threads) {
			struct proc *thread = LIST_ENTRY(at, struct proc, thread_link);

			if (thread->fs && (mount_move_place(&thread->fs->root, from, to) ||
					   mount_move_place(&thread->fs->cwd, from, to)))
				return true;
		}
	}
	return false;
}

long sys_pivot_root(uint64_t new_root, uint64_t put_old)
{
	struct path old_top = mount_root, new, old;
	long error = cred_is_root(&proc_current->cred)
			     ? sys_path_find(AT_FDCWD, new_root, 0, &new) : -EPERM;

	if (error)
		return error;
	error = sys_path_find(AT_FDCWD, put_old, 0, &old);
	path_get(&old_top);
	error = error ?: mount_pivot(&new, &old);
	/* Everybody who stood at the old root stands at the new one. */
	while (!error && mount_move_one(&old_top, &new))
		;
	path_put(&old_top);
	path_put(&new);
	path_put(&old);
	return error;
}

static long mount_write_statfs(const struct path *path, uint64_t buf)
{
	struct superblock *super = path->dentry->inode->super;
	struct super_stat stat = { .block_bytes = PAGE_SIZE };
	struct statfs st = { .type = super->type->magic, .name_length = NAME_MAX };

	if (super->type->statfs)
		super->type->statfs(super, &stat);
	st.block_size = st.fragment_size = stat.block_bytes;
	st.blocks = stat.blocks;
	st.free = stat.free;
	st.available = stat.available;
	st.files = stat.files;
	st.files_free = stat.files_free;
	st.id[0] = super->number;
	/* The low flags are mount(2)'s; 0x20 says that they are valid. */
	st.flags = 0x20 | (path->mount->flags & 0xf) | (super->read_only ? MS_RDONLY : 0) |
		   (path->mount->flags & MS_NOATIME) |
		   (path->mount->flags & (MS_NOATIME | MS_STRICTATIME) ? 0 : 0x1000);
	return user_write(buf, &st, sizeof(st));
}

long sys_statfs(uint64_t user_path, uint64_t buf)
{
	struct path path;
	long error = sys_path_find(AT_FDCWD, user_path, 0, &path);

	error = error ?: mount_write_statfs(&path, buf);
	path_put(&path);
	return error;
}

long sys_fstatfs(long fd, uint64_t buf)
{
	struct file *file = sys_file(fd);

	if (!file)
		return -EBADF;
	return file->path.dentry ? mount_write_statfs(&file->path, buf) : -ENOSYS;
}

long sys_sync(void)
{
	super_sync_all();
	blockdev_sync_all();
	return 0;
}

long sys_syncfs(long fd)
{
	struct file *file = sys_file(fd);
	struct superblock *super;

	if (!file)
		return -EBADF;
	super = file->inode ? file->inode->super : NULL;
	return super && super->type->sync ? super->type->sync(super) : 0;
}

long sys_fsync(long fd)
{
	struct file *file = sys_file(fd);

	if (!file || (file->flags & O_PATH))
		return -EBADF;
	if (!file->inode || (!inode_is_regular(file->inode) && !inode_is_dir(file->inode) &&
			     !inode_is(file->inode, S_IFBLK)))
		return -EINVAL;
	if (file->ops->sync)
		return file->ops->sync(file);
	return file->inode->ops->sync ? file->inode->ops->sync(file->inode) : 0;
}

long sys_fdatasync(long fd)
{
	return sys_fsync(fd);
}
