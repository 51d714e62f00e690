/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes. A waiter stands in a list for its word, which is known by the address space and address,
 * or by file and offset if address spaces share it.
 * Linux man-pages, futex(2); Linux, Documentation/locking/robust-futex-ABI.rst.
 */
#include "proc/futex.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/mm.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/sched.h"

#define FUTEX_BUCKETS		64
#define FUTEX_WAITERS		0x80000000U
#define FUTEX_OWNER_DIED	0x40000000U
#define FUTEX_TID_MASK		0x3fffffffU
/* A list that is longer, or has no end, is not believed. */
#define FUTEX_ROBUST_MAX	2048

struct futex_key {
	const void *object;
	uint64_t offset;
};

/* On its sleeper's stack. */
struct futex_waiter {
	struct list link;
	struct futex_key key;
	struct proc *proc;
	uint32_t bits;
	bool woken;
};

static struct list futex_buckets[FUTEX_BUCKETS];

static struct list *futex_bucket(const struct futex_key *key)
{
	uint64_t hash = ((uint64_t)key->object >> 5) * 31 + (key->offset >> 2);
	struct list *bucket = &futex_buckets[hash % FUTEX_BUCKETS];

	if (!bucket->next)
		list_init(bucket);
	return bucket;
}

static int futex_key(uint64_t addr, bool is_private, struct futex_key *key)
{
	struct mm *mm = proc_current->mm;
	struct vma *vma;

	*key = (struct futex_key){ .object = mm, .offset = addr };
	if (addr & 3)
		return -EINVAL;
	if (!user_range_ok(addr, sizeof(uint32_t)))
		return -EFAULT;
	if (is_private)
		return 0;
	vma = mm_find(mm, addr);
	if (!vma)
		return -EFAULT;
	if (vma->shared && vma->inode)
		*key = (struct futex_key){ .object = vma->inode,
					   .offset = vma->offset + (addr - vma->start) };
	return 0;
}

static bool futex_is_at(const struct futex_waiter *waiter, const struct futex_key *key)
{
	return waiter->key.object == key->object && waiter->key.offset == key->offset;
}

int futex_wait(uint64_t addr, bool is_private, uint32_t value, uint32_t bits,
	       uint64_t deadline_ticks)
{
	struct futex_waiter waiter = { .proc = proc_current, .bits = bits };
	uint32_t now;
	int error = futex_key(addr, is_private, &waiter.key);

	if (error)
		return error;
	/* First in the list, as reading the word may sleep. */
	list_add_before(futex_bucket(&waiter.key), &waiter.link);
	error = user_read(&now, addr, sizeof(now));
	if (!error && now != value)
		error = -EAGAIN;
	while (!error && !waiter.woken)
		error = sched_sleep(deadline_ticks);
	list_del(&waiter.link);
	return waiter.woken ? 0 : error;
}

static void futex_wake_one(struct futex_waiter *waiter)
{
	waiter->woken = true;
	list_del(&waiter->link);
	if (waiter->proc->state == PROC_SLEEPING)
		sched_wake(waiter->proc);
}

static int futex_wake_key(const struct futex_key *key, uint32_t count, uint32_t bits)
{
	struct list *pos, *tmp, *bucket = futex_bucket(key);
	uint32_t woken = 0;

	LIST_FOR_EACH_SAFE (pos, tmp, bucket) {
		struct futex_waiter *waiter = LIST_ENTRY(pos, struct futex_waiter, link);

		if (woken == count)
			break;
		if (!futex_is_at(waiter, key) || !(waiter->bits & bits))
			continue;
		futex_wake_one(waiter);
		woken++;
	}
	return (int)woken;
}

int futex_wake_bits(uint64_t addr, bool is_private, uint32_t count, uint32_t bits)
{
	struct futex_key key;
	int error = futex_key(addr, is_private, &key);

	return error ? error : futex_wake_key(&key, count, bits);
}

void futex_wake(uint64_t addr, uint32_t count)
{
	futex_wake_bits(addr, false, count, FUTEX_ANY);
}

int futex_requeue(uint64_t addr, uint64_t to, bool is_private, uint32_t wake, uint32_t move)
{
	struct futex_key from_key, to_key;
	struct list *pos, *tmp;
	uint32_t moved = 0;
	int woken, error = futex_key(addr, is_private, &from_key);

	error = error ?: futex_key(to, is_private, &to_key);
	if (error)
		return error;
	woken = futex_wake_key(&from_key, wake, FUTEX_ANY);
	LIST_FOR_EACH_SAFE (pos, tmp, futex_bucket(&from_key)) {
		struct futex_waiter *waiter = LIST_ENTRY(pos, struct futex_waiter, link);

		if (moved == move)
			break;
		if (!futex_is_at(waiter, &from_key))
			continue;
		moved++;
		/* To where it is: else it would be met again. */
		if (futex_is_at(waiter, &to_key))
			continue;
		waiter->key = to_key;
		list_del(&waiter->link);
		list_add_before(futex_bucket(&to_key), &waiter->link);
	}
	return woken + (int)moved;
}

/* A lock of the thread that ends; others may still be after it. */
static bool futex_owner_died(uint64_t addr)
{
	uint32_t word, seen;

	if ((addr & 3) || user_read(&word, addr, sizeof(word)))
		return false;
	while ((word & FUTEX_TID_MASK) == (uint32_t)proc_current->pid) {
		if (user_compare_swap(addr, word, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
			return false;
		if (seen == word) {
			if (word & FUTEX_WAITERS)
				futex_wake(addr, 1);
			break;
		}
		word = seen;
	}
	return true;
}

/* struct robust_list_head: the list, from its entries to their words, the one being locked. */
void futex_exit_robust(uint64_t list)
{
	uint64_t head[3], entry, pending, next;

	if (user_read(head, list, sizeof(head)))
		return;
	pending = head[2];
	entry = head[0];
	for (size_t i = 0; entry != list && i < FUTEX_ROBUST_MAX; i++) {
		/* Before it is unlocked, and another thread takes it off the list. */
		if (user_read(&next, entry & ~1UL, sizeof(next)))
			next = list;
		if ((entry & ~1UL) != (pending & ~1UL) &&
		    !futex_owner_died((entry & ~1UL) + head[1]))
			return;
		entry = next;
	}
	if (pending)
		futex_owner_died((pending & ~1UL) + head[1]);
}
