/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File system types, and the superblocks of what is mounted.
 * Linux man-pages, mount(2), filesystems(5).
 */
#include "fs/super.h"

#include "fs/dentry.h"
#include "fs/procfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "proc/wait.h"

/* Every type there is. */
static const struct file_system *const super_types[] = {
	&rootfs_type,
	&tmpfs_type,
	&devtmpfs_type,
	&ext2_type,
	&procfs_type,
};

struct list super_list = LIST_INIT(super_list);
/* Whoever waits until a superblock is there, or is gone. */
static struct wait_queue super_queue = { LIST_INIT(super_queue.waiters) };

const struct file_system *super_type_at(size_t index)
{
	return index < ARRAY_SIZE(super_types) ? super_types[index] : NULL;
}

const struct file_system *super_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(super_types); i++)
		if (!strcmp(super_types[i]->name, name))
			return super_types[i];
	return NULL;
}

/* What is mounted already and is to be shown again, or is about to be or not to be; NULL. */
static struct superblock *super_find(const struct file_system *type, const struct inode *device)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &super_list) {
		struct superblock *super = LIST_ENTRY(pos, struct superblock, link);

		if (type->single ? super->type == type
				 : type->needs_device && super->device &&
					   super->device->device == device->device)
			return super;
	}
	return NULL;
}

/* The same; what is changing is waited for, deaf to signals: that ends by itself. */
static struct superblock *super_again(const struct file_system *type, const struct inode *device)
{
	struct superblock *super;

	while ((super = super_find(type, device)) != NULL && super->changing)
		wait_sleep_deaf(&super_queue);
	return super;
}

/* An unnamed device number: major 0. */
static uint32_t super_new_number(void)
{
	static uint32_t last;

	last++;
	return DEVICE(0, last);
}

static void super_free(struct superblock *super)
{
	if (super->root) {
		dentry_drop_tree(super->root);
		dentry_put(super->root);
	}
	if (super->device)
		inode_put(super->device);
	list_del(&super->link);
	wait_wake(&super_queue);
	heap_free(super);
}

int super_mount(const struct file_system *type, const struct super_source *source,
		struct superblock **made)
{
	struct superblock *super;
	int error;

	if (type->needs_device && (!source->device || !inode_is(source->device, S_IFBLK)))
		return -ENOTBLK;
	super = super_again(type, source->device);
	if (super && super->type == type &&
	    (type->single || super->read_only == source->read_only)) {
		super->users++;
		*made = super;
		return 0;
	}
	if (super)
		return -EBUSY;
	super = heap_alloc(sizeof(*super));
	if (!super)
		return -ENOMEM;
	super->users = 1;
	super->type = type;
	super->read_only = source->read_only && !type->single;
	super->next_inode = 1;
	super->size_max = INT64_MAX;
	super->number = super_new_number();
	if (type->needs_device) {
		super->number = source->device->device;
		super->device = source->device;
		inode_get(super->device);
	}
	/* In the list from the beginning: a second mount of the device must not begin, too. */
	super->changing = true;
	list_add_before(&super_list, &super->link);
	error = type->mount(super, source);
	if (error) {
		super_free(super);
		return error;
	}
	super->changing = false;
	wait_wake(&super_queue);
	*made = super;
	return 0;
}

void super_put(struct superblock *super)
{
	if (--super->users)
		return;
	/* All of this may sleep: it stays in the list, so that its device is seen to be in use. */
	super->changing = true;
	if (super->type->sync)
		super->type->sync(super);
	if (super->root)
		dentry_drop_tree(super->root);
	if (super->type->unmount)
		super->type->unmount(super);
	super_free(super);
}

void inode_unmap(struct inode *inode)
{
	struct superblock *super = inode->super;

	inode_put(inode);
	super_put(super);
}

/* The next one to be written, behind that place in the list, with a user; NULL: that was all. */
static struct superblock *super_next(const struct list *at)
{
	for (struct list *pos = at->next; pos != &super_list; pos = pos->next) {
		struct superblock *super = LIST_ENTRY(pos, struct superblock, link);

		if (super->changing || !super->type->sync)
			continue;
		super->users++;
		return super;
	}
	return NULL;
}

int super_sync_all(void)
{
	struct superblock *super = super_next(&super_list), *next;
	int error = 0;

	for (; super; super = next) {
		int one = super->type->sync(super);

		error = error ? error : one;
		/* The next one first: this one may be unmounted by being put. */
		next = super_next(&super->link);
		super_put(super);
	}
	return error;
}

void super_shutdown(void)
{
	struct list *pos;

	super_sync_all();
	LIST_FOR_EACH (pos, &super_list) {
		struct superblock *super = LIST_ENTRY(pos, struct superblock, link);

		if (super->changing)
			continue;
		/* Somebody may unmount it while this sleeps. */
		super->users++;
		if (super->device && super->type->remount &&
		    !super->type->remount(super, true, ""))
			super->read_only = true;
	}
}
