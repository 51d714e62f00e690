/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of inodes, and the hash table that finds them.
 * Linux, Documentation/filesystems/vfs.rst, "Directory Entry Cache".
 */
#include "fs/dentry.h"

#include "fs/super.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

static struct list *dentry_table;
static uint64_t dentry_mask;

static struct list *dentry_bucket(const struct dentry *parent, uint32_t hash)
{
	/* Not the parent's address: what a look-up costs must not depend on what ran before. */
	uint64_t key = hash + parent->seed * 0x9e3779b1UL;

	return &dentry_table[(key ^ key >> 17) & dentry_mask];
}

static uint32_t dentry_hash_name(struct name name)
{
	uint32_t hash = DENTRY_HASH_START;

	for (size_t i = 0; i < name.length; i++)
		hash = dentry_hash(hash, name.text[i]);
	return hash;
}

static void dentry_enter(struct dentry *dentry)
{
	struct dentry *parent = dentry->parent;

	dentry->hash = dentry_hash_name((struct name){ dentry->name, dentry->length });
	dentry->hashed = true;
	list_add_after(dentry_bucket(parent, dentry->hash), &dentry->hash_link);
	/* Cookies rise along the list; 0 and 1 are "." and "..". */
	dentry->cookie = list_empty(&parent->children)
				 ? 2
				 : LIST_ENTRY(parent->children.prev, struct dentry,
					      sibling)->cookie + 1;
	list_add_before(&parent->children, &dentry->sibling);
}

struct dentry *dentry_new(struct dentry *parent, struct name name, struct inode *inode)
{
	struct dentry *dentry = heap_alloc(sizeof(*dentry) + name.length + 1);

	if (!dentry) {
		inode_put(inode);
		return NULL;
	}
	dentry->users = 1;
	dentry->name = dentry->first_name;
	dentry->length = dentry->room = (uint16_t)name.length;
	memcpy(dentry->name, name.text, name.length);
	dentry->inode = inode;
	dentry->parent = dentry;
	list_init(&dentry->children);
	list_init(&dentry->sibling);
	list_init(&dentry->hash_link);
	list_add_before(&inode->names, &dentry->alias);
	if (parent) {
		dentry_get(parent);
		dentry->parent = parent;
		dentry_enter(dentry);
		/* For ever, whatever its name or parent will be: children are found by it. */
		dentry->seed = parent->seed * 0x85ebca6bU + dentry->hash + 1;
	}
	return dentry;
}

void dentry_put(struct dentry *dentry)
{
	while (!--dentry->users) {
		struct dentry *parent = dentry->parent;
		bool is_root = parent == dentry;

		list_del(&dentry->hash_link);
		list_del(&dentry->sibling);
		list_del(&dentry->alias);
		inode_put(dentry->inode);
		if (dentry->name != dentry->first_name)
			heap_free(dentry->name);
		heap_free(dentry);
		if (is_root)
			return;
		dentry = parent;
	}
}

struct dentry *dentry_find(const struct dentry *parent, struct name name, uint32_t hash)
{
	struct list *head = dentry_bucket(parent, hash), *pos;

	LIST_FOR_EACH (pos, head) {
		struct dentry *dentry = LIST_ENTRY(pos, struct dentry, hash_link);

		if (dentry->hash != hash || dentry->parent != parent ||
		    dentry->length != name.length ||
		    memcmp(dentry->name, name.text, name.length))
			continue;
		if (!dentry->inode->ops->is_stale || !dentry->inode->ops->is_stale(dentry->inode))
			return dentry;
		dentry_drop(dentry);
		return NULL;
	}
	return NULL;
}

int dentry_lookup(struct dentry *parent, struct name name, bool locked, struct dentry **dentry)
{
	struct inode *dir = parent->inode, *inode;
	uint32_t hash = dentry_hash_name(name);
	struct dentry *found = dentry_find(parent, name, hash);
	int error = 0;

	if (!found && !dir->ops->lookup)
		return -ENOENT;
	if (!found) {
		dentry_get(parent);
		if (!locked)
			mutex_lock(&dir->lock);
		/* Somebody may have brought it in while this waited for the lock. */
		found = dentry_find(parent, name, hash);
		if (found)
			dentry_get(found);
		else
			error = dir->ops->lookup(dir, name, &inode);
		if (!found && !error) {
			found = dentry_new(parent, name, inode);
			error = found ? 0 : -ENOMEM;
		}
		if (!locked)
			mutex_unlock(&dir->lock);
		dentry_put(parent);
	} else {
		dentry_get(found);
	}
	*dentry = found;
	return error;
}

void dentry_drop(struct dentry *dentry)
{
	bool pinned = dentry->pinned;

	dentry->hashed = false;
	dentry->pinned = false;
	list_del(&dentry->hash_link);
	list_del(&dentry->sibling);
	if (pinned)
		dentry_put(dentry);
}

int dentry_reserve(struct dentry *dentry, size_t length)
{
	char *name;

	if (length <= dentry->room)
		return 0;
	name = heap_alloc(length + 1);
	if (!name)
		return -ENOMEM;
	memcpy(name, dentry->name, dentry->length);
	if (dentry->name != dentry->first_name)
		heap_free(dentry->name);
	dentry->name = name;
	dentry->room = (uint16_t)length;
	return 0;
}

void dentry_move(struct dentry *dentry, struct dentry *parent, struct name name)
{
	struct dentry *old = dentry->parent;

	list_del(&dentry->hash_link);
	list_del(&dentry->sibling);
	memmove(dentry->name, name.text, name.length);
	dentry->name[name.length] = '\0';
	dentry->length = (uint16_t)name.length;
	dentry_get(parent);
	dentry->parent = parent;
	dentry_enter(dentry);
	dentry_put(old);
}

void dentry_drop_tree(struct dentry *root)
{
	while (!list_empty(&root->children)) {
		struct dentry *dentry = LIST_ENTRY(root->children.next, struct dentry, sibling);

		while (!list_empty(&dentry->children))
			dentry = LIST_ENTRY(dentry->children.next, struct dentry, sibling);
		dentry_drop(dentry);
	}
}

struct dentry *dentry_of(const struct inode *inode)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &inode->names)
		if (LIST_ENTRY(pos, struct dentry, alias)->hashed)
			return LIST_ENTRY(pos, struct dentry, alias);
	return list_empty(&inode->names) ? NULL
					 : LIST_ENTRY(inode->names.next, struct dentry, alias);
}

bool dentry_is_below(const struct dentry *dentry, const struct dentry *top)
{
	for (; dentry != top; dentry = dentry->parent)
		if (dentry->parent == dentry)
			return false;
	return true;
}

void dentry_init(void)
{
	uint64_t buckets = 256;

	while (buckets < page_total_count() / 16)
		buckets *= 2;
	dentry_table = heap_alloc(buckets * sizeof(*dentry_table));
	if (!dentry_table)
		panic("no memory for the table of names");
	for (uint64_t i = 0; i < buckets; i++)
		list_init(&dentry_table[i]);
	dentry_mask = buckets - 1;
}
