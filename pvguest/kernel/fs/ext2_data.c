/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext2 in the kernel: pages of files from the disk and to it.
 * No specification: a page cache that writes back later.
 */
#include "fs/ext2_node.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

/* One page in so many may be dirty before writers have to write. */
#define EXT2_DIRTY_PART	 16U
#define EXT2_PAGE_BLOCKS 4U /* of 1 KiB, at most */

/* Of all that are mounted. */
static size_t ext2_dirty_pages;

size_t ext2_data_dirty_count(void)
{
	return ext2_dirty_pages;
}

/* A run of blocks that lie side by side on the disk, for a part of a page. */
static void ext2_data_request(struct ext2_mounted *mounted, struct block_request *request,
			      enum block_op op, uint32_t block, void *data, uint32_t blocks)
{
	uint32_t shift = mounted->fs.block_shift - BLOCK_SECTOR_SHIFT;

	*request = (struct block_request){ .op = op,
					   .sector = (uint64_t)block << shift,
					   .data = data,
					   .sectors = blocks << shift };
	block_submit(mounted->device, request);
}

/* The blocks of a page: 0 where there is none, or only the end behind it. How many a page has. */
static int ext2_data_find(struct ext2_mounted *mounted, struct ext2_node *node, uint64_t index,
			  uint32_t *blocks)
{
	struct ext2_fs *fs = ext2_lock(mounted);
	uint32_t shift = PAGE_SHIFT - fs->block_shift, count = 1U << shift;
	uint64_t end = (node->inode->size + fs->block_size - 1) >> fs->block_shift;
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++) {
		blocks[i] = 0;
		if ((index << shift) + i < end)
			error = ext2_map_find(fs, &node->core, (index << shift) + i, &blocks[i]);
	}
	ext2_unlock(mounted);
	return error ? error : (int)count;
}

/* Requests for the runs of blocks in a page; how many. */
static uint32_t ext2_data_submit(struct ext2_mounted *mounted, enum block_op op, void *data,
				 const uint32_t *blocks, uint32_t count,
				 struct block_request *requests)
{
	uint32_t made = 0, size = mounted->fs.block_size;

	for (uint32_t first = 0, run; first < count; first += run) {
		for (run = 1; first + run < count &&
			      blocks[first + run] == (blocks[first] ? blocks[first] + run : 0);
		     run++)
			;
		if (blocks[first])
			ext2_data_request(mounted, &requests[made++], op, blocks[first],
					  (char *)data + first * size, run);
	}
	return made;
}

int ext2_data_read_page(struct inode *inode, uint64_t index, struct page *page)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	struct block_request requests[EXT2_PAGE_BLOCKS];
	uint32_t blocks[EXT2_PAGE_BLOCKS], made;
	int count = ext2_data_find(mounted, ext2_node(inode), index, blocks), error = 0;
	uint64_t left;

	if (count < 0)
		return count;
	made = ext2_data_submit(mounted, BLOCK_READ, page_to_virt(page), blocks, (uint32_t)count,
				requests);
	if (made)
		block_kick(mounted->device);
	for (uint32_t i = 0; i < made; i++) {
		int status = block_wait(&requests[i]);

		error = error ?: status;
	}
	/* What lies behind the end on the disk is anything. */
	left = inode->size > index << PAGE_SHIFT ? inode->size - (index << PAGE_SHIFT) : 0;
	if (left < PAGE_SIZE)
		memset((char *)page_to_virt(page) + left, 0, PAGE_SIZE - left);
	return error;
}

static int ext2_data_mark(struct ext2_node *node, uint64_t index)
{
	uint64_t word = radix_get(&node->dirty, index / 64), bit = 1UL << (index % 64);
	int error;

	if (word & bit)
		return 0;
	error = radix_set(&node->dirty, index / 64, word | bit);
	if (error)
		return error;
	node->dirty_pages++;
	ext2_dirty_pages++;
	return 0;
}

static void ext2_data_unmark(struct ext2_node *node, uint64_t index)
{
	uint64_t word = radix_get(&node->dirty, index / 64), bit = 1UL << (index % 64);

	if (!(word & bit))
		return;
	/* There is a word already: it takes no memory to change it. */
	if (word == bit)
		radix_remove(&node->dirty, index / 64);
	else
		radix_set(&node->dirty, index / 64, word & ~bit);
	node->dirty_pages--;
	ext2_dirty_pages--;
}

/* The first dirty page at or behind *index; false: there is none. */
static bool ext2_data_next_dirty(const struct ext2_node *node, uint64_t *index)
{
	uint64_t at = *index / 64, word = radix_get(&node->dirty, at) >> (*index % 64);

	if (!word) {
		at++;
		word = radix_next(&node->dirty, &at);
		*index = at * 64;
	}
	if (!word)
		return false;
	for (; !(word & 1); word >>= 1)
		++*index;
	return true;
}

void ext2_data_forget(struct ext2_node *node, uint64_t from)
{
	for (uint64_t i = from; ext2_data_next_dirty(node, &i); i++)
		ext2_data_unmark(node, i);
}

/* Too much is dirty: whoever makes more writes some of it first. */
static void ext2_data_throttle(struct ext2_mounted *mounted)
{
	if (ext2_dirty_pages > page_total_count() / EXT2_DIRTY_PART)
		ext2_data_write_all(mounted);
	buffer_throttle(mounted->device);
}

/* Blocks for those bytes of a file. The core is locked. */
static int ext2_data_make(struct ext2_fs *fs, struct ext2_node *node, uint64_t from, uint64_t to)
{
	int error = fs->read_only ? -EROFS : to > ext2_inode_size_max(fs) ? -EFBIG : 0;
	bool any = false;

	for (from = ALIGN_DOWN(from, fs->block_size); from < to && !error; from += fs->block_size) {
		uint32_t block;
		bool made;

		error = ext2_map_make(fs, &node->core, from >> fs->block_shift, &block, &made);
		any |= made;
	}
	if (any || error == -ENOSPC) {
		int other = ext2_inode_write(fs, &node->core);

		error = error ?: other;
	}
	return error;
}

int ext2_data_prepare_write(struct inode *inode, uint64_t index, uint32_t from, uint32_t to)
{
	struct ext2_mounted *mounted = ext2_of(inode);
	struct ext2_node *node = ext2_node(inode);
	uint64_t base = index << PAGE_SHIFT;
	struct page *page = NULL;
	int error = 0;

	ext2_data_throttle(mounted);
	/* Where a hole gets a block the page must be zero, not what the block held before. */
	if (base < inode->size) {
		page = inode_page(inode, index, &error);
		if (!page)
			return error;
		page_get(page);
	}
	node->grown |= base + to > inode->size;
	error = ext2_data_make(ext2_lock(mounted), node, base + from, base + to);
	if (!error)
		error = ext2_data_mark(node, index);
	ext2_unlock(mounted);
	if (page)
		page_put(page);
	return error;
}

static int ext2_data_finish(struct ext2_mounted *mounted, uint32_t count)
{
	int error = 0;

	if (count)
		block_kick(mounted->device);
	for (uint32_t i = 0; i < count; i++) {
		int status = block_wait(&mounted->requests[i]);

		error = error ?: status;
		page_put(mounted->pages[i]);
	}
	if (error)
		mounted->device->write_error = error;
	return error;
}

/* Begins to write a page, of which the caller is a user; how many requests it took, or negative. */
static int ext2_data_start(struct ext2_mounted *mounted, struct ext2_node *node, uint64_t index,
			   struct page *page, uint32_t at)
{
	uint32_t blocks[EXT2_PAGE_BLOCKS], made;
	int count = ext2_data_find(mounted, node, index, blocks);

	if (count < 0)
		return count;
	/*
	 * Somebody maps the page, or is copying into it: it may change after this. Else what
	 * changes it marks it again.
	 */
	if (page->users == 2)
		ext2_data_unmark(node, index);
	for (int i = 0; i < count; i++)
		if (blocks[i])
			buffer_forget(mounted->device, blocks[i], mounted->fs.block_size);
	made = ext2_data_submit(mounted, BLOCK_WRITE, page_to_virt(page), blocks, (uint32_t)count,
				&mounted->requests[at]);
	for (uint32_t i = 0; i < made; i++) {
		page_get(page);
		mounted->pages[at + i] = page;
	}
	return (int)made;
}

/* The caller holds mounted->writer. */
static int ext2_data_write_locked(struct ext2_mounted *mounted, struct ext2_node *node)
{
	uint32_t count = 0;
	int error = 0;

	for (uint64_t i = 0; ext2_data_next_dirty(node, &i); i++) {
		struct page *page = inode_cached(node->inode, i);
		int made, status;

		if (!page)
			continue;
		/* Finding its blocks may sleep. */
		page_get(page);
		made = ext2_data_start(mounted, node, i, page, count);
		page_put(page);
		if (made < 0)
			error = error ?: made;
		else
			count += (uint32_t)made;
		if (count <= EXT2_BATCH - EXT2_PAGE_BLOCKS)
			continue;
		status = ext2_data_finish(mounted, count);
		error = error ?: status;
		count = 0;
	}
	if (count) {
		int status = ext2_data_finish(mounted, count);

		error = error ?: status;
	}
	return error;
}

int ext2_data_write(struct ext2_node *node)
{
	struct ext2_mounted *mounted = ext2_of(node->inode);
	int error;

	if (!node->dirty_pages)
		return 0;
	mutex_lock(&mounted->writer);
	error = ext2_data_write_locked(mounted, node);
	mutex_unlock(&mounted->writer);
	return error;
}

/* A node that has not been written in this round; NULL: all have. */
static struct ext2_node *ext2_data_next(struct ext2_mounted *mounted)
{
	struct list *pos;

	LIST_FOR_EACH(pos, &mounted->nodes)
	{
		struct ext2_node *node = LIST_ENTRY(pos, struct ext2_node, link);

		if (node->dirty_pages && node->round != mounted->round)
			return node;
	}
	return NULL;
}

int ext2_data_write_all(struct ext2_mounted *mounted)
{
	struct ext2_node *node;
	int error = 0;

	mutex_lock(&mounted->writer);
	mounted->round++;
	while ((node = ext2_data_next(mounted)) != NULL) {
		int status;

		node->round = mounted->round;
		inode_get(node->inode);
		status = ext2_data_write_locked(mounted, node);
		error = error ?: status;
		/* If that was the last user, releasing it needs the writer's lock. */
		mutex_unlock(&mounted->writer);
		inode_put(node->inode);
		mutex_lock(&mounted->writer);
	}
	mutex_unlock(&mounted->writer);
	return error;
}
