/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of a process.
 * Linux man-pages, clone(2), execve(2), "Effect on process attributes".
 */
#include "proc/thread.h"

#include "fs/fds.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "proc/sched.h"

struct proc *thread_next(const struct proc *leader, const struct proc *thread)
{
	const struct list *next = thread == leader ? leader->threads.next
						   : thread->thread_link.next;

	return next == &leader->threads ? NULL : LIST_ENTRY(next, struct proc, thread_link);
}

struct proc *thread_find(int tid)
{
	struct proc *thread;
	struct list *pos;

	LIST_FOR_EACH (pos, &proc_all)
		THREAD_FOR_EACH (thread, LIST_ENTRY(pos, struct proc, all_link))
			if (thread->pid == tid)
				return thread;
	return NULL;
}

bool thread_is_last(void)
{
	struct proc *thread, *leader = proc_current->leader;

	THREAD_FOR_EACH (thread, leader)
		if (thread != proc_current && thread->state != PROC_ZOMBIE)
			return false;
	return true;
}

void thread_kill_others(void)
{
	struct proc *thread, *leader = proc_current->leader;

	THREAD_FOR_EACH (thread, leader) {
		if (thread == proc_current || thread->state == PROC_ZOMBIE)
			continue;
		thread->killed = true;
		signal_update(thread);
		if (thread->state == PROC_STOPPED)
			sched_wake(thread);
	}
	/* Two that run exec at once. */
	wait_wake(&leader->thread_wait);
}

uint64_t thread_ticks(const struct proc *leader)
{
	const struct proc *thread;
	uint64_t ticks = 0;

	THREAD_FOR_EACH (thread, (struct proc *)leader)
		ticks += thread->cpu_ticks;
	return ticks;
}

/*
 * The current thread goes on as the leader, which has ended: it takes over the pid, the children
 * and all else that the leader has for the process, and leaves its own number to nobody.
 */
static void thread_take_over(struct proc *leader)
{
	struct proc *self = proc_current;
	void *stack = leader->stack;

	leader->stack = self->stack;
	self->stack = stack;
	leader->state = PROC_RUNNABLE;
	leader->killed = false;
	leader->work = self->work;
	leader->mm = self->mm;
	leader->files = self->files;
	leader->fs = self->fs;
	leader->exe = self->exe;
	leader->hart = self->hart;
	leader->affinity = self->affinity;
	leader->cred = self->cred;
	leader->nice = self->nice;
	leader->cpu_ticks += self->cpu_ticks;
	leader->clear_tid = leader->robust_list = 0;
	memcpy(leader->name, self->name, sizeof(leader->name));
	signal_take_over(leader, self);
	/* The new program begins without FP values. */
	hart_this->fp_owner = NULL;
	hart_this->current = leader;
	hart_this->frame = (uint64_t)proc_frame(leader);
	list_del(&self->thread_link);
	proc_free(self);
}

int thread_become_alone(void)
{
	struct proc *self = proc_current, *leader = self->leader;

	if (self == leader && list_empty(&leader->threads))
		return 0;
	if (self->killed)
		return -EAGAIN;
	thread_kill_others();
	/* Signals wait for the new program. Whoever kills this thread ends, too, and wakes it. */
	while (!thread_is_last()) {
		wait_sleep_deaf(&leader->thread_wait);
		if (self->killed)
			return -EAGAIN;
	}
	fds_release(&self->held);
	if (self != leader)
		thread_take_over(leader);
	return 0;
}
