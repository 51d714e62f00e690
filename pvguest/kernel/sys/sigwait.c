/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that take a signal without a handler, or send one with its siginfo.
 * Linux man-pages, sigwaitinfo(2), rt_sigqueueinfo(2).
 */
#include "lib/errno.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/sigframe.h"
#include "proc/thread.h"
#include "sys/fd.h"
#include "sys/syscall.h"

/* One of set that is pending: its number; 0 if there is none. */
static int sigwait_take(uint64_t set, struct signal_info *info)
{
	return signal_accept(proc_current, set, info);
}

long sys_rt_sigtimedwait(uint64_t user_set, uint64_t user_info, uint64_t timeout, size_t size)
{
	struct sigframe_siginfo out = { 0 };
	struct signal_info info;
	uint64_t deadline_ticks, set;
	int error, signo;

	if (size != sizeof(set))
		return -EINVAL;
	if (user_read(&set, user_set, sizeof(set)))
		return -EFAULT;
	error = sys_read_timeout(timeout, false, &deadline_ticks);
	set &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
	for (;;) {
		/* What came in the end counts, whatever else ended the sleep. */
		signo = error == -EINVAL || error == -EFAULT ? 0 : sigwait_take(set, &info);
		if (signo || error)
			break;
		proc_current->signals.awaited = set;
		error = sched_sleep(deadline_ticks);
		proc_current->signals.awaited = 0;
	}
	if (!signo)
		return error == -ETIMEDOUT ? -EAGAIN : error == -ERESTART ? -EINTR : error;
	sigframe_fill_info(&out, &info);
	return user_info && user_write(user_info, &out, sizeof(out)) ? -EFAULT : signo;
}

/* What the sender says of itself. */
static int sigwait_read(struct signal_info *info, long signo, uint64_t user_info)
{
	struct sigframe_siginfo in;

	if (user_read(&in, user_info, sizeof(in)))
		return -EFAULT;
	if ((int)signo < 0 || (int)signo > SIGNAL_COUNT)
		return -EINVAL;
	*info = (struct signal_info){ .signo = (int)signo, .code = in.code, .pid = in.pid,
				      .value = in.value };
	return 0;
}

/* Only the kernel says that the kernel sent it. */
static bool sigwait_may_say(const struct proc *thread, const struct signal_info *info)
{
	return (info->code < 0 && info->code != SI_TKILL) ||
	       thread->leader == proc_current->leader;
}

long sys_rt_sigqueueinfo(long pid, long signo, uint64_t user_info)
{
	struct signal_info info;
	struct proc *proc;
	int error = sigwait_read(&info, signo, user_info);

	if (error)
		return error;
	proc = thread_find((int)pid);
	if (!proc)
		return -ESRCH;
	error = sigwait_may_say(proc, &info) ? signal_permit(proc, info.signo) : -EPERM;
	if (!error && info.signo)
		signal_send(proc, &info);
	return error;
}

long sys_rt_tgsigqueueinfo(long group, long tid, long signo, uint64_t user_info)
{
	struct signal_info info;
	struct proc *thread;
	int error = (int)group <= 0 || (int)tid <= 0 ? -EINVAL : 0;

	error = error ?: sigwait_read(&info, signo, user_info);
	if (error)
		return error;
	thread = thread_find((int)tid);
	if (!thread || thread->leader->pid != (int)group)
		return -ESRCH;
	error = sigwait_may_say(thread, &info) ? signal_permit(thread, info.signo) : -EPERM;
	if (!error && info.signo)
		signal_send_thread(thread, &info);
	return error;
}
