/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mount table.
 * Linux man-pages, mount(2), umount(2).
 */
#include "fs/mount.h"

#include "fs/super.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"

struct list mount_list = LIST_INIT(mount_list);
struct path mount_root;
static int mount_last_id;

/* Mounts whose user was the last may be left by a path that is put: they go one by one. */
static void mount_put(struct mount *mount)
{
	while (mount && !--mount->users) {
		struct mount *below = mount->point.mount;

		/* What follows may sleep: nobody shall find it any more. */
		list_del(&mount->link);
		if (below) {
			mount->point.dentry->covers--;
			dentry_put(mount->point.dentry);
		}
		dentry_put(mount->root);
		mount->super->mounts--;
		super_put(mount->super);
		heap_free(mount->source);
		heap_free(mount);
		mount = below;
	}
}

void path_put(const struct path *path)
{
	if (!path->dentry)
		return;
	dentry_put(path->dentry);
	mount_put(path->mount);
}

static struct mount *mount_on(const struct path *path)
{
	struct list *pos;

	/* The last one mounted covers the others. */
	for (pos = mount_list.prev; pos != &mount_list; pos = pos->prev) {
		struct mount *mount = LIST_ENTRY(pos, struct mount, link);

		if (mount->point.mount == path->mount && mount->point.dentry == path->dentry)
			return mount;
	}
	return NULL;
}

void mount_down(struct path *path)
{
	while (path->dentry->covers) {
		struct mount *mount = mount_on(path);

		if (!mount)
			return;
		*path = (struct path){ mount, mount->root };
	}
}

bool mount_up(struct path *path)
{
	while (path->dentry == path->mount->root) {
		if (!path->mount->point.mount)
			return false;
		*path = path->mount->point;
	}
	return true;
}

static void mount_attach(struct mount *mount, const struct path *point)
{
	mount->point = (struct path){ 0 };
	if (!point)
		return;
	path_get(point);
	mount->point = *point;
	point->dentry->covers++;
}

static void mount_detach(struct mount *mount)
{
	struct path point = mount->point;

	if (!point.mount)
		return;
	mount->point = (struct path){ 0 };
	point.dentry->covers--;
	path_put(&point);
}

/* Enters a mount of super, whose user it takes over, in the table. */
static int mount_enter(const struct path *point, struct superblock *super, struct dentry *root,
		       const char *source, struct mount **made)
{
	struct mount *mount = heap_alloc(sizeof(*mount));
	char *copy = heap_alloc(strlen(source) + 1);

	if (!mount || !copy) {
		heap_free(mount);
		heap_free(copy);
		super_put(super);
		return -ENOMEM;
	}
	memcpy(copy, source, strlen(source));
	super->mounts++;
	dentry_get(root);
	*mount = (struct mount){ .users = 1, .id = ++mount_last_id, .super = super, .root = root,
				 .source = copy };
	list_add_before(&mount_list, &mount->link);
	mount_attach(mount, point);
	*made = mount;
	return 0;
}

int mount_new(const struct path *point, const char *type, const char *source,
	      struct inode *device, const char *options, uint64_t flags)
{
	const struct file_system *fs = super_type(type);
	struct super_source from = { .name = source, .device = device, .options = options,
				     .read_only = (flags & MS_RDONLY) != 0 };
	struct superblock *super;
	struct mount *mount;
	int error;

	if (!fs)
		return -ENODEV;
	if (point && !inode_is_dir(point->dentry->inode))
		return -ENOTDIR;
	error = super_mount(fs, &from, &super);
	if (!error && point && point->dentry == super->root) {
		super_put(super);
		return -EBUSY;
	}
	error = error ?: mount_enter(point, super, super->root, source, &mount);
	if (!error)
		mount->flags = flags & MS_KEPT;
	return error;
}

int mount_bind(const struct path *point, const struct path *from, const char *source)
{
	struct superblock *super = from->mount->super;
	struct mount *mount;
	int error;

	if (inode_is_dir(point->dentry->inode) != inode_is_dir(from->dentry->inode))
		return -ENOTDIR;
	super->users++;
	error = mount_enter(point, super, from->dentry, source, &mount);
	if (!error)
		mount->flags = from->mount->flags;
	return error;
}

int mount_remount(const struct path *root, uint64_t flags, const char *options)
{
	struct superblock *super = root->mount->super;
	bool read_only = (flags & MS_RDONLY) != 0;
	int error = 0;

	if (root->dentry != root->mount->root)
		return -EINVAL;
	/* With MS_BIND only this view changes. */
	if (!(flags & MS_BIND) && super->type->remount)
		error = super->type->remount(super, read_only, options);
	if (error)
		return error;
	root->mount->flags = flags & MS_KEPT;
	if (!(flags & MS_BIND))
		super->read_only = read_only;
	return 0;
}

static bool mount_is_above(const struct mount *mount, const struct path *path)
{
	for (const struct mount *at = path->mount; at; at = at->point.mount)
		if (at == mount)
			return true;
	return false;
}

int mount_move(const struct path *from, const struct path *to)
{
	struct mount *mount = from->mount;

	if (from->dentry != mount->root || !mount->point.mount)
		return -EINVAL;
	if (inode_is_dir(to->dentry->inode) != inode_is_dir(mount->root->inode))
		return -ENOTDIR;
	if (mount_is_above(mount, to))
		return -ELOOP;
	mount_detach(mount);
	mount_attach(mount, to);
	/* Last in the table, so that it covers what is there. */
	list_del(&mount->link);
	list_add_before(&mount_list, &mount->link);
	return 0;
}

/* One user is the table's, one the caller's path; and a region may show a file of the last view. */
static bool mount_is_busy(const struct mount *mount)
{
	const struct superblock *super = mount->super;

	return mount->users > 2 || (super->mounts == 1 && super->users > 1);
}

int mount_remove(const struct path *root, bool detach)
{
	struct mount *mount = root->mount;

	if (root->dentry != mount->root || !mount->point.mount)
		return -EINVAL;
	if (!detach && mount_is_busy(mount))
		return -EBUSY;
	if (mount->super->type->sync)
		mount->super->type->sync(mount->super);
	/* While that slept somebody else may have been faster. */
	if (!mount->point.mount)
		return -EINVAL;
	if (!detach && mount_is_busy(mount))
		return -EBUSY;
	list_del(&mount->link);
	mount_detach(mount);
	mount_put(mount);
	return 0;
}

int mount_pivot(const struct path *new_root, const struct path *put_old)
{
	struct mount *old = mount_root.mount, *new = new_root->mount;

	if (new == old || put_old->mount == old)
		return -EBUSY;
	if (new_root->dentry != new->root || !new->point.mount || !mount_is_above(new, put_old))
		return -EINVAL;
	if (!inode_is_dir(put_old->dentry->inode))
		return -ENOTDIR;
	mount_detach(new);
	mount_attach(old, put_old);
	path_put(&mount_root);
	mount_root = *new_root;
	path_get(&mount_root);
	return 0;
}

void mount_init(void)
{
	struct super_source source = { .name = "rootfs", .options = "" };
	struct superblock *super;
	struct mount *mount;

	dentry_init();
	if (super_mount(&rootfs_type, &source, &super) ||
	    mount_enter(NULL, super, super->root, "rootfs", &mount))
		panic("no memory for the root directory");
	mount_root = (struct path){ mount, mount->root };
	path_get(&mount_root);
}

int mount_change_root(const char *type, const char *source, struct inode *device, uint64_t flags)
{
	struct mount *old = mount_root.mount, *new;
	int error = mount_new(NULL, type, source, device, "", flags);

	if (error)
		return error;
	new = LIST_ENTRY(mount_list.prev, struct mount, link);
	path_put(&mount_root);
	mount_root = (struct path){ new, new->root };
	path_get(&mount_root);
	/* It stays in memory: what has no name, such as shared memory, lives in it. */
	list_del(&old->link);
	return 0;
}
