/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: sending, masks and default actions. The frames of handlers are in sigframe.c.
 * Linux man-pages, signal(7).
 */
#include "proc/signal.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "priv/smp.h"
#include "proc/group.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/sigframe.h"

#define SIGNAL_UNBLOCKABLE	(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNAL_IGNORED                                                                             \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
#define SIGNAL_STOPS                                                                               \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define SIGNAL_FAULTS                                                                              \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |     \
	 SIGNAL_BIT(SIGFPE))
/* QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS: wait4 says "core dumped" bit 0x80. */
#define SIGNAL_CORE                                                                                \
	(SIGNAL_BIT(3) | SIGNAL_BIT(4) | SIGNAL_BIT(5) | SIGNAL_BIT(6) | SIGNAL_BIT(7) |           \
	 SIGNAL_BIT(8) | SIGNAL_BIT(11) | SIGNAL_BIT(24) | SIGNAL_BIT(25) | SIGNAL_BIT(31))

struct signal_entry {
	struct list link;
	struct signal_info info;
};

void signal_init(struct proc *proc)
{
	list_init(&proc->signals.queue);
	proc->signals.stack_flags = SS_DISABLE;
}

void signal_fork(struct proc *child, const struct proc *parent)
{
	child->signals = parent->signals;
	child->signals.pending = 0;
	child->signals.restore_saved = false;
	list_init(&child->signals.queue);
}

void signal_exec(struct proc *proc)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		struct signal_action *action = &proc->signals.actions[i];

		*action = (struct signal_action){
			.handler = action->handler == SIG_IGN ? SIG_IGN : SIG_DFL,
		};
	}
	proc->signals.stack_base = proc->signals.stack_size = 0;
	proc->signals.stack_flags = SS_DISABLE;
}

/* Forgets a pending signal; *info, if wanted, is what was known of it. */
static void signal_take(struct proc *proc, int signo, struct signal_info *info)
{
	struct list *pos, *tmp;

	proc->signals.pending &= ~SIGNAL_BIT(signo);
	if (info)
		*info = (struct signal_info){ .signo = signo, .code = SI_USER };
	LIST_FOR_EACH_SAFE (pos, tmp, &proc->signals.queue) {
		struct signal_entry *entry = LIST_ENTRY(pos, struct signal_entry, link);

		if (entry->info.signo != signo)
			continue;
		if (info)
			*info = entry->info;
		list_del(&entry->link);
		heap_free(entry);
	}
}

void signal_free(struct proc *proc)
{
	for (int signo = 1; signo <= SIGNAL_COUNT; signo++)
		if (proc->signals.pending & SIGNAL_BIT(signo))
			signal_take(proc, signo, NULL);
}

bool signal_is_ignored(const struct proc *proc, int signo)
{
	uint64_t handler = proc->signals.actions[signo - 1].handler;

	return handler == SIG_IGN || (handler == SIG_DFL && (SIGNAL_IGNORED & SIGNAL_BIT(signo)));
}

static bool signal_is_default(const struct proc *proc, int signo)
{
	return proc->signals.actions[signo - 1].handler == SIG_DFL;
}

bool signal_is_pending(const struct proc *proc)
{
	return (proc->signals.pending & ~proc->signals.blocked) != 0;
}

void signal_update(struct proc *proc)
{
	proc->signals.blocked &= ~SIGNAL_UNBLOCKABLE;
	if (signal_is_pending(proc))
		proc->work |= PROC_WORK_SIGNAL;
	else if (!(proc->signals.pending & proc->signals.awaited))
		return;
	if (priv_is_smp())
		sched_prod(proc);
	if (proc->state == PROC_SLEEPING && proc->wake_by_signal)
		sched_wake(proc);
}

static void signal_drop(struct proc *proc, uint64_t signals)
{
	for (int signo = 1; signo <= SIGNAL_COUNT; signo++)
		if (proc->signals.pending & signals & SIGNAL_BIT(signo))
			signal_take(proc, signo, NULL);
}

static void signal_add(struct proc *proc, const struct signal_info *info)
{
	struct signal_entry *entry;

	if (!(proc->signals.pending & SIGNAL_BIT(info->signo))) {
		entry = heap_alloc(sizeof(*entry));
		if (entry) {
			entry->info = *info;
			list_add_before(&proc->signals.queue, &entry->link);
		}
	}
	proc->signals.pending |= SIGNAL_BIT(info->signo);
	signal_update(proc);
}

void signal_send(struct proc *proc, const struct signal_info *info)
{
	uint64_t bit = SIGNAL_BIT(info->signo);

	if (proc->state == PROC_ZOMBIE)
		return;
	if (info->signo == SIGCONT || info->signo == SIGKILL) {
		signal_drop(proc, SIGNAL_STOPS);
		if (proc->state == PROC_STOPPED)
			sched_wake(proc);
	} else if (SIGNAL_STOPS & bit) {
		signal_drop(proc, SIGNAL_BIT(SIGCONT));
	}
	if (!((proc->signals.blocked | proc->signals.awaited) & bit)) {
		if (signal_is_ignored(proc, info->signo))
			return;
		if (proc == proc_init_process && signal_is_default(proc, info->signo))
			return;
	}
	signal_add(proc, info);
}

void signal_force(const struct signal_info *info)
{
	struct proc *proc = proc_current;
	struct signal_action *action = &proc->signals.actions[info->signo - 1];

	if (action->handler == SIG_IGN || (proc->signals.blocked & SIGNAL_BIT(info->signo))) {
		action->handler = SIG_DFL;
		proc->signals.blocked &= ~SIGNAL_BIT(info->signo);
	}
	signal_take(proc, info->signo, NULL);
	signal_add(proc, info);
}

size_t signal_send_group(int group, const struct signal_info *info)
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

static void signal_stop(struct proc *proc, int signo)
{
	proc->state = PROC_STOPPED;
	proc->stop_signal = signo;
	proc->stop_reported = false;
	proc_tell_parent(proc, CLD_STOPPED, signo);
	sched_block();
	proc->stop_signal = 0;
	proc->continued = true;
	proc_tell_parent(proc, CLD_CONTINUED, SIGCONT);
}

static void signal_default(struct proc *proc, int signo, int code)
{
	bool fault = (SIGNAL_FAULTS & SIGNAL_BIT(signo)) && code > SI_USER;

	/* Nobody kills init but it itself: what it does not handle does not reach it. */
	if ((SIGNAL_IGNORED & SIGNAL_BIT(signo)) || (proc == proc_init_process && !fault))
		return;
	/* Nobody could continue an orphaned group: only SIGSTOP stops it. */
	if ((SIGNAL_STOPS & SIGNAL_BIT(signo)) && signo != SIGSTOP &&
	    group_is_orphaned(proc->group, NULL))
		return;
	if (SIGNAL_STOPS & SIGNAL_BIT(signo))
		signal_stop(proc, signo);
	else
		proc_exit(signo | (SIGNAL_CORE & SIGNAL_BIT(signo) ? 0x80 : 0));
}

static int signal_lowest(uint64_t set)
{
	int signo = 1;

	for (; !(set & 1); set >>= 1)
		signo++;
	return signo;
}

int signal_accept(struct proc *proc, uint64_t set, struct signal_info *info)
{
	uint64_t ready = proc->signals.pending & set;
	int signo = ready ? signal_lowest(ready) : 0;

	if (signo)
		signal_take(proc, signo, info);
	return signo;
}

/* The next signal that has a handler; the others are settled on the way. 0: none. */
static int signal_next(struct proc *proc, struct signal_info *info)
{
	uint64_t ready;

	while ((ready = proc->signals.pending & ~proc->signals.blocked) != 0) {
		/* What a fault raised comes first, as its context is still at hand. */
		uint64_t sync = ready & SIGNAL_FAULTS;
		int signo = signal_lowest(sync ? sync : ready);
		uint64_t handler = proc->signals.actions[signo - 1].handler;

		signal_take(proc, signo, info);
		if (handler == SIG_DFL)
			signal_default(proc, signo, info->code);
		else if (handler != SIG_IGN)
			return signo;
	}
	return 0;
}

/* A call that a signal ended begins again, or reports EINTR. action: NULL if no handler runs. */
static void signal_settle_call(struct trap_frame *frame, const struct signal_action *action)
{
	int64_t result = (int64_t)frame->iret.a0;

	if (!trap_is_call(frame))
		return;
	frame->cause = TRAP_DONE;
	if (result != -ERESTART && result != -ERESTARTNOHAND)
		return;
	if (action && (result == -ERESTARTNOHAND || !(action->flags & SA_RESTART))) {
		frame->iret.a0 = (uint64_t)-EINTR;
		return;
	}
	frame->iret.a0 = frame->orig_a0;
	frame->sepc -= 4;
}

void signal_deliver(struct trap_frame *frame)
{
	struct proc *proc = proc_current;
	struct signal_state *signals = &proc->signals;
	struct signal_info info;
	struct signal_action action;
	int signo = signal_next(proc, &info);
	uint64_t mask;

	if (!signo) {
		signal_settle_call(frame, NULL);
		if (signals->restore_saved)
			signals->blocked = signals->saved;
		signals->restore_saved = false;
		signal_update(proc);
		return;
	}
	action = signals->actions[signo - 1];
	signal_settle_call(frame, &action);
	mask = signals->restore_saved ? signals->saved : signals->blocked;
	signals->restore_saved = false;
	if (action.flags & SA_RESETHAND)
		signals->actions[signo - 1].handler = SIG_DFL;
	signals->blocked |= action.mask;
	if (!(action.flags & SA_NODEFER))
		signals->blocked |= SIGNAL_BIT(signo);
	signal_update(proc);
	if (sigframe_push(frame, &action, &info, mask))
		proc_exit(SIGSEGV);
}
