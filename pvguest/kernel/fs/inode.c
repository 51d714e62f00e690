/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes and the page cache, for all file systems.
 * Linux man-pages, inode(7).
 */
#include "fs/inode.h"

#include "drv/timer.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/signal.h"

#define INODE_BUCKETS	1024

static struct list inode_table[INODE_BUCKETS];
/* Pages in the cache, and those of them that lie nowhere else. */
static size_t inode_page_count, inode_memory_count;

size_t inode_cached_pages(void)
{
	return inode_page_count;
}

size_t inode_memory_pages(void)
{
	return inode_memory_count;
}

/* One page more or less (by -1). */
static void inode_count(struct inode *inode, size_t by)
{
	inode->page_count += by;
	inode_page_count += by;
	if (!inode->super->device)
		inode_memory_count += by;
}

struct inode *inode_new(struct superblock *super, const struct inode_ops *ops, uint32_t mode)
{
	struct inode *inode = heap_alloc(sizeof(*inode));

	if (!inode)
		return NULL;
	inode->users = 1;
	inode->ops = ops;
	inode->super = super;
	inode->mode = mode;
	inode->atime_ns = inode->mtime_ns = inode->ctime_ns = timer_real_ns();
	inode->filled = true;
	mutex_init(&inode->lock);
	list_init(&inode->names);
	list_init(&inode->locks);
	list_init(&inode->hash_link);
	return inode;
}

/* Of pages that are dropped. */
struct inode_drop {
	struct inode *inode;
	bool used; /* somebody else has one of them, too */
};

static void inode_drop_value(uintptr_t value, void *context)
{
	struct page *page = (struct page *)value;
	struct inode_drop *drop = context;

	inode_count(drop->inode, (size_t)-1);
	drop->used |= page->users > 1;
	page_put(page);
}

/* The pages from one on are dropped; true: somebody else uses one, who may have it mapped. */
static bool inode_drop_pages(struct inode *inode, uint64_t from)
{
	struct inode_drop drop = { .inode = inode };

	inode->cuts++;
	if (inode->page_count)
		radix_cut(&inode->pages, from, inode_drop_value, &drop);
	return drop.used;
}

void inode_put(struct inode *inode)
{
	if (--inode->users)
		return;
	/* Releasing may sleep: whoever finds it then and puts it must not be the last. */
	inode->users = 1;
	if (inode->ops->release && inode->filled)
		inode->ops->release(inode);
	if (--inode->users)
		return;
	list_del(&inode->hash_link);
	inode_drop_pages(inode, 0);
	heap_free(inode->target);
	heap_free(inode);
}

static struct list *inode_bucket(const struct superblock *super, uint64_t number)
{
	struct list *head = &inode_table[(number + super->number * 257UL) % INODE_BUCKETS];

	if (!head->next)
		list_init(head);
	return head;
}

struct inode *inode_of(struct superblock *super, const struct inode_ops *ops, uint64_t number)
{
	struct list *head = inode_bucket(super, number), *pos;
	struct inode *inode;

	LIST_FOR_EACH (pos, head) {
		inode = LIST_ENTRY(pos, struct inode, hash_link);
		if (inode->super != super || inode->number != number)
			continue;
		inode_get(inode);
		/* Not otherwise: on a broken disk it may be what the caller has locked. */
		if (!inode->filled) {
			mutex_lock(&inode->lock);
			mutex_unlock(&inode->lock);
		}
		if (inode->filled)
			return inode;
		inode_put(inode);
		return NULL;
	}
	inode = inode_new(super, ops, 0);
	if (!inode)
		return NULL;
	inode->number = number;
	inode->filled = false;
	list_add_before(head, &inode->hash_link);
	mutex_lock(&inode->lock);
	return inode;
}

void inode_bad(struct inode *inode)
{
	list_del(&inode->hash_link);
	mutex_unlock(&inode->lock);
	inode_put(inode);
}

/* Tries to bring a page into the cache; false: the file was cut while it was read. */
static bool inode_try_fill(struct inode *inode, uint64_t index, int *error)
{
	struct page *page = page_alloc_user_zeroed();
	uint32_t cuts = inode->cuts;

	*error = -ENOMEM;
	if (!page)
		return true;
	/* Room for it first: a file system that does not sleep gives no page in vain. */
	*error = radix_reserve(&inode->pages, index);
	if (!*error && inode->ops->read_page)
		*error = inode->ops->read_page(inode, index, page);
	/* Reading may have slept: somebody else may have been faster, or have cut the file. */
	if (!*error && cuts == inode->cuts && !inode_cached(inode, index)) {
		*error = radix_set(&inode->pages, index, (uintptr_t)page);
		if (!*error) {
			inode_count(inode, 1);
			return true;
		}
	}
	page_put(page);
	if (inode_cached(inode, index))
		return true;
	radix_remove(&inode->pages, index);
	return *error != 0;
}

/* Brings a page into the cache, whatever the size of the file is. */
static struct page *inode_fill(struct inode *inode, uint64_t index, int *error)
{
	while (!inode_try_fill(inode, index, error))
		;
	return *error ? NULL : inode_cached(inode, index);
}

struct page *inode_page(struct inode *inode, uint64_t index, int *error)
{
	struct page *page;

	*error = -EIO;
	if (index << PAGE_SHIFT >= inode->size)
		return NULL;
	page = inode_cached(inode, index);
	return page ? page : inode_fill(inode, index, error);
}

void inode_drop_page(struct inode *inode, uint64_t index)
{
	struct page *page = (struct page *)radix_remove(&inode->pages, index);

	if (!page)
		return;
	inode_count(inode, (size_t)-1);
	page_put(page);
}

int inode_changed(struct inode *inode, uint32_t what)
{
	inode->ctime_ns = timer_real_ns();
	return inode->ops->setattr ? inode->ops->setattr(inode, what) : 0;
}

/* What lies behind the end must be zero if the file grows again. */
static int inode_clear_tail(struct inode *inode, uint64_t size)
{
	struct page *page;
	int error;

	if (size >= inode->size || !(size & PAGE_MASK) || inode_is_hole(inode, size >> PAGE_SHIFT))
		return 0;
	page = inode_page(inode, size >> PAGE_SHIFT, &error);
	if (!page)
		return error;
	memset((char *)page_to_virt(page) + (size & PAGE_MASK), 0, PAGE_SIZE - (size & PAGE_MASK));
	if (!inode->ops->prepare_write)
		return 0;
	return inode->ops->prepare_write(inode, size >> PAGE_SHIFT, 0, 0);
}

int inode_clear(struct inode *inode, uint64_t from, uint64_t to)
{
	int error = 0;

	to = MIN(to, inode->size);
	while (from < to && !error) {
		uint64_t index = from >> PAGE_SHIFT, at = from & PAGE_MASK;
		size_t part = MIN(PAGE_SIZE - at, to - from);
		struct page *page;

		from += part;
		if (inode_is_hole(inode, index))
			continue;
		if (inode->ops->prepare_write)
			error = inode->ops->prepare_write(inode, index, (uint32_t)at,
							  (uint32_t)(at + part));
		page = error ? NULL : inode_page(inode, index, &error);
		if (!page)
			return error;
		memset((char *)page_to_virt(page) + at, 0, part);
		error = 0;
	}
	return error;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
	bool used = false;
	int error;

	if (size > inode->super->size_max)
		return -EFBIG;
	mutex_lock(&inode->lock);
	error = inode_clear_tail(inode, size);
	if (!error && inode->ops->truncate)
		error = inode->ops->truncate(inode, size);
	if (!error) {
		uint64_t keep = ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;

		if (size < inode->size)
			used = inode_drop_pages(inode, keep);
		inode->size = size;
		if (used)
			proc_zap_file(inode, keep);
		inode->mtime_ns = timer_real_ns();
		error = inode_changed(inode, 0);
	}
	mutex_unlock(&inode->lock);
	return error;
}

/* How large the current process may make a file. */
static uint64_t inode_limit(void)
{
	return proc_current->leader->limits[RLIMIT_FSIZE].now;
}

/* It wants to make one larger than that. */
static int inode_refuse(void)
{
	struct signal_info info = { .signo = SIGXFSZ, .code = SI_KERNEL };

	signal_send(proc_current, &info);
	return -EFBIG;
}

int inode_resize(struct inode *inode, uint64_t size)
{
	if (size > inode->size && size > inode_limit())
		return inode_refuse();
	return inode_truncate(inode, size);
}

ssize_t inode_read(struct inode *inode, uint64_t offset, void *buf, size_t length)
{
	size_t done = 0, part;
	int error;

	if (offset >= inode->size)
		return 0;
	length = MIN(length, inode->size - offset);
	for (; done < length; done += part) {
		uint64_t at = offset + done;
		struct page *page = inode_page(inode, at >> PAGE_SHIFT, &error);

		if (!page)
			return error;
		part = MIN(length - done, PAGE_SIZE - (at & PAGE_MASK));
		memcpy((char *)buf + done, (char *)page_to_virt(page) + (at & PAGE_MASK), part);
	}
	return (ssize_t)done;
}

static int inode_read_part(struct inode *inode, uint64_t at, uint64_t buf, size_t part)
{
	struct page *page;
	int error;

	/* It is read without taking memory for it. */
	if (inode_is_hole(inode, at >> PAGE_SHIFT))
		return user_clear(buf, part);
	page = inode_page(inode, at >> PAGE_SHIFT, &error);
	if (!page)
		return error;
	/* The copy may fault, and the fault may sleep. */
	page_get(page);
	error = user_write(buf, (char *)page_to_virt(page) + (at & PAGE_MASK), part);
	page_put(page);
	return error;
}

ssize_t inode_read_user(struct inode *inode, uint64_t offset, uint64_t buf, size_t length)
{
	size_t done = 0;
	int error = 0;

	if (offset >= inode->size)
		return 0;
	length = MIN(length, inode->size - offset);
	while (done < length) {
		uint64_t at = offset + done;
		size_t part = MIN(length - done, PAGE_SIZE - (at & PAGE_MASK));

		error = inode_read_part(inode, at, buf + done, part);
		if (error)
			break;
		done += part;
	}
	return done || !error ? (ssize_t)done : error;
}

/* A part of one page, from user memory. The lock is held. */
static int inode_write_part(struct inode *inode, uint64_t at, uint64_t buf, size_t part)
{
	uint64_t index = at >> PAGE_SHIFT;
	struct page *page;
	int error = 0;

	if (inode->ops->prepare_write)
		error = inode->ops->prepare_write(inode, index, (uint32_t)(at & PAGE_MASK),
						  (uint32_t)((at & PAGE_MASK) + part));
	if (error)
		return error;
	page = inode_cached(inode, index);
	if (!page)
		page = inode_fill(inode, index, &error);
	if (!page)
		return error == -ENOMEM ? -ENOSPC : error;
	page_get(page);
	error = user_read((char *)page_to_virt(page) + (at & PAGE_MASK), buf, part);
	/* Behind the end everything stays zero, also what was copied before a fault. */
	if (error && at + part > inode->size) {
		uint64_t from = MAX(at, inode->size);

		memset((char *)page_to_virt(page) + (from & PAGE_MASK), 0, at + part - from);
	}
	page_put(page);
	return error;
}

/* How much of a write fits: not behind the file system's end of files, nor the process's. */
static int inode_write_room(const struct inode *inode, uint64_t start, size_t *length)
{
	uint64_t limit = inode_limit();

	if (!*length)
		return 0;
	if (start >= limit)
		return inode_refuse();
	limit = MIN(limit, inode->super->size_max);
	if (start >= limit)
		return -EFBIG;
	*length = MIN(*length, limit - start);
	return 0;
}

ssize_t inode_write_user(struct inode *inode, uint64_t *offset, bool append, uint64_t buf,
			 size_t length)
{
	uint64_t start;
	size_t done = 0;
	int error;

	mutex_lock(&inode->lock);
	start = append ? inode->size : *offset;
	error = inode_write_room(inode, start, &length);
	while (done < length && !error) {
		uint64_t at = start + done;
		size_t part = MIN(length - done, PAGE_SIZE - (at & PAGE_MASK));

		error = inode_write_part(inode, at, buf + done, part);
		if (error)
			break;
		done += part;
		inode->size = MAX(inode->size, at + part);
	}
	if (done) {
		inode->mtime_ns = timer_real_ns();
		inode_changed(inode, 0);
	}
	mutex_unlock(&inode->lock);
	*offset = start + done;
	return done || !error ? (ssize_t)done : error;
}

void inode_touch(struct inode *inode)
{
	if (inode->atime_ns > inode->mtime_ns && inode->atime_ns > inode->ctime_ns)
		return;
	if (inode->super->read_only)
		return;
	inode->atime_ns = timer_real_ns();
	if (inode->ops->setattr)
		inode->ops->setattr(inode, INODE_ATIME);
}

ssize_t inode_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t length;

	if (!inode_is(inode, S_IFLNK))
		return -EINVAL;
	if (!inode->target)
		return inode->ops->readlink ? inode->ops->readlink(inode, buf, size) : -EINVAL;
	length = MIN(strlen(inode->target), size);
	memcpy(buf, inode->target, length);
	return (ssize_t)length;
}
