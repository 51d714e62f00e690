/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Job control: who may use a terminal, and who hears from it.
 * Linux man-pages, credentials(7), tty(4), ioctl_tty(2); POSIX, 11.1.3 and 11.1.4.
 */
#include "fs/tty.h"
#include "lib/errno.h"
#include "proc/group.h"
#include "proc/proc.h"

void tty_job_signal(struct tty *tty, int signo)
{
	struct signal_info info = { .signo = signo, .code = SI_KERNEL };

	if (tty->group)
		group_signal(tty->group, &info);
}

void tty_job_take(struct tty *tty, struct proc *leader)
{
	tty->session = leader->session;
	tty->group = leader->group;
	leader->tty = tty;
}

int tty_job_check(struct tty *tty, int signo)
{
	struct proc *proc = proc_current->leader;
	struct signal_info info = { .signo = signo, .code = SI_KERNEL };

	if (proc->tty != tty || !tty->group || proc->group == tty->group)
		return 0;
	if (signal_is_ignored(proc, signo) || (proc_current->signals.blocked & SIGNAL_BIT(signo)))
		return signo == SIGTTIN ? -EIO : 0;
	if (group_is_orphaned(proc->group, NULL))
		return -EIO;
	group_signal(proc->group, &info);
	return -ERESTART;
}

/* Nobody of the session has it any more. */
static void tty_job_detach(struct tty *tty)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc->tty == tty)
			proc->tty = NULL;
	}
	tty->session = tty->group = 0;
}

/* SIGHUP, and SIGCONT for those that are stopped and could not see it. */
static void tty_job_send_hangup(int group)
{
	struct signal_info hangup = { .signo = SIGHUP, .code = SI_KERNEL };
	struct signal_info go_on = { .signo = SIGCONT, .code = SI_KERNEL };

	if (!group)
		return;
	group_signal(group, &hangup);
	group_signal(group, &go_on);
}

void tty_job_hangup(struct tty *tty)
{
	struct signal_info hangup = { .signo = SIGHUP, .code = SI_KERNEL };
	struct signal_info go_on = { .signo = SIGCONT, .code = SI_KERNEL };
	struct proc *leader = tty->session ? proc_find(tty->session) : NULL;
	int group = tty->group;

	tty->hangups++;
	tty_input_flush(tty);
	tty_output_stop(tty, false);
	if (leader) {
		signal_send(leader, &hangup);
		signal_send(leader, &go_on);
	}
	tty_job_detach(tty);
	tty_job_send_hangup(group);
	wait_wake(&tty->queue);
}

void tty_job_leave(struct proc *proc, bool exits)
{
	struct tty *tty = proc->tty;
	int group;

	proc->tty = NULL;
	if (!tty || proc->session != proc->pid || tty->session != proc->session)
		return;
	if (exits) {
		tty_job_hangup(tty);
		return;
	}
	group = tty->group;
	tty_job_detach(tty);
	tty_job_send_hangup(group);
}

int tty_job_set_group(struct tty *tty, int group)
{
	struct proc *proc = proc_current->leader;
	int error = tty_job_check(tty, SIGTTOU), session;

	if (error)
		return error;
	if (proc->tty != tty || tty->session != proc->session)
		return -ENOTTY;
	if (group < 0)
		return -EINVAL;
	session = group_session(group);
	if (session < 0)
		return -ESRCH;
	if (session != proc->session)
		return -EPERM;
	tty->group = group;
	return 0;
}

int tty_job_set_session(struct tty *tty, bool steal)
{
	struct proc *proc = proc_current->leader;

	if (proc->session == proc->pid && tty->session == proc->session)
		return 0;
	if (proc->session != proc->pid || proc->tty)
		return -EPERM;
	if (tty->session && !steal)
		return -EPERM;
	if (tty->session)
		tty_job_detach(tty);
	tty_job_take(tty, proc);
	return 0;
}
