/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process learns of its children.
 * Linux man-pages, wait4(2).
 */
#include "proc/child.h"

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/proc.h"

static bool child_matches(const struct proc *child, int pid)
{
	if (pid == -1)
		return true;
	if (pid > 0)
		return child->pid == pid;
	return child->group == (pid == 0 ? proc_current->leader->group : -pid);
}

#define WNOHANG		1
#define WUNTRACED	2
#define WCONTINUED	8
#define WAIT_OPTIONS	(WNOHANG | WUNTRACED | WCONTINUED | 0xe0000000)

/* Whether there is something to report of a child; *status is that. */
static bool child_report(struct proc *child, int options, int *status)
{
	if (proc_is_dead(child)) {
		*status = child->exit_status;
		return true;
	}
	if (child->stop_signal && (options & WUNTRACED) && !child->stop_reported) {
		child->stop_reported = true;
		*status = child->stop_signal << 8 | 0x7f;
		return true;
	}
	if (child->continued && (options & WCONTINUED)) {
		child->continued = false;
		*status = 0xffff;
		return true;
	}
	return false;
}

static void child_bury(struct proc *child)
{
	child->parent->child_ticks += child->cpu_ticks + child->child_ticks;
	proc_free(child);
}

int child_wait(int pid, uint64_t user_status, int options, uint64_t rusage)
{
	struct proc *parent = proc_current->leader;
	struct list *pos;
	int status, error;

	if (options & ~(int)WAIT_OPTIONS)
		return -EINVAL;
	for (;;) {
		bool any = false;

		LIST_FOR_EACH (pos, &parent->children) {
			struct proc *child = LIST_ENTRY(pos, struct proc, sibling);
			uint64_t ticks = child->cpu_ticks + child->child_ticks;
			int found = child->pid;

			if (!child_matches(child, pid))
				continue;
			any = true;
			if (!child_report(child, options, &status))
				continue;
			/* Writing may sleep, and another thread wait for the same child. */
			if (proc_is_dead(child))
				child_bury(child);
			error = rusage ? proc_write_rusage(rusage, ticks) : 0;
			if (user_status && user_write(user_status, &status, sizeof(status)))
				return -EFAULT;
			return error ? error : found;
		}
		if (!any)
			return -ECHILD;
		if (options & WNOHANG)
			return 0;
		error = wait_sleep(&parent->child_wait);
		if (error)
			return error;
	}
}
