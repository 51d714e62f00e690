/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of threads: futexes, and which hart runs whom.
 * Linux man-pages, futex(2), sched_setaffinity(2), getcpu(2), sched(7).
 */
#include "proc/thread.h"

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/futex.h"
#include "proc/sched.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_PRIVATE		128UL
#define FUTEX_CLOCK_REALTIME	256UL

#define SCHED_OTHER	0
#define SCHED_FIFO	1
#define SCHED_RR	2

/* WAIT's timeout is a length of time, WAIT_BITSET's a time; both clocks are the same here. */
static long thread_futex_wait(uint64_t addr, bool is_private, uint32_t value, uint64_t timeout,
			      bool absolute, uint32_t bits)
{
	uint64_t deadline_ticks;
	int error = sys_read_timeout(timeout, absolute, &deadline_ticks);

	if (error || !bits)
		return error ? error : -EINVAL;
	error = futex_wait(addr, is_private, value, bits, deadline_ticks);
	/* After a handler it cannot begin again: the time would. */
	return error == -ERESTART && timeout ? -ERESTARTNOHAND : error;
}

static long thread_futex_requeue(uint64_t addr, uint64_t to, bool is_private, uint64_t wake,
				 uint64_t move, const uint32_t *expected)
{
	uint32_t now;

	if ((int)wake < 0 || (int)move < 0)
		return -EINVAL;
	if (expected && user_read(&now, addr, sizeof(now)))
		return -EFAULT;
	if (expected && now != *expected)
		return -EAGAIN;
	return futex_requeue(addr, to, is_private, (uint32_t)wake, (uint32_t)move);
}

long sys_futex(uint64_t addr, uint64_t op, uint64_t value, uint64_t timeout, uint64_t to,
	       uint64_t value3)
{
	bool is_private = (op & FUTEX_PRIVATE) != 0;
	uint32_t bits = (uint32_t)value3;

	switch ((uint32_t)(op & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME))) {
	case FUTEX_WAIT:
		return thread_futex_wait(addr, is_private, (uint32_t)value, timeout, false,
					 FUTEX_ANY);
	case FUTEX_WAIT_BITSET:
		return thread_futex_wait(addr, is_private, (uint32_t)value, timeout, true, bits);
	case FUTEX_WAKE:
		return futex_wake_bits(addr, is_private, (uint32_t)value, FUTEX_ANY);
	case FUTEX_WAKE_BITSET:
		return bits ? futex_wake_bits(addr, is_private, (uint32_t)value, bits) : -EINVAL;
	case FUTEX_REQUEUE:
		return thread_futex_requeue(addr, to, is_private, value, timeout, NULL);
	case FUTEX_CMP_REQUEUE:
		return thread_futex_requeue(addr, to, is_private, value, timeout, &bits);
	default:
		return -ENOSYS;
	}
}

static struct proc *thread_of(long tid)
{
	return (int)tid ? thread_find((int)tid) : proc_current;
}

/* Harts are numbered in the order of the kernel's own list. */
long sys_sched_setaffinity(long tid, size_t size, uint64_t mask)
{
	struct proc *thread;
	uint64_t harts = 0;

	if (user_read(&harts, mask, MIN(size, sizeof(harts))))
		return -EFAULT;
	thread = thread_of(tid);
	if (!thread)
		return -ESRCH;
	if (!(harts & sched_online()))
		return -EINVAL;
	sched_set_affinity(thread, harts);
	return 0;
}

long sys_sched_getaffinity(long tid, size_t size, uint64_t mask)
{
	const struct proc *thread = thread_of(tid);
	uint64_t harts;

	if (size < sizeof(harts) || size % sizeof(harts))
		return -EINVAL;
	if (!thread)
		return -ESRCH;
	harts = thread->affinity & sched_online();
	return user_write(mask, &harts, sizeof(harts)) ?: (long)sizeof(harts);
}

long sys_getcpu(uint64_t cpu, uint64_t node)
{
	static const uint32_t zero;
	uint32_t number = hart_this->number;

	if (cpu && user_write(cpu, &number, sizeof(number)))
		return -EFAULT;
	return node ? user_write(node, &zero, sizeof(zero)) : 0;
}

/* There is one policy, and it has no priorities. */
long sys_sched_getscheduler(long tid)
{
	return thread_of(tid) ? SCHED_OTHER : -ESRCH;
}

long sys_sched_setscheduler(long tid, long policy, uint64_t param)
{
	uint32_t priority;

	if (!thread_of(tid))
		return -ESRCH;
	if (user_read(&priority, param, sizeof(priority)))
		return -EFAULT;
	return policy == SCHED_OTHER && !priority ? 0 : -EINVAL;
}

long sys_sched_getparam(long tid, uint64_t param)
{
	static const uint32_t zero;

	return thread_of(tid) ? user_write(param, &zero, sizeof(zero)) : -ESRCH;
}

long sys_sched_get_priority_max(long policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 99;
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

long sys_sched_get_priority_min(long policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 1;
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}
