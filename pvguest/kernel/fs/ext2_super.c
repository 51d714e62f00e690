/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 in the kernel: mounting and unmounting it, and its lock.
 * Linux man-pages, mount(2); Linux, Documentation/filesystems/ext2.rst.
 */
#include "drv/timer.h"
#include "fs/dentry.h"
#include "fs/ext2_node.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "mm/heap.h"
#include "mm/page.h"

#define NS_PER_SECOND 1000000000UL

struct list ext2_mounted_list = LIST_INIT(ext2_mounted_list);

struct ext2_fs *ext2_lock(struct ext2_mounted *mounted)
{
	mutex_lock(&mounted->lock);
	mounted->fs.now = (uint32_t)(timer_now_ns() / NS_PER_SECOND);
	return &mounted->fs;
}

void ext2_unlock(struct ext2_mounted *mounted)
{
	const char *what = mounted->fs.corrupt;

	mutex_unlock(&mounted->lock);
	if (!what || what == mounted->reported)
		return;
	mounted->reported = what;
	kprintf("ext2: %s is broken: %s; run e2fsck\n", mounted->device->name, what);
	if (mounted->fs.read_only)
		mounted->super->read_only = true;
}

/* Once: it serves all that will be mounted. */
static void ext2_add_shrinkers(void)
{
	static struct page_shrinker nodes = { .shrink = ext2_node_shrink };

	if (!nodes.next && list_empty(&ext2_mounted_list))
		page_add_shrinker(&nodes);
}

static int ext2_super_open(struct superblock *super, struct ext2_mounted *mounted)
{
	struct ext2_fs *fs = ext2_lock(mounted);
	int error = ext2_mount(fs, mounted->device, block_bytes(mounted->device), super->read_only);
	bool clean = (fs->state & EXT2_STATE_VALID) && !(fs->state & EXT2_STATE_ERROR);

	/* What could not be mounted is nobody's to write to. */
	fs->read_only |= error != 0;
	if (!error)
		super->size_max = ext2_inode_size_max(fs);
	ext2_unlock(mounted);
	if (fs->reason[0])
		kprintf("ext2: %s: %s\n", mounted->device->name, fs->reason);
	else if (!error && !clean)
		kprintf("ext2: %s was not unmounted in order: run e2fsck\n", mounted->device->name);
	return error;
}

static void ext2_super_free(struct ext2_mounted *mounted)
{
	/* The root is put afterwards. */
	while (!list_empty(&mounted->nodes))
		list_pop(&mounted->nodes);
	mounted->super->private = NULL;
	mounted->device->mounts--;
	list_del(&mounted->link);
	heap_free(mounted);
}

static int ext2_super_mount(struct superblock *super, const struct super_source *source)
{
	uint32_t number = source->device->device;
	struct block_device *device = block_find(DEVICE_MAJOR(number), DEVICE_MINOR(number));
	struct ext2_mounted *mounted;
	struct inode *root;
	int error;

	if (!device)
		return -ENXIO;
	if (device->read_only && !super->read_only)
		return -EACCES;
	mounted = heap_alloc(sizeof(*mounted));
	if (!mounted)
		return -ENOMEM;
	ext2_add_shrinkers();
	mounted->super = super;
	mounted->device = device;
	device->mounts++;
	list_init(&mounted->nodes);
	mutex_init(&mounted->lock);
	mutex_init(&mounted->writer);
	list_add_before(&ext2_mounted_list, &mounted->link);
	super->private = mounted;
	error = ext2_super_open(super, mounted) ?: ext2_node_get(super, EXT2_ROOT_INODE, &root);
	if (!error && !inode_is_dir(root)) {
		inode_put(root);
		error = -EINVAL;
	}
	if (!error) {
		super->root = dentry_new(NULL, (struct name){ "", 0 }, root);
		error = super->root ? 0 : -ENOMEM;
	}
	if (error) {
		ext2_node_drop_all(mounted);
		ext2_unmount(ext2_lock(mounted));
		ext2_unlock(mounted);
		buffer_sync(device);
		ext2_super_free(mounted);
	}
	return error;
}

static int ext2_super_sync(struct superblock *super)
{
	struct ext2_mounted *mounted = super->private;
	int error = ext2_data_write_all(mounted), other;

	other = ext2_sync(ext2_lock(mounted));
	ext2_unlock(mounted);
	error = error ?: other;
	other = buffer_sync(mounted->device);
	return error ?: other;
}

static int ext2_super_remount(struct superblock *super, bool read_only, const char *options)
{
	struct ext2_mounted *mounted = super->private;
	int error = 0;

	(void)options;
	if (read_only == super->read_only)
		return 0;
	/* A file without a name is freed when it is closed, which writes. */
	if (read_only && ext2_node_has_nameless(mounted))
		return -EBUSY;
	if (!read_only && mounted->device->read_only)
		return -EACCES;
	if (read_only) {
		error = ext2_data_write_all(mounted);
		ext2_node_trim_ends(mounted);
	}
	if (!error)
		error = read_only ? ext2_unmount(ext2_lock(mounted)) :
				    ext2_make_writable(ext2_lock(mounted));
	else
		ext2_lock(mounted);
	ext2_unlock(mounted);
	return error ?: buffer_sync(mounted->device);
}

static void ext2_super_unmount(struct superblock *super)
{
	struct ext2_mounted *mounted = super->private;

	ext2_data_write_all(mounted);
	ext2_node_drop_all(mounted);
	ext2_unmount(ext2_lock(mounted));
	ext2_unlock(mounted);
	if (buffer_sync(mounted->device))
		kprintf("ext2: %s: not everything could be written\n", mounted->device->name);
	buffer_drop(mounted->device);
	ext2_super_free(mounted);
}

static void ext2_super_statfs(struct superblock *super, struct super_stat *stat)
{
	struct ext2_mounted *mounted = super->private;
	const struct ext2_fs *fs = ext2_lock(mounted);
	uint32_t kept = MIN(fs->reserved_blocks, fs->free_blocks);

	*stat = (struct super_stat){
		.block_bytes = fs->block_size,
		.blocks = fs->blocks - fs->first_block,
		.free = fs->free_blocks,
		.available = fs->free_blocks - kept,
		.files = fs->inodes,
		.files_free = fs->free_inodes,
	};
	ext2_unlock(mounted);
}

const struct file_system ext2_type = {
	.name = "ext2",
	.magic = EXT2_MAGIC,
	.needs_device = true,
	.mount = ext2_super_mount,
	.statfs = ext2_super_statfs,
	.sync = ext2_super_sync,
	.unmount = ext2_super_unmount,
	.remount = ext2_super_remount,
};
