/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A parent that goes on when its child has another program or has ended.
 * Linux man-pages, vfork(2), clone(2), "CLONE_VFORK".
 */
#include "proc/vfork.h"

#include "proc/proc.h"
#include "proc/thread.h"

void vfork_done(struct proc *child)
{
	struct proc *parent = child->vfork_parent;

	child->vfork_parent = NULL;
	if (parent)
		wait_wake(&parent->child_wait);
}

void vfork_wait(int pid)
{
	struct proc *leader = proc_current->leader, *child;

	/* The child may be gone after each sleep. */
	while ((child = thread_find(pid)) != NULL && child->vfork_parent == leader)
		if (wait_sleep_killable(&leader->child_wait)) {
			child = thread_find(pid);
			if (child && child->vfork_parent == leader)
				child->vfork_parent = NULL;
			return;
		}
}
