/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing names: creating, linking, removing, renaming, for all file systems.
 * Linux man-pages, mknod(2), link(2), unlink(2), rmdir(2), rename(2).
 */
#include "fs/namei.h"

#include "drv/timer.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "lib/string.h"

/* One rename between directories at a time: the tree does not change under it. */
static struct mutex namei_rename_lock = { .queue = { LIST_INIT(namei_rename_lock.queue.waiters) } };

static void namei_dir_changed(struct inode *dir)
{
	dir->mtime_ns = timer_real_ns();
	inode_changed(dir, 0);
}

/* Whether names may be entered in dir. */
static int namei_writable(const struct path *parent)
{
	if (parent->dentry->inode->super->read_only || mount_is_read_only(parent))
		return -EROFS;
	return parent->dentry->hashed || parent->dentry->parent == parent->dentry ? 0 : -ENOENT;
}

static int namei_free_name(struct dentry *parent, struct name name)
{
	struct dentry *dentry;
	int error = dentry_lookup(parent, name, true, &dentry);

	if (!error)
		dentry_put(dentry);
	return !error ? -EEXIST : error == -ENOENT ? 0 : error;
}

/* A dentry for a new name; takes over the user of inode. */
static int namei_enter(struct dentry *parent, struct name name, struct inode *inode,
		       struct dentry **made)
{
	struct dentry *dentry = dentry_new(parent, name, inode);

	if (!dentry)
		return -ENOMEM;
	if (inode->super->type->pinned) {
		dentry->pinned = true;
		dentry_get(dentry);
	}
	*made = dentry;
	namei_dir_changed(parent->inode);
	return 0;
}

static int namei_create_locked(struct dentry *parent, struct name name,
			       const struct inode_request *request, struct dentry **made)
{
	struct inode *dir = parent->inode, *inode;
	struct inode_request r = *request;
	bool is_dir = (r.mode & S_IFMT) == S_IFDIR;
	int error;

	if (!dir->ops->create)
		return -EPERM;
	if ((dir->mode & S_ISGID) && is_dir)
		r.mode |= S_ISGID;
	error = dir->ops->create(dir, name, &r, &inode);
	if (error)
		return error;
	if (dir->mode & S_ISGID)
		inode->gid = dir->gid;
	error = namei_enter(parent, name, inode, made);
	/* Only where names live in memory alone must the inode go again. */
	if (error && is_dir && dir->super->type->pinned)
		dir->links--;
	return error;
}

int namei_create(const struct path *parent, struct name name, const struct inode_request *request,
		 struct path *path)
{
	struct inode *dir = parent->dentry->inode;
	struct dentry *dentry;
	int error;

	if (name.length > NAME_MAX)
		return -ENAMETOOLONG;
	mutex_lock(&dir->lock);
	error = namei_free_name(parent->dentry, name);
	error = error ?: namei_writable(parent);
	error = error ?: namei_create_locked(parent->dentry, name, request, &dentry);
	mutex_unlock(&dir->lock);
	if (error)
		return error;
	if (path) {
		*path = (struct path){ parent->mount, dentry };
		path_get(path);
	}
	dentry_put(dentry);
	return 0;
}

int namei_link(const struct path *parent, struct name name, const struct path *from)
{
	struct inode *dir = parent->dentry->inode, *inode = from->dentry->inode;
	struct dentry *dentry;
	int error;

	if (from->mount != parent->mount)
		return -EXDEV;
	if (inode_is_dir(inode) || !dir->ops->link)
		return -EPERM;
	mutex_lock(&dir->lock);
	error = namei_free_name(parent->dentry, name);
	error = error ?: namei_writable(parent);
	if (!error && !inode->links)
		error = -ENOENT;
	error = error ?: dir->ops->link(dir, name, inode);
	if (!error) {
		inode_get(inode);
		error = namei_enter(parent->dentry, name, inode, &dentry);
		inode_changed(inode, 0);
	}
	mutex_unlock(&dir->lock);
	if (!error)
		dentry_put(dentry);
	return error;
}

/* Whether the dentry is still what was found. */
static bool namei_is_still(const struct dentry *dentry, const struct dentry *parent)
{
	return dentry->hashed && dentry->parent == parent;
}

static struct name namei_name(const struct dentry *dentry)
{
	return (struct name){ dentry->name, dentry->length };
}

int namei_unlink(const struct path *parent, struct dentry *dentry, bool directory)
{
	struct inode *dir = parent->dentry->inode, *inode = dentry->inode;
	int error;

	if (directory != inode_is_dir(inode))
		return directory ? -ENOTDIR : -EISDIR;
	if (dentry->covers)
		return -EBUSY;
	if (!dir->ops->unlink)
		return -EPERM;
	mutex_lock(&dir->lock);
	if (directory)
		mutex_lock(&inode->lock);
	error = namei_writable(parent);
	if (!error && !namei_is_still(dentry, parent->dentry))
		error = -ENOENT;
	dentry_get(dentry);
	error = error ?: dir->ops->unlink(dir, namei_name(dentry), inode);
	if (!error) {
		dentry_drop(dentry);
		inode_changed(inode, 0);
		namei_dir_changed(dir);
	}
	if (directory)
		mutex_unlock(&inode->lock);
	mutex_unlock(&dir->lock);
	dentry_put(dentry);
	return error;
}

static int namei_rename_ok(const struct path_walk *from, const struct path_walk *to,
			   uint32_t flags)
{
	struct dentry *what = from->found.dentry, *victim = to->found.dentry;
	bool dir = inode_is_dir(what->inode);

	if ((flags & RENAME_EXCHANGE) && !victim)
		return -ENOENT;
	if (victim && (flags & RENAME_NOREPLACE))
		return -EEXIST;
	/* A slash at the end says that it is a directory. */
	if (!dir && (from->must_be_dir || (to->must_be_dir && !victim)))
		return -ENOTDIR;
	if (dir && dentry_is_below(to->parent.dentry, what))
		return -EINVAL;
	if (victim && dentry_is_below(from->parent.dentry, victim))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (what->covers || (victim && victim->covers))
		return -EBUSY;
	if (!victim || (flags & RENAME_EXCHANGE) || inode_is_dir(victim->inode) == dir)
		return 0;
	return dir ? -ENOTDIR : -EISDIR;
}

/* The names in memory follow. The room for them is there. */
static void namei_move(struct dentry *what, struct dentry *victim, const struct path_walk *from,
		       const struct path_walk *to, bool exchange)
{
	if (victim && !exchange) {
		dentry_drop(victim);
		inode_changed(victim->inode, 0);
	}
	dentry_move(what, to->parent.dentry, to->name);
	if (exchange)
		dentry_move(victim, from->parent.dentry, from->name);
	inode_changed(what->inode, 0);
	namei_dir_changed(from->parent.dentry->inode);
	namei_dir_changed(to->parent.dentry->inode);
}

static int namei_rename_locked(const struct path_walk *from, const struct path_walk *to,
			       uint32_t flags)
{
	struct dentry *what = from->found.dentry, *victim = to->found.dentry;
	struct inode_rename r = { .from = from->parent.dentry->inode,
				  .to = to->parent.dentry->inode, .old = from->name,
				  .new = to->name, .what = what->inode,
				  .exchange = (flags & RENAME_EXCHANGE) != 0 };
	int error = namei_writable(&from->parent) ?: namei_writable(&to->parent);

	if (!error && !namei_is_still(what, from->parent.dentry))
		error = -ENOENT;
	if (!error && victim && !namei_is_still(victim, to->parent.dentry))
		error = -ENOENT;
	if (!error && !victim)
		error = namei_free_name(to->parent.dentry, to->name);
	error = error ?: namei_rename_ok(from, to, flags);
	if (error)
		return error;
	/* Two names of one file: nothing is to be done. */
	if (victim && victim->inode == what->inode)
		return 0;
	r.victim = victim ? victim->inode : NULL;
	error = dentry_reserve(what, to->name.length);
	if (!error && r.exchange)
		error = dentry_reserve(victim, from->name.length);
	error = error ?: r.from->ops->rename(&r);
	if (!error)
		namei_move(what, victim, from, to, r.exchange);
	return error;
}

int namei_rename(const struct path_walk *from, const struct path_walk *to, uint32_t flags)
{
	struct inode *a, *b;
	int error;

	if (!from->parent.dentry || !to->parent.dentry)
		return -EBUSY;
	if (from->parent.mount != to->parent.mount)
		return -EXDEV;
	a = from->parent.dentry->inode;
	b = to->parent.dentry->inode;
	if (!a->ops->rename)
		return -EPERM;
	/* Of two directories, one below the other is locked last, as rmdir(2) does. */
	mutex_lock(&namei_rename_lock);
	if (dentry_is_below(from->parent.dentry, to->parent.dentry) ||
	    (!dentry_is_below(to->parent.dentry, from->parent.dentry) && b < a)) {
		struct inode *swap = a;

		a = b;
		b = swap;
	}
	mutex_lock(&a->lock);
	if (b != a)
		mutex_lock(&b->lock);
	error = namei_rename_locked(from, to, flags);
	if (b != a)
		mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
	mutex_unlock(&namei_rename_lock);
	return error;
}

struct dentry *namei_make(struct dentry *parent, struct name name,
			  const struct inode_request *request)
{
	struct dentry *dentry;

	if (dentry_lookup(parent, name, true, &dentry) &&
	    namei_create_locked(parent, name, request, &dentry))
		return NULL;
	/* Its file system keeps it. */
	dentry_put(dentry);
	return dentry;
}
