/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on signals.
 * Linux man-pages, sigaction(2), sigprocmask(2), kill(2), sigaltstack(2).
 */
#include "proc/signal.h"

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/sigframe.h"
#include "proc/thread.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2
#define MINSIGSTKSZ	2048

long sys_rt_sigaction(long user_signo, uint64_t action, uint64_t old, size_t size)
{
	int signo = (int)user_signo;
	struct signal_action new, *current;

	if (signo < 1 || signo > SIGNAL_COUNT || size != 8)
		return -EINVAL;
	if (action && (signo == SIGKILL || signo == SIGSTOP))
		return -EINVAL;
	current = &proc_current->signals.actions[signo - 1];
	if (action && user_read(&new, action, sizeof(new)))
		return -EFAULT;
	if (old && user_write(old, current, sizeof(*current)))
		return -EFAULT;
	if (action)
		*current = new;
	return 0;
}

long sys_rt_sigprocmask(long how, uint64_t user_set, uint64_t old, size_t size)
{
	uint64_t set = 0, before = proc_current->signals.blocked;

	if (size != 8)
		return -EINVAL;
	if (user_set && user_read(&set, user_set, sizeof(set)))
		return -EFAULT;
	if (user_set && ((int)how < SIG_BLOCK || (int)how > SIG_SETMASK))
		return -EINVAL;
	if (old && user_write(old, &before, sizeof(before)))
		return -EFAULT;
	if (!user_set)
		return 0;
	signal_set_blocked((int)how == SIG_BLOCK     ? before | set
			   : (int)how == SIG_UNBLOCK ? before & ~set
						     : set);
	return 0;
}

long sys_rt_sigpending(uint64_t set, size_t size)
{
	const struct signal_state *signals = &proc_current->signals;
	uint64_t pending = signal_pending(proc_current) & signals->blocked;

	if (size > 8)
		return -EINVAL;
	return user_write(set, &pending, size);
}

long sys_rt_sigsuspend(uint64_t set, size_t size)
{
	int error;

	if (size != 8)
		return -EINVAL;
	error = set ? sys_set_temporary_mask(set) : -EFAULT;
	while (!error)
		error = sched_sleep(SCHED_FOREVER);
	return error == -ERESTART ? -ERESTARTNOHAND : error;
}

long sys_rt_sigreturn(void)
{
	return signal_return(proc_frame(proc_current));
}

/* kill(2), "permission": root, or the same user; SIGCONT also within the session. */
static bool signal_may_kill(const struct proc *proc, int signo)
{
	const struct cred *me = &proc_current->cred, *other = &proc->cred;

	return cred_is_root(me) || me->user.real == other->user.real ||
	       me->user.real == other->user.saved || me->user.effective == other->user.real ||
	       me->user.effective == other->user.saved ||
	       (signo == SIGCONT && proc->leader->session == proc_current->leader->session);
}

int signal_permit(const struct proc *proc, int signo)
{
	if (!signal_may_kill(proc, signo))
		return -EPERM;
	return signal_has_room(proc_current, signo) ? 0 : -EAGAIN;
}

/* A process; or a thread, by which its process is meant. */
static long signal_kill_one(struct proc *proc, const struct signal_info *info)
{
	int error = proc ? signal_permit(proc, info->signo) : -ESRCH;

	if (!error && info->signo)
		signal_send(proc, info);
	return error;
}

/* 0 if one member at least may be signalled, and is. */
static long signal_kill_group(int group, const struct signal_info *info)
{
	struct list *pos;
	long result = -ESRCH;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc->group == group && result)
			result = signal_kill_one(proc, info);
		else if (proc->group == group)
			signal_kill_one(proc, info);
	}
	return result;
}

/* Everybody but init and the sender. */
static long signal_kill_all(const struct signal_info *info)
{
	struct list *pos, *tmp;
	long count = 0;

	LIST_FOR_EACH_SAFE (pos, tmp, &proc_all) {
		struct proc *proc = LIST_ENTRY(pos, struct proc, all_link);

		if (proc == proc_init_process || proc == proc_current->leader)
			continue;
		signal_kill_one(proc, info);
		count++;
	}
	return count ? 0 : -ESRCH;
}

long sys_kill(long user_pid, long signo)
{
	struct signal_info info = { .signo = (int)signo, .code = SI_USER,
				    .pid = proc_current->leader->pid };
	int pid = (int)user_pid;

	if (info.signo < 0 || info.signo > SIGNAL_COUNT)
		return -EINVAL;
	if (pid > 0)
		return signal_kill_one(thread_find(pid), &info);
	if (pid == -1)
		return signal_kill_all(&info);
	return signal_kill_group(pid ? -pid : proc_current->leader->group, &info);
}

/* group 0: whatever process the thread belongs to. */
static long signal_kill_thread(int group, int tid, const struct signal_info *info)
{
	struct proc *thread = tid > 0 ? thread_find(tid) : NULL;
	int error;

	if (info->signo < 0 || info->signo > SIGNAL_COUNT || tid <= 0)
		return -EINVAL;
	if (!thread || (group && thread->leader->pid != group))
		return -ESRCH;
	error = signal_permit(thread, info->signo);
	if (!error && info->signo)
		signal_send_thread(thread, info);
	return error;
}

long sys_tkill(long tid, long signo)
{
	struct signal_info info = { .signo = (int)signo, .code = SI_TKILL,
				    .pid = proc_current->leader->pid };

	return signal_kill_thread(0, (int)tid, &info);
}

long sys_tgkill(long group, long tid, long signo)
{
	struct signal_info info = { .signo = (int)signo, .code = SI_TKILL,
				    .pid = proc_current->leader->pid };

	return (int)group > 0 ? signal_kill_thread((int)group, (int)tid, &info) : -EINVAL;
}

struct signal_stack {
	uint64_t base;
	int32_t flags, pad;
	uint64_t size;
};

long sys_sigaltstack(uint64_t stack, uint64_t old)
{
	struct signal_state *signals = &proc_current->signals;
	uint64_t sp = proc_frame(proc_current)->iret.sp;
	bool active = signals->stack_size && sp > signals->stack_base &&
		      sp - signals->stack_base <= signals->stack_size;
	struct signal_stack new, was = { .base = signals->stack_base, .size = signals->stack_size,
					 .flags = active ? SS_ONSTACK
						  : signals->stack_size ? 0 : SS_DISABLE };

	if (stack && user_read(&new, stack, sizeof(new)))
		return -EFAULT;
	if (old && user_write(old, &was, sizeof(was)))
		return -EFAULT;
	if (!stack)
		return 0;
	if (active)
		return -EPERM;
	if (new.flags & ~(SS_DISABLE | SS_ONSTACK))
		return -EINVAL;
	if (!(new.flags & SS_DISABLE) && new.size < MINSIGSTKSZ)
		return -ENOMEM;
	signals->stack_base = new.flags & SS_DISABLE ? 0 : new.base;
	signals->stack_size = new.flags & SS_DISABLE ? 0 : new.size;
	return 0;
}
