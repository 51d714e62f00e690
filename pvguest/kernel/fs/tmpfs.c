/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in memory: names are dentries that stay, contents are pages in the cache that stay.
 * Linux man-pages, tmpfs(5).
 */
#include "fs/tmpfs.h"

#include "fs/dentry.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

#define TMPFS_MAGIC	0x01021994U

/* What a file began as: data in the initial archive, which is copied page by page. */
struct tmpfs_origin {
	const uint8_t *data;
	uint64_t size;
};

/* What a mount may hold; the root file system has no such limit. */
struct tmpfs_limit {
	uint64_t most_pages, pages;
};

static const struct inode_ops tmpfs_ops;
/* The one that the machine began with, also if something else is its root now. */
static struct superblock *tmpfs_rootfs;

/* A file's first `keep` pages stay: the others no longer count. */
static void tmpfs_uncount(const struct inode *inode, uint64_t keep)
{
	struct tmpfs_limit *limit = inode->super->private;

	for (uint64_t i = keep; limit && inode_next_cached(inode, &i); i++)
		limit->pages--;
}

static int tmpfs_read_page(struct inode *inode, uint64_t index, struct page *page)
{
	const struct tmpfs_origin *origin = inode->private;
	struct tmpfs_limit *limit = inode->super->private;
	uint64_t offset = index << PAGE_SHIFT;

	if (limit && limit->pages >= limit->most_pages)
		return -ENOSPC;
	if (limit)
		limit->pages++;
	if (origin && offset < origin->size)
		memcpy(page_to_virt(page), origin->data + offset,
		       MIN(PAGE_SIZE, origin->size - offset));
	return 0;
}

static uint64_t tmpfs_next_data(struct inode *inode, uint64_t index)
{
	const struct tmpfs_origin *origin = inode->private;

	if (origin && index < ALIGN_UP(origin->size, PAGE_SIZE) >> PAGE_SHIFT)
		return index;
	return inode_next_cached(inode, &index) ? index : INODE_NO_PAGE;
}

static uint64_t tmpfs_blocks(const struct inode *inode)
{
	const struct tmpfs_origin *origin = inode->private;
	uint64_t pages = origin ? ALIGN_UP(origin->size, PAGE_SIZE) >> PAGE_SHIFT : 0;

	return MAX(pages, inode->page_count) * (PAGE_SIZE / 512);
}

/* What came with the archive is written to first, so that it does not come back. */
static int tmpfs_punch(struct inode *inode, uint64_t first, uint64_t end)
{
	const struct tmpfs_origin *origin = inode->private;
	struct tmpfs_limit *limit = inode->super->private;
	struct page *page;
	int error;

	end = MIN(end, ALIGN_UP(inode->size, PAGE_SIZE) >> PAGE_SHIFT);
	for (uint64_t i = tmpfs_next_data(inode, first); i < end;
	     i = tmpfs_next_data(inode, i + 1)) {
		page = inode_cached(inode, i);
		if (!page || page->users > 1 || (origin && i << PAGE_SHIFT < origin->size)) {
			/* It is mapped, or the archive has it. */
			page = inode_page(inode, i, &error);
			if (!page)
				return error;
			memset(page_to_virt(page), 0, PAGE_SIZE);
		} else {
			inode_drop_page(inode, i);
			if (limit)
				limit->pages--;
		}
	}
	return 0;
}

static int tmpfs_truncate(struct inode *inode, uint64_t size)
{
	struct tmpfs_origin *origin = inode->private;

	if (origin)
		origin->size = MIN(origin->size, size);
	/* Pages are dropped then only: one behind the end, left by a write that failed, stays. */
	if (size < inode->size)
		tmpfs_uncount(inode, ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT);
	return 0;
}

static void tmpfs_release(struct inode *inode)
{
	tmpfs_uncount(inode, 0);
	heap_free(inode->private);
}

int tmpfs_set_origin(struct inode *inode, const uint8_t *data, uint64_t size)
{
	struct tmpfs_origin *origin = heap_alloc(sizeof(*origin));

	if (!origin)
		return -ENOMEM;
	*origin = (struct tmpfs_origin){ data, size };
	heap_free(inode->private);
	inode->private = origin;
	inode->size = size;
	return 0;
}

struct inode *tmpfs_inode(struct superblock *super, const struct inode_request *request)
{
	struct inode *inode = inode_new(super, &tmpfs_ops, request->mode);

	if (!inode)
		return NULL;
	inode->number = super->next_inode++;
	inode->device = request->device;
	inode->links = inode_is_dir(inode) ? 2 : 1;
	if (request->target) {
		inode->size = strlen(request->target);
		inode->target = heap_alloc(inode->size + 1);
		if (!inode->target) {
			inode_put(inode);
			return NULL;
		}
		memcpy(inode->target, request->target, inode->size);
	}
	return inode;
}

struct inode *tmpfs_anonymous(uint32_t mode)
{
	struct inode_request request = { .mode = mode };
	struct inode *inode = tmpfs_inode(tmpfs_rootfs, &request);

	if (inode)
		inode->links = 0;
	return inode;
}

static int tmpfs_create(struct inode *dir, struct name name, const struct inode_request *request,
			struct inode **inode)
{
	(void)name;
	*inode = tmpfs_inode(dir->super, request);
	if (!*inode)
		return -ENOSPC;
	dir->links += inode_is_dir(*inode);
	return 0;
}

static int tmpfs_link(struct inode *dir, struct name name, struct inode *inode)
{
	(void)dir;
	(void)name;
	inode->links++;
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct name name, struct inode *inode)
{
	(void)name;
	if (!inode_is_dir(inode)) {
		inode->links--;
		return 0;
	}
	if (!list_empty(&dentry_of(inode)->children))
		return -ENOTEMPTY;
	inode->links = 0;
	dir->links--;
	return 0;
}

/* The names are dentries: only the counts are left to do. */
static int tmpfs_rename(const struct inode_rename *r)
{
	int moved = inode_is_dir(r->what);

	if (r->exchange) {
		moved -= inode_is_dir(r->victim);
	} else if (r->victim) {
		int error = tmpfs_unlink(r->to, r->new, r->victim);

		if (error)
			return error;
	}
	r->from->links -= (uint32_t)moved;
	r->to->links += (uint32_t)moved;
	return 0;
}

static int tmpfs_readdir(struct inode *dir, uint64_t position, struct inode_lister *lister)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &dentry_of(dir)->children) {
		struct dentry *dentry = LIST_ENTRY(pos, struct dentry, sibling);

		if (dentry->cookie < position)
			continue;
		if (!lister->take(lister, (struct name){ dentry->name, dentry->length },
				  dentry->inode->number, dentry->inode->mode, dentry->cookie + 1))
			break;
	}
	return 0;
}

static const struct inode_ops tmpfs_ops = {
	.create = tmpfs_create,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rename = tmpfs_rename,
	.readdir = tmpfs_readdir,
	.read_page = tmpfs_read_page,
	.blocks = tmpfs_blocks,
	.next_data = tmpfs_next_data,
	.punch = tmpfs_punch,
	.truncate = tmpfs_truncate,
	.release = tmpfs_release,
};

/* The number behind NAME=, with a suffix for a size; false if it is not there. */
static bool tmpfs_option(const char *options, const char *name, unsigned int base,
			 uint64_t *value)
{
	size_t length = strlen(name);

	while (strncmp(options, name, length) || options[length] != '=') {
		options = strchr(options, ',');
		if (!options)
			return false;
		options++;
	}
	options += length + 1;
	for (*value = 0; *options >= '0' && *options < '0' + (char)base; options++)
		*value = *value * base + (uint64_t)(*options - '0');
	if (*options == '%')
		*value = (page_total_count() << PAGE_SHIFT) / 100 * *value;
	else if (*options == 'k' || *options == 'K')
		*value <<= 10;
	else if (*options == 'm' || *options == 'M')
		*value <<= 20;
	else if (*options == 'g' || *options == 'G')
		*value <<= 30;
	return true;
}

static void tmpfs_set_limit(struct tmpfs_limit *limit, const char *options)
{
	uint64_t value = page_total_count() / 2 * PAGE_SIZE;

	if (!tmpfs_option(options, "size", 10, &value) &&
	    tmpfs_option(options, "nr_blocks", 10, &value))
		value <<= PAGE_SHIFT;
	limit->most_pages = value ? ALIGN_UP(value, PAGE_SIZE) >> PAGE_SHIFT : ~0UL;
}

static int tmpfs_mount(struct superblock *super, const struct super_source *source)
{
	struct inode_request request = { .mode = S_IFDIR | 0755 };
	uint64_t mode = S_ISVTX | 0777, id;
	struct inode *root;

	if (super->type == &tmpfs_type) {
		super->private = heap_alloc(sizeof(struct tmpfs_limit));
		if (!super->private)
			return -ENOMEM;
		tmpfs_set_limit(super->private, source->options);
		tmpfs_option(source->options, "mode", 8, &mode);
		request.mode = S_IFDIR | ((uint32_t)mode & 07777);
	}
	else
		tmpfs_rootfs = super;
	root = tmpfs_inode(super, &request);
	super->root = root ? dentry_new(NULL, (struct name){ "", 0 }, root) : NULL;
	if (root && tmpfs_option(source->options, "uid", 10, &id))
		root->uid = (uint32_t)id;
	if (root && tmpfs_option(source->options, "gid", 10, &id))
		root->gid = (uint32_t)id;
	return super->root ? 0 : -ENOMEM;
}

static int tmpfs_remount(struct superblock *super, bool read_only, const char *options)
{
	uint64_t value;

	(void)read_only;
	if (super->private && tmpfs_option(options, "size", 10, &value))
		tmpfs_set_limit(super->private, options);
	return 0;
}

/* What follows counts no more. */
static void tmpfs_unmount(struct superblock *super)
{
	heap_free(super->private);
	super->private = NULL;
}

void tmpfs_statfs(struct superblock *super, struct super_stat *stat)
{
	const struct tmpfs_limit *limit = super->private;

	*stat = (struct super_stat){ .block_bytes = PAGE_SIZE, .blocks = page_total_count(),
				     .free = page_free_count(), .files = page_total_count(),
				     .files_free = page_free_count() };
	if (limit) {
		stat->blocks = limit->most_pages == ~0UL ? 0 : limit->most_pages;
		stat->free = stat->blocks > limit->pages ? stat->blocks - limit->pages : 0;
	}
	stat->available = stat->free;
}

const struct file_system tmpfs_type = {
	.name = "tmpfs",
	.magic = TMPFS_MAGIC,
	.pinned = true,
	.mount = tmpfs_mount,
	.remount = tmpfs_remount,
	.unmount = tmpfs_unmount,
	.statfs = tmpfs_statfs,
};

/* What the machine begins with, filled from the initial archive. */
const struct file_system rootfs_type = {
	.name = "rootfs",
	.magic = TMPFS_MAGIC,
	.pinned = true,
	.mount = tmpfs_mount,
	.statfs = tmpfs_statfs,
};
