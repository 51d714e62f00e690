/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 in the kernel: inodes and names, as the VFS wants them.
 * Linux man-pages, inode(7), link(2), rename(2).
 */
#include "fs/ext2_node.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

#define NS_PER_SECOND 1000000000UL

/* Of one that is released and found again: what it still holds then cannot be written. */
#define EXT2_SETTLE_ROUNDS 8U

static void ext2_node_show(struct ext2_fs *fs, struct ext2_node *node)
{
	const struct ext2_inode_disk *disk = &node->core.disk;
	struct inode *inode = node->inode;

	inode->mode = disk->i_mode;
	inode->links = disk->i_links_count;
	inode->uid = disk->i_uid | (uint32_t)disk->i_uid_high << 16;
	inode->gid = disk->i_gid | (uint32_t)disk->i_gid_high << 16;
	inode->size = ext2_inode_size(fs, &node->core);
	inode->atime_ns = disk->i_atime * NS_PER_SECOND;
	inode->mtime_ns = disk->i_mtime * NS_PER_SECOND;
	inode->ctime_ns = disk->i_ctime * NS_PER_SECOND;
	inode->device = inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK) ?
				ext2_inode_device(&node->core) :
				0;
}

static bool ext2_node_type_is_known(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	default:
		return false;
	}
}

static int ext2_node_fill(struct inode *inode, struct ext2_mounted *mounted)
{
	struct ext2_node *node = heap_alloc(sizeof(*node));
	struct ext2_fs *fs;
	int error;

	if (!node)
		return -ENOMEM;
	node->inode = inode;
	fs = ext2_lock(mounted);
	error = ext2_inode_read(fs, (uint32_t)inode->number, &node->core);
	if (error == -ENOENT)
		error = ext2_corrupt(fs, "a name leads to a free inode");
	if (!error && !ext2_node_type_is_known(node->core.disk.i_mode))
		error = ext2_corrupt(fs, "an inode has no type");
	if (!error && (node->core.disk.i_mode & S_IFMT) == S_IFREG &&
	    ext2_inode_size(fs, &node->core) > ext2_inode_size_max(fs))
		error = ext2_corrupt(fs, "a file is longer than files can be");
	if (!error)
		ext2_node_show(fs, node);
	ext2_unlock(mounted);
	if (error) {
		heap_free(node);
		return error;
	}
	inode->private = node;
	list_add_before(&mounted->nodes, &node->link);
	return 0;
}

int ext2_node_get(struct superblock *super, uint32_t number, struct inode **made)
{
	struct ext2_mounted *mounted = super->private;
	struct inode *inode;
	int error;

	ext2_node_trim(mounted);
	inode = inode_of(super, &ext2_inode_ops, number);
	if (!inode)
		return -ENOMEM;
	if (!inode->filled) {
		error = ext2_node_fill(inode, mounted);
		if (error) {
			inode_bad(inode);
			return error;
		}
		inode->filled = true;
		mutex_unlock(&inode->lock);
	}
	/* Used last, at the end; and it stays for the next one who wants it. */
	list_del(&ext2_node(inode)->link);
	list_add_before(&mounted->nodes, &ext2_node(inode)->link);
	if (inode->links)
		ext2_node_keep(ext2_node(inode));
	*made = inode;
	return 0;
}

/*
 * Directories have one name: with two, one could lie in itself, and whoever locks a directory and
 * what is in it would wait for himself. The inode is put if there is an error.
 */
static int ext2_node_check_name(struct ext2_mounted *mounted, struct inode *inode)
{
	int error;

	if (!inode_is_dir(inode) || list_empty(&inode->names))
		return 0;
	error = ext2_corrupt(ext2_lock(mounted), "a directory has two names");
	ext2_unlock(mounted);
	inode_put(inode);
	return error;
}

static int ext2_node_lookup(struct inode *dir, struct name name, struct inode **inode)
{
	struct ext2_mounted *mounted = ext2_of(dir);
	uint32_t number = 0;
	int error = ext2_dir_find(ext2_lock(mounted), &ext2_node(dir)->core, name.text, name.length,
				  &number);

	ext2_unlock(mounted);
	error = error ?: ext2_node_get(dir->super, number, inode);
	return error ?: ext2_node_check_name(mounted, *inode);
}

/* What changed in the core: links, and for directories size and times. */
static void ext2_node_update(struct ext2_mounted *mounted, struct inode *inode)
{
	struct ext2_node *node = ext2_node(inode);

	inode->links = node->core.disk.i_links_count;
	if (inode_is_dir(inode))
		inode->size = ext2_inode_size(&mounted->fs, &node->core);
}

static int ext2_node_make(struct ext2_fs *fs, struct inode *dir, struct name name,
			  const struct inode_request *request, struct ext2_inode *core)
{
	struct ext2_inode *parent = &ext2_node(dir)->core;
	uint32_t gid = dir->mode & S_ISGID ? dir->gid : 0;
	int error = ext2_inode_new(fs, parent->number, request->mode, 0, gid, core);

	if (error)
		return error;
	if (request->target)
		error = ext2_link_set(fs, core, request->target, strlen(request->target));
	if (request->device)
		ext2_inode_set_device(core, request->device);
	error = error ?: ext2_name_create(fs, parent, name.text, name.length, core);
	if (error)
		ext2_inode_release(fs, core);
	return error;
}

static int ext2_node_create(struct inode *dir, struct name name,
			    const struct inode_request *request, struct inode **inode)
{
	struct ext2_mounted *mounted = ext2_of(dir);
	struct ext2_inode core = { 0 };
	int error = ext2_node_make(ext2_lock(mounted), dir, name, request, &core);

	ext2_node_update(mounted, dir);
	ext2_unlock(mounted);
	buffer_throttle(mounted->device);
	return error ?: ext2_node_get(dir->super, core.number, inode);
}

static int ext2_node_link(struct inode *dir, struct name name, struct inode *inode)
{
	struct ext2_mounted *mounted = ext2_of(dir);
	int error = ext2_name_link(ext2_lock(mounted), &ext2_node(dir)->core, name.text,
				   name.length, &ext2_node(inode)->core);

	ext2_node_update(mounted, dir);
	ext2_node_update(mounted, inode);
	ext2_unlock(mounted);
	return error;
}

/* Without a name it stays only as long as somebody uses it. The caller is a user. */
static void ext2_node_check_links(struct inode *inode)
{
	if (!inode->links)
		ext2_node_let_go(ext2_node(inode));
}

static int ext2_node_unlink(struct inode *dir, struct name name, struct inode *inode)
{
	struct ext2_mounted *mounted = ext2_of(dir);
	int error = ext2_name_unlink(ext2_lock(mounted), &ext2_node(dir)->core, name.text,
				     name.length, &ext2_node(inode)->core);

	ext2_node_update(mounted, dir);
	ext2_node_update(mounted, inode);
	ext2_unlock(mounted);
	ext2_node_check_links(inode);
	return error;
}

static int ext2_node_rename(const struct inode_rename *r)
{
	struct ext2_mounted *mounted = ext2_of(r->from);
	struct ext2_end from = { &ext2_node(r->from)->core, r->old.text, r->old.length,
				 &ext2_node(r->what)->core };
	struct ext2_end to = { &ext2_node(r->to)->core, r->new.text, r->new.length,
			       r->victim ? &ext2_node(r->victim)->core : NULL };
	struct ext2_fs *fs = ext2_lock(mounted);
	int error = r->exchange ? ext2_name_exchange(fs, &from, &to) :
				  ext2_name_rename(fs, &from, &to);

	ext2_node_update(mounted, r->from);
	ext2_node_update(mounted, r->to);
	ext2_node_update(mounted, r->what);
	if (r->victim)
		ext2_node_update(mounted, r->victim);
	ext2_unlock(mounted);
	if (r->victim)
		ext2_node_check_links(r->victim);
	return error;
}

static int ext2_node_readdir(struct inode *dir, uint64_t position, struct inode_lister *lister)
{
	/* By the type that an entry tells. */
	static const uint32_t modes[] = { 0,	   S_IFREG, S_IFDIR,  S_IFCHR,
					  S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK };
	struct ext2_mounted *mounted = ext2_of(dir);
	char *name = heap_alloc(EXT2_NAME_MAX + 1);
	int more = name ? 1 : -ENOMEM;

	/* The VFS has given "." and ".." at 0 and 1; here they lie at 0 and 12. */
	position = position > 2 ? position : 0;
	while (more > 0) {
		uint32_t number = 0;
		uint8_t type = 0;

		more = ext2_dir_read(ext2_lock(mounted), &ext2_node(dir)->core, &position, name,
				     &number, &type);
		ext2_unlock(mounted);
		if (more <= 0 || !strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (!lister->take(lister, (struct name){ name, strlen(name) }, number,
				  type < ARRAY_SIZE(modes) ? modes[type] : 0, position))
			more = 0;
	}
	heap_free(name);
	return more;
}

static ssize_t ext2_node_readlink(struct inode *inode, char *buf, size_t size)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	ssize_t length = ext2_link_read(ext2_lock(mounted), &ext2_node(inode)->core, buf, size);

	ext2_unlock(mounted);
	return length;
}

static int ext2_node_truncate(struct inode *inode, uint64_t size)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	struct ext2_node *node = ext2_node(inode);
	struct ext2_fs *fs;
	int error;

	/* No page is on its way to a block that is given to another file. */
	mutex_lock(&mounted->writer);
	fs = ext2_lock(mounted);
	error = fs->read_only ? -EROFS : size > ext2_inode_size_max(fs) ? -EFBIG : 0;
	if (!error && size < inode->size) {
		error = ext2_map_cut(fs, &node->core,
				     (size + fs->block_size - 1) >> fs->block_shift);
		ext2_data_forget(node, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	}
	error = error ?: ext2_inode_set_size(fs, &node->core, size);
	error = ext2_inode_write(fs, &node->core) ?: error;
	ext2_unlock(mounted);
	mutex_unlock(&mounted->writer);
	return error;
}

static int ext2_node_setattr(struct inode *inode, uint32_t what)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	struct ext2_node *node = ext2_node(inode);
	struct ext2_inode_disk *disk = &node->core.disk;
	struct ext2_fs *fs = ext2_lock(mounted);
	int error = fs->read_only ? -EROFS : 0;

	(void)what;
	disk->i_mode = (uint16_t)inode->mode;
	disk->i_uid = (uint16_t)inode->uid;
	disk->i_uid_high = (uint16_t)(inode->uid >> 16);
	disk->i_gid = (uint16_t)inode->gid;
	disk->i_gid_high = (uint16_t)(inode->gid >> 16);
	disk->i_atime = (uint32_t)(inode->atime_ns / NS_PER_SECOND);
	disk->i_mtime = (uint32_t)(inode->mtime_ns / NS_PER_SECOND);
	disk->i_ctime = (uint32_t)(inode->ctime_ns / NS_PER_SECOND);
	if (inode_is_regular(inode) && !error)
		error = ext2_inode_set_size(fs, &node->core, inode->size);
	error = error ?: ext2_inode_write(fs, &node->core);
	ext2_unlock(mounted);
	return error;
}

/* fsync(2): the file's pages, and everything else that is about the file. */
static int ext2_node_sync(struct inode *inode)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	int error = ext2_data_write(ext2_node(inode)), other = buffer_sync(mounted->device);

	return error ?: other;
}

/* Blocks that were made for a write that did not come to pass. Nobody writes meanwhile. */
static void ext2_node_trim_end(struct ext2_mounted *mounted, struct ext2_node *node)
{
	struct ext2_fs *fs;

	if (!node->grown || mounted->fs.read_only)
		return;
	node->grown = false;
	fs = ext2_lock(mounted);
	ext2_map_cut(fs, &node->core,
		     (node->inode->size + fs->block_size - 1) >> fs->block_shift);
	ext2_inode_write(fs, &node->core);
	ext2_unlock(mounted);
}

void ext2_node_trim_ends(struct ext2_mounted *mounted)
{
	struct list *pos = mounted->nodes.next;

	while (pos != &mounted->nodes) {
		struct ext2_node *node = LIST_ENTRY(pos, struct ext2_node, link);

		pos = pos->next;
		if (!node->grown || node->inode->lock.held)
			continue;
		inode_get(node->inode);
		ext2_node_trim_end(mounted, node);
		inode_put(node->inode);
		/* That may have slept: anything may have changed. */
		pos = mounted->nodes.next;
	}
}

/* Everything of it to the disk. Whoever finds it meanwhile may leave more. */
static void ext2_node_settle(struct ext2_mounted *mounted, struct ext2_node *node)
{
	struct inode *inode = node->inode;
	int error = 0;

	for (unsigned int i = 0; i < EXT2_SETTLE_ROUNDS && !error && inode->users == 1; i++) {
		error = ext2_data_write(node);
		if (inode->users == 1)
			ext2_node_trim_end(mounted, node);
		if (!node->dirty_pages && !node->grown)
			return;
	}
}

/* Nobody finds it any more, by its number or among the others: that may be given away soon. */
static void ext2_node_free(struct ext2_mounted *mounted, struct ext2_node *node)
{
	list_del(&node->inode->hash_link);
	list_del(&node->link);
	node->grown = false;
	ext2_data_forget(node, 0);
	mutex_lock(&mounted->writer);
	ext2_inode_release(ext2_lock(mounted), &node->core);
	ext2_unlock(mounted);
	mutex_unlock(&mounted->writer);
}

/* Nobody else uses it. If there is no name either, the file goes; else nothing stays behind. */
static void ext2_node_release(struct inode *inode)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	struct ext2_node *node = ext2_node(inode);

	if (inode->links)
		ext2_node_settle(mounted, node);
	/* That may have slept, and somebody may have found it again: he puts it once more. */
	if (inode->users > 1)
		return;
	if (!inode->links && mounted)
		ext2_node_free(mounted, node);
	ext2_data_forget(node, 0);
	list_del(&node->link);
	heap_free(node);
	inode->private = NULL;
}

const struct inode_ops ext2_inode_ops = {
	.lookup = ext2_node_lookup,
	.create = ext2_node_create,
	.link = ext2_node_link,
	.unlink = ext2_node_unlink,
	.rename = ext2_node_rename,
	.readdir = ext2_node_readdir,
	.readlink = ext2_node_readlink,
	.read_page = ext2_data_read_page,
	.prepare_write = ext2_data_prepare_write,
	.truncate = ext2_node_truncate,
	.setattr = ext2_node_setattr,
	.sync = ext2_node_sync,
	.release = ext2_node_release,
};
