/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM file system: inodes and the pages of files.
 * Linux man-pages, inode(7).
 */
#include "fs/inode.h"

#include "drv/timer.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/user.h"

#define INODE_SIZE_MAX	(1UL << 40)

struct inode *inode_root;
static uint64_t inode_next_number = 1;

struct inode *inode_new(uint32_t mode)
{
	struct inode *inode = heap_alloc(sizeof(*inode));

	if (!inode)
		return NULL;
	inode->users = 1;
	inode->mode = mode;
	inode->number = inode_next_number++;
	inode->mtime_ns = timer_now_ns();
	inode->next_cookie = 2;
	list_init(&inode->entries);
	return inode;
}

static void inode_drop_pages(struct inode *inode, size_t from)
{
	for (size_t i = from; i < inode->page_slots; i++) {
		if (inode->pages[i])
			page_put(inode->pages[i]);
		inode->pages[i] = NULL;
	}
}

void inode_put(struct inode *inode)
{
	if (--inode->users)
		return;
	while (!list_empty(&inode->entries))
		inode_unlink(inode, LIST_ENTRY(inode->entries.next, struct inode_entry, link));
	inode_drop_pages(inode, 0);
	heap_free(inode->pages);
	heap_free(inode->target);
	heap_free(inode);
}

static int inode_reserve(struct inode *inode, size_t slots)
{
	size_t room = MAX(inode->page_slots, 4UL);
	struct page **pages;

	if (slots <= inode->page_slots)
		return 0;
	while (room < slots)
		room *= 2;
	pages = heap_alloc(room * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	if (inode->pages)
		memcpy(pages, inode->pages, inode->page_slots * sizeof(*pages));
	heap_free(inode->pages);
	inode->pages = pages;
	inode->page_slots = room;
	return 0;
}

struct page *inode_page(struct inode *inode, uint64_t index, int *error)
{
	uint64_t offset = index << PAGE_SHIFT;
	struct page *page;

	*error = -EIO;
	if (offset >= inode->size)
		return NULL;
	if (index < inode->page_slots && inode->pages[index])
		return inode->pages[index];
	*error = -ENOMEM;
	if (inode_reserve(inode, index + 1))
		return NULL;
	page = page_alloc_user_zeroed();
	if (!page)
		return NULL;
	if (offset < inode->archive_size)
		memcpy(page_to_virt(page), inode->archive + offset,
		       MIN(PAGE_SIZE, inode->archive_size - offset));
	inode->pages[index] = page;
	return page;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
	int error;

	if (size > INODE_SIZE_MAX)
		return -EFBIG;
	if (size < inode->size && (size & PAGE_MASK)) {
		/* What lies behind the end must be zero if the file grows again. */
		struct page *page = inode_page(inode, size >> PAGE_SHIFT, &error);

		if (!page)
			return error;
		memset((char *)page_to_virt(page) + (size & PAGE_MASK), 0,
		       PAGE_SIZE - (size & PAGE_MASK));
	}
	if (size < inode->size) {
		size_t keep = ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;

		inode_drop_pages(inode, MIN(keep, inode->page_slots));
		inode->archive_size = MIN(inode->archive_size, size);
	}
	inode->size = size;
	inode->mtime_ns = timer_now_ns();
	return 0;
}

/* Where the byte at offset lies, and how many follow it in the same page and file. */
static char *inode_bytes(struct inode *inode, uint64_t offset, size_t length, size_t *part,
			 int *error)
{
	struct page *page = inode_page(inode, offset >> PAGE_SHIFT, error);

	*part = MIN(length, PAGE_SIZE - (offset & PAGE_MASK));
	return page ? (char *)page_to_virt(page) + (offset & PAGE_MASK) : NULL;
}

ssize_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t length)
{
	size_t done = 0, part;
	int error;

	if (offset >= inode->size)
		return 0;
	length = MIN(length, inode->size - offset);
	for (; done < length; done += part) {
		char *from = inode_bytes(inode, offset + done, length - done, &part, &error);

		if (!from)
			return error;
		memcpy((char *)buf + done, from, part);
	}
	return (ssize_t)done;
}

ssize_t inode_read_user(struct inode *inode, uint64_t offset, uint64_t buf, size_t length)
{
	size_t done = 0, part;
	int error = 0;

	if (offset >= inode->size)
		return 0;
	length = MIN(length, inode->size - offset);
	for (; done < length && !error; done += error ? 0 : part) {
		char *from = inode_bytes(inode, offset + done, length - done, &part, &error);

		error = from ? user_write(buf + done, from, part) : error;
	}
	return done || !error ? (ssize_t)done : error;
}

ssize_t inode_write_user(struct inode *inode, uint64_t offset, uint64_t buf, size_t length)
{
	size_t done = 0, part;
	int error = 0;

	if (offset > INODE_SIZE_MAX || length > INODE_SIZE_MAX - offset)
		return -EFBIG;
	while (done < length && !error) {
		uint64_t at = offset + done, old = inode->size;
		char *to;

		part = MIN(length - done, PAGE_SIZE - (at & PAGE_MASK));
		inode->size = MAX(old, at + part);
		to = inode_bytes(inode, at, part, &part, &error);
		error = to ? user_read(to, buf + done, part) : error == -ENOMEM ? -ENOSPC : error;
		if (error)
			inode->size = old;
		else
			done += part;
	}
	inode->mtime_ns = timer_now_ns();
	return done || !error ? (ssize_t)done : error;
}

struct inode_entry *inode_find(struct inode *dir, const char *name, size_t length)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &dir->entries) {
		struct inode_entry *entry = LIST_ENTRY(pos, struct inode_entry, link);

		if (!strncmp(entry->name, name, length) && !entry->name[length])
			return entry;
	}
	return NULL;
}

int inode_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
	struct inode_entry *entry;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	entry = heap_alloc(sizeof(*entry) + length + 1);
	if (!entry)
		return -ENOMEM;
	memcpy(entry->name, name, length);
	entry->inode = inode;
	entry->cookie = dir->next_cookie++;
	list_add_before(&dir->entries, &entry->link);
	inode_get(inode);
	inode->links++;
	if (inode_is_dir(inode))
		inode->parent = dir;
	dir->mtime_ns = timer_now_ns();
	return 0;
}

void inode_unlink(struct inode *dir, struct inode_entry *entry)
{
	struct inode *inode = entry->inode;

	list_del(&entry->link);
	heap_free(entry);
	inode->links--;
	/* A removed directory that is still somebody's has no parent but the root. */
	if (inode_is_dir(inode))
		inode->parent = inode_root;
	dir->mtime_ns = timer_now_ns();
	inode_put(inode);
}

struct inode *inode_create(struct inode *dir, const char *name, size_t length, uint32_t mode)
{
	struct inode *inode = inode_new(mode);

	if (!inode)
		return NULL;
	if (inode_link(dir, name, length, inode)) {
		inode_put(inode);
		return NULL;
	}
	inode->users--;
	return inode;
}

void inode_init(void)
{
	inode_root = inode_new(S_IFDIR | 0755);
	if (!inode_root)
		panic("no memory for the root directory");
	inode_root->parent = inode_root;
	inode_root->links = 1;
}
