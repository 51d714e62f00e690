/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From path names to places in the tree.
 * Linux man-pages, path_resolution(7).
 */
#include "fs/path.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "proc/proc.h"

#define PATH_LINKS_MAX	40

/*
 * A walk under way. What is in memory is passed without counting users, since nothing changes
 * before the process sleeps; `held` keeps what the file system had to be asked for.
 */
struct path_step {
	struct path at, held;
	const char *rest;
	char *text;
	unsigned int links;
};

static const struct path *path_top(void)
{
	return proc_current ? &proc_current->fs->root : &mount_root;
}

/* From now on *path is what the walk keeps; takes over a user of it. */
static void path_hold(struct path_step *step, struct path path)
{
	struct path old = step->held;

	step->held = path;
	path_put(&old);
}

static void path_keep(struct path_step *step, struct path path)
{
	path_get(&path);
	path_hold(step, path);
}

static void path_up(struct path *at)
{
	const struct path *top = path_top();

	for (;;) {
		if (at->dentry == top->dentry && at->mount == top->mount)
			return;
		if (at->dentry != at->mount->root)
			break;
		if (!at->mount->point.mount)
			return;
		*at = at->mount->point;
	}
	at->dentry = at->dentry->parent;
	mount_down(at);
}

/* Puts the link's target in front of what is left of the path, in step->text. */
static int path_splice(struct path_step *step, struct inode *link)
{
	size_t rest_length = strlen(step->rest);
	char *target = heap_alloc(PATH_MAX);
	ssize_t length = target ? inode_readlink(link, target, PATH_MAX) : -ENOMEM;

	if (length >= 0 && !step->text)
		step->text = heap_alloc(PATH_MAX);
	if (length >= 0 && !step->text)
		length = -ENOMEM;
	if (length >= 0 && (size_t)length + rest_length + 2 > PATH_MAX)
		length = -ENAMETOOLONG;
	if (length == 0)
		length = -ENOENT;
	if (length > 0) {
		char *end = step->text + length;

		memmove(end + 1, step->rest, rest_length + 1);
		memcpy(step->text, target, (size_t)length);
		*end = rest_length ? '/' : '\0';
		step->rest = step->text;
	}
	heap_free(target);
	return length < 0 ? (int)length : 0;
}

/* One name; *found is NULL if the directory does not have it. */
static int path_enter(struct path_step *step, struct name name, uint32_t hash, struct path *found)
{
	struct dentry *child = dentry_find(step->at.dentry, name, hash);
	int error;

	*found = (struct path){ 0 };
	if (!child && step->at.dentry->inode->ops->lookup) {
		path_keep(step, step->at);
		error = dentry_lookup(step->at.dentry, name, false, &child);
		if (error)
			return error == -ENOENT ? 0 : error;
		step->at.mount->users++;
		path_hold(step, (struct path){ step->at.mount, child });
	}
	*found = (struct path){ child ? step->at.mount : NULL, child };
	if (child)
		mount_down(found);
	return 0;
}

/* A link on the way, or at the end of it. 0: the walk goes on in step->rest. */
static int path_follow(struct path_step *step, const struct path *link, bool *jumped)
{
	struct inode *inode = link->dentry->inode;
	struct path target = { 0 };
	int error;

	if (++step->links > PATH_LINKS_MAX)
		return -ELOOP;
	*jumped = inode->ops->follow != NULL;
	if (*jumped) {
		path_keep(step, *link);
		error = inode->ops->follow(inode, &target);
		if (error)
			return error;
		path_hold(step, target);
		step->at = target;
		return 0;
	}
	inode_get(inode);
	path_keep(step, step->at);
	error = path_splice(step, inode);
	inode_put(inode);
	if (!error && *step->rest == '/')
		step->at = *path_top();
	return error;
}

static void path_finish(struct path_step *step, struct path_walk *walk)
{
	if (walk->found.dentry)
		path_get(&walk->found);
	path_hold(step, (struct path){ 0 });
	walk->text = step->text;
}

/* The next name of the path: its length and hash; what follows, without slashes, in *rest. */
static size_t path_next(const char **text, uint32_t *hash, const char **rest)
{
	const char *p = *text;
	size_t length;

	*hash = DENTRY_HASH_START;
	while (*p == '/')
		p++;
	*text = p;
	for (; *p && *p != '/'; p++)
		*hash = dentry_hash(*hash, *p);
	length = (size_t)(p - *text);
	while (*p == '/')
		p++;
	*rest = p;
	return length;
}

static bool path_is_dots(struct name name)
{
	return name.text[0] == '.' && (name.length == 1 ||
				       (name.length == 2 && name.text[1] == '.'));
}

/* One step of the walk; 1: it has ended. */
static int path_one(struct path_step *step, uint32_t flags, struct path_walk *walk)
{
	struct name name = { .text = step->rest };
	struct path from = step->at, found = step->at;
	const char *rest;
	bool jumped = false, dots;
	uint32_t hash;
	int error = 0;

	name.length = path_next(&name.text, &hash, &rest);
	walk->found = step->at;
	if (!name.length)
		return 1;
	if (name.length > NAME_MAX)
		return -ENAMETOOLONG;
	if (!inode_is_dir(step->at.dentry->inode))
		return -ENOTDIR;
	dots = path_is_dots(name);
	step->rest = rest;
	walk->must_be_dir = name.text[name.length] == '/';
	if (!dots && !*rest && (flags & PATH_PARENT)) {
		path_put(&walk->parent);
		walk->parent = from;
		path_get(&from);
		walk->name = name;
	}
	if (dots && name.length == 2)
		path_up(&found);
	else if (!dots)
		error = path_enter(step, name, hash, &found);
	if (error)
		return error;
	walk->found = found;
	if (!found.dentry)
		return *rest || !(flags & PATH_PARENT) ? -ENOENT : 1;
	if (inode_is(found.dentry->inode, S_IFLNK) &&
	    (*rest || walk->must_be_dir || (flags & PATH_FOLLOW))) {
		path_put(&walk->parent);
		walk->parent = (struct path){ 0 };
		error = path_follow(step, &found, &jumped);
		return error ? error : jumped && !*step->rest ? (walk->found = step->at, 1) : 0;
	}
	step->at = found;
	return *rest ? 0 : 1;
}

int path_walk(const struct path *dir, const char *text, uint32_t flags, struct path_walk *walk)
{
	struct path_step step = { .rest = text };
	int error = 0;

	*walk = (struct path_walk){ 0 };
	if (!*text)
		return -ENOENT;
	step.at = *text == '/' ? *path_top() : dir ? *dir : proc_current->fs->cwd;
	while (!error)
		error = path_one(&step, flags, walk);
	if (error > 0 && walk->must_be_dir && walk->found.dentry &&
	    !inode_is_dir(walk->found.dentry->inode))
		error = -ENOTDIR;
	if (error < 0)
		walk->found = (struct path){ 0 };
	path_finish(&step, walk);
	if (error < 0)
		path_walk_done(walk);
	return error < 0 ? error : 0;
}

void path_walk_done(struct path_walk *walk)
{
	path_put(&walk->found);
	path_put(&walk->parent);
	heap_free(walk->text);
	*walk = (struct path_walk){ 0 };
}

int path_find(const struct path *dir, const char *text, bool follow, struct path *path)
{
	struct path_walk walk;
	int error = path_walk(dir, text, follow ? PATH_FOLLOW : 0, &walk);

	if (error)
		return error;
	*path = walk.found;
	heap_free(walk.text);
	return 0;
}

static bool path_put_in_front(char **p, const char *buf, const char *text, size_t length)
{
	if ((size_t)(*p - buf) < length)
		return false;
	*p -= length;
	memcpy(*p, text, length);
	return true;
}

ssize_t path_of(const struct path *path, char *buf, size_t size)
{
	const struct path *top = path_top();
	struct path at = *path;
	char *end = buf + size, *p = end;
	bool deleted = !at.dentry->hashed && at.dentry->parent != at.dentry;
	size_t length;

	if (!path_put_in_front(&p, buf, deleted ? " (deleted)" : "", deleted ? 11 : 1))
		return -ERANGE;
	while (at.dentry != top->dentry || at.mount != top->mount) {
		if (at.dentry == at.mount->root) {
			if (!at.mount->point.mount)
				break;
			at = at.mount->point;
			continue;
		}
		if (at.dentry->parent == at.dentry)
			break;
		if (!path_put_in_front(&p, buf, at.dentry->name, at.dentry->length) ||
		    !path_put_in_front(&p, buf, "/", 1))
			return -ERANGE;
		at.dentry = at.dentry->parent;
	}
	/* What has no place in the tree, such as a pipe, is its name alone. */
	if ((!*p || *p == ' ') &&
	    !path_put_in_front(&p, buf, at.dentry->length ? at.dentry->name : "/",
			       at.dentry->length ? at.dentry->length : 1U))
		return -ERANGE;
	length = (size_t)(end - p);
	memmove(buf, p, length);
	return (ssize_t)length;
}

struct fs_context *fs_context_new(void)
{
	struct fs_context *context = heap_alloc(sizeof(*context));

	if (!context)
		return NULL;
	*context = (struct fs_context){ .users = 1, .umask = 022, .root = mount_root,
					.cwd = mount_root };
	path_get(&context->root);
	path_get(&context->cwd);
	return context;
}

struct fs_context *fs_context_copy(const struct fs_context *from)
{
	struct fs_context *context = heap_alloc(sizeof(*context));

	if (!context)
		return NULL;
	*context = *from;
	context->users = 1;
	path_get(&context->root);
	path_get(&context->cwd);
	return context;
}

void fs_context_put(struct fs_context *context)
{
	if (--context->users)
		return;
	path_put(&context->root);
	path_put(&context->cwd);
	heap_free(context);
}

void fs_context_set(struct path *place, const struct path *path)
{
	struct path old = *place;

	path_get(path);
	*place = *path;
	path_put(&old);
}
