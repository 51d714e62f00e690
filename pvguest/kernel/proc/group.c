/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process groups and sessions.
 * Linux man-pages, credentials(7); POSIX, 3.265 "Orphaned Process Group" and _exit().
 */
#include "proc/group.h"

#include "proc/proc.h"

int group_session(int group)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc->group == group)
			return proc->session;
	}
	return -1;
}

/* Its parent could continue proc's group. */
static bool group_has_link(const struct proc *proc)
{
	const struct proc *parent = proc->parent;

	return parent && parent != proc_init_process && parent->group != proc->group &&
	       parent->session == proc->session;
}

bool group_is_orphaned(int group, const struct proc *without)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc->group == group && proc != without && !proc_is_dead(proc) &&
		    group_has_link(proc))
			return false;
	}
	return true;
}

static bool group_has_stopped(int group)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc->group == group && proc->stop_signal)
			return true;
	}
	return false;
}

/* member: of the group that loses its link to parent. */
static void group_wake_orphan(struct proc *member, struct proc *parent, const struct proc *without)
{
	struct signal_info hangup = { .signo = SIGHUP, .code = SI_KERNEL };
	struct signal_info go_on = { .signo = SIGCONT, .code = SI_KERNEL };
	int group = member->group;

	if (!parent || parent->group == group || parent->session != member->session ||
	    !group_is_orphaned(group, without) || !group_has_stopped(group))
		return;
	group_signal(group, &hangup);
	group_signal(group, &go_on);
}

void group_orphan(struct proc *proc)
{
	struct list *pos, *tmp;

	group_wake_orphan(proc, proc->parent, proc);
	LIST_FOR_EACH_SAFE (pos, tmp, &proc->children) {
		struct proc *child = LIST_ENTRY(pos, struct proc, sibling);
		struct proc *parent = child->parent;

		/* As it will be when the child is init's. */
		child->parent = proc_init_process;
		group_wake_orphan(child, proc, NULL);
		child->parent = parent;
	}
}

size_t group_signal(int group, const struct signal_info *info)
{
	struct list *pos;
	size_t count = 0;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc->group != group)
			continue;
		if (info->signo)
			signal_send(proc, info);
		count++;
	}
	return count;
}
