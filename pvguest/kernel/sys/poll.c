/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for several files.
 * Linux man-pages, poll(2), select(2).
 */
#include "fs/fds.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define POLL_SELECT_MAX	FDS_MAX

struct pollfd {
	int32_t fd;
	int16_t events, revents;
};

int sys_set_temporary_mask(uint64_t set)
{
	struct signal_state *signals = &proc_current->signals;
	uint64_t mask;

	if (!set)
		return 0;
	if (user_read(&mask, set, sizeof(mask)))
		return -EFAULT;
	signals->saved = signals->blocked;
	signals->restore_saved = true;
	signal_set_blocked(mask);
	/* Even if no signal comes, the way out puts the old mask back. */
	proc_current->work |= PROC_WORK_SIGNAL;
	return 0;
}

/* Looks at all; enters waiters if given. The number of descriptors with something to say. */
static int poll_scan(struct pollfd *fds, uint32_t count, struct waiter *waiters)
{
	int ready = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct file *file = sys_file(fds[i].fd);
		struct wait_queue *queue = NULL;
		unsigned int mask;

		if (waiters)
			list_init(&waiters[i].link);
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		mask = file ? file_poll(file, &queue) : POLLNVAL;
		mask &= (unsigned int)(uint16_t)fds[i].events | POLLERR | POLLHUP | POLLNVAL;
		fds[i].revents = (int16_t)mask;
		ready += mask != 0;
		if (waiters && queue)
			wait_enter(queue, &waiters[i]);
	}
	return ready;
}

static int poll_wait(struct pollfd *fds, uint32_t count, uint64_t deadline)
{
	struct waiter *waiters = heap_alloc(MAX(count, 1U) * sizeof(*waiters));
	int ready, error = 0;

	if (!waiters)
		return -ENOMEM;
	while ((ready = poll_scan(fds, count, waiters)) == 0 && !error) {
		error = sched_sleep(deadline);
		for (uint32_t i = 0; i < count; i++)
			wait_leave(&waiters[i]);
	}
	for (uint32_t i = 0; i < count; i++)
		wait_leave(&waiters[i]);
	heap_free(waiters);
	if (ready)
		return ready;
	return error == -ETIMEDOUT ? 0 : -ERESTARTNOHAND;
}

long sys_ppoll(uint64_t user_fds, uint64_t user_count, uint64_t timeout, uint64_t mask)
{
	uint32_t count = (uint32_t)user_count;
	struct pollfd *fds;
	uint64_t deadline;
	long result;

	if (count > FDS_MAX)
		return -EINVAL;
	result = sys_read_timeout(timeout, false, &deadline);
	fds = result ? NULL : heap_alloc(MAX(count, 1U) * sizeof(*fds));
	if (!fds)
		return result ? result : -ENOMEM;
	result = user_read(fds, user_fds, count * sizeof(*fds));
	result = result ?: sys_set_temporary_mask(mask);
	result = result ?: poll_wait(fds, count, deadline);
	if (result >= 0 && user_write(user_fds, fds, count * sizeof(*fds)))
		result = -EFAULT;
	heap_free(fds);
	return result;
}

/* The three bitmaps of select, as what poll would be asked and as what it answers. */
struct poll_sets {
	uint64_t bits[3][POLL_SELECT_MAX / 64];
};

static const unsigned int poll_events[3] = { POLLIN, POLLOUT, 0 };
static const unsigned int poll_answers[3] = { POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, 0 };

static uint32_t poll_from_sets(const struct poll_sets *sets, int count, struct pollfd *fds)
{
	uint32_t used = 0;

	for (int fd = 0; fd < count; fd++) {
		unsigned int events = 0;
		bool any = false;

		for (size_t s = 0; s < 3; s++) {
			if (!(sets->bits[s][fd / 64] >> (fd % 64) & 1))
				continue;
			any = true;
			events |= poll_events[s];
		}
		if (any)
			fds[used++] = (struct pollfd){ .fd = fd, .events = (int16_t)events };
	}
	return used;
}

/* Leaves in sets what is ready; the number of bits, or -EBADF. */
static int poll_to_sets(struct poll_sets *sets, const struct pollfd *fds, uint32_t used)
{
	struct poll_sets asked = *sets;
	int bits = 0;

	memset(sets, 0, sizeof(*sets));
	for (uint32_t i = 0; i < used; i++) {
		int fd = fds[i].fd;

		if (fds[i].revents & POLLNVAL)
			return -EBADF;
		for (size_t s = 0; s < 3; s++) {
			if (!(asked.bits[s][fd / 64] >> (fd % 64) & 1) ||
			    !((unsigned int)(uint16_t)fds[i].revents & poll_answers[s]))
				continue;
			sets->bits[s][fd / 64] |= 1UL << (fd % 64);
			bits++;
		}
	}
	return bits;
}

static int poll_copy_sets(struct poll_sets *sets, const uint64_t user[3], int count, bool out)
{
	size_t size = ((size_t)count + 63) / 64 * 8;

	for (size_t s = 0; s < 3; s++)
		if (user[s] && (out ? user_write(user[s], sets->bits[s], size)
				    : user_read(sets->bits[s], user[s], size)))
			return -EFAULT;
	return 0;
}

long sys_pselect6(long user_count, uint64_t in, uint64_t out, uint64_t ex, uint64_t timeout,
		  uint64_t user_mask)
{
	const uint64_t user[3] = { in, out, ex };
	int count = (int)MIN(user_count, POLL_SELECT_MAX);
	struct poll_sets *sets;
	struct pollfd *fds;
	uint64_t deadline, mask[2] = { 0, 0 }, used;
	long result;

	if ((int)user_count < 0)
		return -EINVAL;
	sets = heap_alloc(sizeof(*sets));
	fds = heap_alloc(MAX((size_t)count, 1UL) * sizeof(*fds));
	result = sets && fds ? 0 : -ENOMEM;
	result = result ?: poll_copy_sets(sets, user, count, false);
	if (!result && user_mask)
		result = user_read(mask, user_mask, sizeof(mask));
	result = result ?: sys_read_timeout(timeout, false, &deadline);
	result = result ?: sys_set_temporary_mask(mask[0]);
	if (!result) {
		used = poll_from_sets(sets, count, fds);
		result = poll_wait(fds, (uint32_t)used, deadline);
		if (result >= 0)
			result = poll_to_sets(sets, fds, (uint32_t)used);
		if (result >= 0 && poll_copy_sets(sets, user, count, true))
			result = -EFAULT;
	}
	heap_free(sets);
	heap_free(fds);
	return result;
}
