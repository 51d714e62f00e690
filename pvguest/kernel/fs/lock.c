/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advisory locks on files.
 * Linux man-pages, flock(2), fcntl_locking(2).
 */
#include "fs/lock.h"

#include "lib/errno.h"
#include "mm/heap.h"
#include "proc/proc.h"

#define LOCK_END	INT64_MAX

/* One range of one owner; flock's are of a kind of their own, which conflict with no others. */
struct lock {
	struct list link;
	const void *owner;
	bool whole;		/* flock(2) */
	int16_t type;
	int64_t start, end;	/* end: the last byte */
	int pid;		/* -1: an open file's */
};

/* Whoever waits for any lock; locks are rare, and each looks at its own again. */
static struct wait_queue lock_queue = { LIST_INIT(lock_queue.waiters) };

static struct lock *lock_entry(struct list *link)
{
	return LIST_ENTRY(link, struct lock, link);
}

static bool lock_overlaps(const struct lock *a, const struct lock *b)
{
	return a->whole == b->whole && a->start <= b->end && b->start <= a->end;
}

static struct lock *lock_conflict(struct inode *inode, const struct lock *wanted)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &inode->locks) {
		struct lock *lock = lock_entry(pos);

		if (lock->owner != wanted->owner && lock_overlaps(lock, wanted) &&
		    (lock->type == F_WRLCK || wanted->type == F_WRLCK))
			return lock;
	}
	return NULL;
}

/* A process that waits for a lock, on its stack: what it wants, to find circles. */
struct lock_wait {
	struct list link;
	struct inode *inode;
	const struct lock *wanted;
};

static struct list lock_waits = LIST_INIT(lock_waits);
static size_t lock_wait_count;

/* What a wait of the owner is for; NULL: none, or it was let go by now. */
static struct lock *lock_waited_for(const void *owner)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &lock_waits) {
		struct lock_wait *wait = LIST_ENTRY(pos, struct lock_wait, link);
		struct lock *lock = NULL;

		if (wait->wanted->owner == owner)
			lock = lock_conflict(wait->inode, wait->wanted);
		if (lock)
			return lock;
	}
	return NULL;
}

/* Whether who holds the lock that is in the way waits, over others perhaps, for this owner. */
static bool lock_is_circle(struct inode *inode, const struct lock *wanted)
{
	const struct lock *lock = lock_conflict(inode, wanted);
	size_t steps = lock_wait_count;

	while (lock && lock->owner != wanted->owner && steps--)
		lock = lock_waited_for(lock->owner);
	return lock && lock->owner == wanted->owner;
}

/* Until any lock was changed. Open files have no process that would wait for itself. */
static int lock_sleep(struct inode *inode, const struct lock *wanted)
{
	struct lock_wait wait = { .inode = inode, .wanted = wanted };
	int error;

	if (wanted->pid == -1)
		return wait_sleep(&lock_queue);
	if (lock_is_circle(inode, wanted))
		return -EDEADLK;
	list_add_before(&lock_waits, &wait.link);
	lock_wait_count++;
	error = wait_sleep(&lock_queue);
	lock_wait_count--;
	list_del(&wait.link);
	return error;
}

static void lock_free(struct lock *lock)
{
	list_del(&lock->link);
	heap_free(lock);
}

/* Takes the range out of what the owner holds; spare: for a lock that is cut in two. */
static void lock_cut(struct inode *inode, const struct lock *range, struct lock **spare)
{
	struct list *pos, *tmp;

	LIST_FOR_EACH_SAFE (pos, tmp, &inode->locks) {
		struct lock *lock = lock_entry(pos);

		if (lock->owner != range->owner || !lock_overlaps(lock, range))
			continue;
		if (lock->start < range->start && lock->end > range->end) {
			struct lock *rest = *spare;

			*spare = NULL;
			*rest = *lock;
			rest->start = range->end + 1;
			list_add_before(&inode->locks, &rest->link);
			lock->end = range->start - 1;
		} else if (lock->start < range->start) {
			lock->end = range->start - 1;
		} else if (lock->end > range->end) {
			lock->start = range->end + 1;
		} else {
			lock_free(lock);
		}
	}
}

/* Puts the lock in, when nothing is in the way, and takes away what it replaces. */
static int lock_apply(struct inode *inode, const struct lock *wanted, bool wait)
{
	struct lock *lock, *spare;
	int error = 0;

	while (!error && wanted->type != F_UNLCK && lock_conflict(inode, wanted)) {
		if (!wait)
			return -EAGAIN;
		error = lock_sleep(inode, wanted);
	}
	if (error)
		return error;
	lock = heap_alloc(sizeof(*lock));
	spare = heap_alloc(sizeof(*spare));
	if (!lock || !spare) {
		heap_free(lock);
		heap_free(spare);
		return -ENOLCK;
	}
	lock_cut(inode, wanted, &spare);
	if (wanted->type != F_UNLCK) {
		*lock = *wanted;
		list_add_before(&inode->locks, &lock->link);
		lock = NULL;
	}
	heap_free(lock);
	heap_free(spare);
	wait_wake(&lock_queue);
	return 0;
}

/* The range of bytes that a request means. */
static int lock_range(const struct file *file, const struct lock_request *r, struct lock *lock)
{
	int64_t base = 0, start;

	if (r->whence == SEEK_CUR)
		base = (int64_t)file->position;
	else if (r->whence == SEEK_END)
		base = (int64_t)file->inode->size;
	else if (r->whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, r->start, &start))
		return -EOVERFLOW;
	lock->start = start;
	lock->end = LOCK_END;
	if (r->length > 0 && __builtin_add_overflow(start, r->length - 1, &lock->end))
		return -EOVERFLOW;
	if (r->length < 0) {
		lock->end = start - 1;
		lock->start = start + r->length;
	}
	return lock->start < 0 ? -EINVAL : 0;
}

static int lock_from(const struct file *file, const void *owner, const struct lock_request *r,
		     struct lock *lock)
{
	*lock = (struct lock){ .owner = owner, .type = r->type,
			       .pid = owner == file ? -1 : proc_current->leader->pid };
	if (!file->inode || (file->flags & O_PATH))
		return -EBADF;
	if (r->type < F_RDLCK || r->type > F_UNLCK)
		return -EINVAL;
	return lock_range(file, r, lock);
}

int lock_set(struct file *file, const void *owner, const struct lock_request *request, bool wait)
{
	struct lock lock;
	int error = lock_from(file, owner, request, &lock);

	if (error)
		return error;
	if ((lock.type == F_RDLCK && !file_can_read(file)) ||
	    (lock.type == F_WRLCK && !file_can_write(file)))
		return -EBADF;
	return lock_apply(file->inode, &lock, wait);
}

int lock_get(struct file *file, const void *owner, struct lock_request *request)
{
	struct lock lock, *other;
	int error = lock_from(file, owner, request, &lock);

	if (error)
		return error;
	if (lock.type == F_UNLCK)
		return -EINVAL;
	other = lock_conflict(file->inode, &lock);
	request->type = F_UNLCK;
	if (!other)
		return 0;
	request->type = other->type;
	request->whence = SEEK_SET;
	request->start = other->start;
	request->length = other->end == LOCK_END ? 0 : other->end - other->start + 1;
	request->pid = other->pid;
	return 0;
}

int lock_whole(struct file *file, uint32_t operation)
{
	struct lock lock = { .owner = file, .whole = true, .end = LOCK_END, .pid = -1 };

	switch (operation & ~(uint32_t)LOCK_NB) {
	case LOCK_SH:
		lock.type = F_RDLCK;
		break;
	case LOCK_EX:
		lock.type = F_WRLCK;
		break;
	case LOCK_UN:
		lock.type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	if (!file->inode || (file->flags & O_PATH))
		return -EBADF;
	return lock_apply(file->inode, &lock, !(operation & LOCK_NB));
}

void lock_release(struct inode *inode, const void *owner)
{
	struct list *pos, *tmp;
	bool any = false;

	LIST_FOR_EACH_SAFE (pos, tmp, &inode->locks) {
		if (lock_entry(pos)->owner != owner)
			continue;
		lock_free(lock_entry(pos));
		any = true;
	}
	if (any)
		wait_wake(&lock_queue);
}
