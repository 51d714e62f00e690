/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on limits and priorities. Of the limits that of open files holds; the others are
 * kept for whoever asks. All processes get the same share of the processor, whatever their nice.
 * Linux man-pages, getrlimit(2), getpriority(2), ioprio_set(2).
 */
#include "lib/errno.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/syscall.h"

#define PRIO_PROCESS	0
#define PRIO_PGRP	1
#define PRIO_USER	2
#define NICE_LEAST	(-20)
#define NICE_MOST	19

static struct proc *limit_find(long pid)
{
	return (int)pid ? proc_find((int)pid) : proc_current->leader;
}

/* prlimit(2), "permissions": root, oneself, or the same user. */
static bool limit_may_change(const struct proc *proc)
{
	const struct cred *me = &proc_current->cred, *other = &proc->cred;

	return proc->leader == proc_current->leader || cred_is_root(me) ||
	       (me->user.real == other->user.real && me->user.real == other->user.effective &&
		me->user.real == other->user.saved);
}

long sys_prlimit64(long pid, long resource, uint64_t user_new, uint64_t user_old)
{
	struct limit *limit, new, old;
	struct proc *proc;

	/* Before the process is looked up, which may be gone after a sleep. */
	if (user_new && user_read(&new, user_new, sizeof(new)))
		return -EFAULT;
	proc = limit_find(pid);
	if (!proc)
		return -ESRCH;
	if ((uint32_t)resource >= RLIMIT_COUNT || (user_new && new.now > new.most))
		return -EINVAL;
	limit = &proc->leader->limits[(uint32_t)resource];
	if (!limit_may_change(proc) ||
	    (user_new && new.most > limit->most && !cred_is_root(&proc_current->cred)))
		return -EPERM;
	old = *limit;
	if (user_new)
		*limit = new;
	return user_old ? user_write(user_old, &old, sizeof(old)) : 0;
}

long sys_getrlimit(long resource, uint64_t buf)
{
	return sys_prlimit64(0, resource, 0, buf);
}

long sys_setrlimit(long resource, uint64_t buf)
{
	return sys_prlimit64(0, resource, buf, 0);
}

static bool limit_matches(const struct proc *proc, int which, int who)
{
	switch (which) {
	case PRIO_PROCESS:
		return proc->pid == (who ? who : proc_current->leader->pid);
	case PRIO_PGRP:
		return proc->group == (who ? who : proc_current->leader->group);
	default:
		return proc->cred.user.real ==
		       (who ? (uint32_t)who : proc_current->cred.user.real);
	}
}

long sys_setpriority(long which, long who, long user_nice)
{
	int nice = (int)user_nice < NICE_LEAST  ? NICE_LEAST
		   : (int)user_nice > NICE_MOST ? NICE_MOST
						: (int)user_nice;
	struct list *pos;
	long result = -ESRCH;

	if ((uint32_t)which > PRIO_USER)
		return -EINVAL;
	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (!limit_matches(proc, (int)which, (int)who))
			continue;
		if (nice < proc->nice && !cred_is_root(&proc_current->cred)) {
			result = -EACCES;
			continue;
		}
		proc->nice = nice;
		result = result == -ESRCH ? 0 : result;
	}
	return result;
}

/* The best of them, as 1 to 40: a negative number would be an error. */
long sys_getpriority(long which, long who)
{
	struct list *pos;
	long result = -ESRCH;

	if ((uint32_t)which > PRIO_USER)
		return -EINVAL;
	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);
		long priority = NICE_MOST + 1 - proc->nice;

		if (limit_matches(proc, (int)which, (int)who) && priority > result)
			result = priority;
	}
	return result;
}
