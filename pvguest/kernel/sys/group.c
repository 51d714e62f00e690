/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on process groups and sessions.
 * Linux man-pages, setpgid(2), setsid(2), getsid(2), vhangup(2).
 */
#include "fs/tty.h"
#include "lib/errno.h"
#include "proc/group.h"
#include "proc/proc.h"
#include "sys/syscall.h"

/* The process that a pid argument means: 0 is the caller. */
static struct proc *group_find(long pid)
{
	return (int)pid ? proc_find((int)pid) : proc_current->leader;
}

long sys_setpgid(long pid, long user_group)
{
	struct proc *proc = group_find(pid);
	int group = (int)user_group;

	if (group < 0)
		return -EINVAL;
	if (!proc || (proc != proc_current->leader && proc->parent != proc_current->leader))
		return -ESRCH;
	if (proc != proc_current->leader && proc->session != proc_current->leader->session)
		return -EPERM;
	if (proc != proc_current->leader && proc->did_exec)
		return -EACCES;
	if (proc->session == proc->pid)
		return -EPERM;
	if (!group)
		group = proc->pid;
	if (group != proc->pid && group_session(group) != proc->session)
		return -EPERM;
	proc->group = group;
	return 0;
}

long sys_getpgid(long pid)
{
	struct proc *proc = group_find(pid);

	return proc ? proc->group : -ESRCH;
}

long sys_getsid(long pid)
{
	struct proc *proc = group_find(pid);

	return proc ? proc->session : -ESRCH;
}

long sys_setsid(void)
{
	struct proc *proc = proc_current->leader;

	if (group_session(proc->pid) >= 0)
		return -EPERM;
	proc->group = proc->session = proc->pid;
	proc->tty = NULL;
	return proc->pid;
}

long sys_vhangup(void)
{
	if (proc_current->leader->tty)
		tty_job_hangup(proc_current->leader->tty);
	return 0;
}
