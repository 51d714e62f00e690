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
#include "proc/thread.h"

#define SIGNAL_UNBLOCKABLE	(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNAL_IGNORED                                                                             \
	(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
#define SIGNAL_STOPS                                                                               \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define SIGNAL_FAULTS                                                                              \
	(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) |     \
	 SIGNAL_BIT(SIGFPE))
/* restart_syscall(2), which the program never calls itself. */
#define SIGNAL_RESTART_SYSCALL	128
/* QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS: wait4 says "core dumped" bit 0x80. */
#define SIGNAL_CORE                                                                                \
	(SIGNAL_BIT(3) | SIGNAL_BIT(4) | SIGNAL_BIT(5) | SIGNAL_BIT(6) | SIGNAL_BIT(7) |           \
	 SIGNAL_BIT(8) | SIGNAL_BIT(11) | SIGNAL_BIT(24) | SIGNAL_BIT(25) | SIGNAL_BIT(31))

struct signal_entry {
	struct list link;
	struct signal_info info;
};

static struct signal_table *signal_table(const struct signal_state *signals)
{
	return CONTAINER_OF(signals->actions, struct signal_table, actions);
}

static int signal_new_table(struct signal_state *signals, const struct signal_action *from)
{
	struct signal_table *table = heap_alloc(sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->users = 1;
	if (from)
		memcpy(table->actions, from, sizeof(table->actions));
	signals->actions = table->actions;
	return 0;
}

static void signal_put_table(struct signal_state *signals)
{
	struct signal_table *table = signal_table(signals);

	if (signals->actions && !--table->users)
		heap_free(table);
	signals->actions = NULL;
}

static void signal_clear(struct signal_state *signals)
{
	signals->own.bits = signals->shared.bits = 0;
	list_init(&signals->own.queue);
	list_init(&signals->shared.queue);
}

int signal_init(struct proc *proc)
{
	signal_clear(&proc->signals);
	signal_forget_stack(proc);
	return signal_new_table(&proc->signals, NULL);
}

int signal_fork(struct proc *child, const struct proc *parent, bool share)
{
	child->signals = parent->signals;
	child->signals.restore_saved = false;
	signal_clear(&child->signals);
	if (!share)
		return signal_new_table(&child->signals, parent->signals.actions);
	signal_table(&child->signals)->users++;
	return 0;
}

void signal_forget_stack(struct proc *proc)
{
	proc->signals.stack_base = proc->signals.stack_size = 0;
	proc->signals.stack_flags = SS_DISABLE;
}

int signal_exec(struct proc *proc)
{
	struct signal_state old = proc->signals;

	signal_forget_stack(proc);
	if (signal_table(&old)->users > 1) {
		if (signal_new_table(&proc->signals, old.actions))
			return -ENOMEM;
		signal_put_table(&old);
	}
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		struct signal_action *action = &proc->signals.actions[i];

		*action = (struct signal_action){
			.handler = action->handler == SIG_IGN ? SIG_IGN : SIG_DFL,
		};
	}
	return 0;
}

static void signal_move(struct signal_set *to, struct signal_set *from)
{
	to->bits |= from->bits;
	from->bits = 0;
	while (!list_empty(&from->queue))
		list_add_before(&to->queue, list_pop(&from->queue));
}

void signal_take_over(struct proc *leader, struct proc *thread)
{
	leader->signals.blocked = thread->signals.blocked;
	signal_move(&leader->signals.own, &thread->signals.own);
}

/* A signal of the kind that waits only once, whatever is sent. */
static bool signal_is_standard(int signo)
{
	return signo < SIGNAL_REALTIME;
}

/* Entries in all queues. */
static size_t signal_queued;

/* Forgets one pending signal; *info, if wanted, is what was known of it. */
static void signal_take(struct signal_set *set, int signo, struct signal_info *info)
{
	struct list *pos, *tmp;
	bool more = false, taken = false;

	if (info)
		*info = (struct signal_info){ .signo = signo, .code = SI_USER };
	LIST_FOR_EACH_SAFE (pos, tmp, &set->queue) {
		struct signal_entry *entry = LIST_ENTRY(pos, struct signal_entry, link);

		if (entry->info.signo != signo)
			continue;
		more = taken;
		if (taken)
			break;
		if (info)
			*info = entry->info;
		list_del(&entry->link);
		heap_free(entry);
		signal_queued--;
		taken = true;
	}
	if (!more)
		set->bits &= ~SIGNAL_BIT(signo);
}

static int signal_lowest(uint64_t set)
{
	int signo = 1;

	for (; !(set & 1); set >>= 1)
		signo++;
	return signo;
}

bool signal_has_room(const struct proc *sender, int signo)
{
	return signal_is_standard(signo) ||
	       signal_queued < sender->leader->limits[RLIMIT_SIGPENDING].now;
}

static void signal_drop(struct signal_set *set, uint64_t signals)
{
	while (set->bits & signals)
		signal_take(set, signal_lowest(set->bits & signals), NULL);
}

void signal_free(struct proc *proc)
{
	if (!proc->signals.actions)
		return;
	signal_drop(&proc->signals.own, ~0UL);
	signal_drop(&proc->signals.shared, ~0UL);
	signal_put_table(&proc->signals);
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

bool signal_is_fatal(const struct proc *proc)
{
	uint64_t ready = signal_pending(proc) & ~proc->signals.blocked;
	bool fatal = proc->killed;

	for (ready &= ~(SIGNAL_IGNORED | SIGNAL_STOPS); ready && !fatal; ready &= ready - 1)
		fatal = proc->leader != proc_init_process &&
			signal_is_default(proc, signal_lowest(ready));
	return fatal;
}

void signal_update(struct proc *proc)
{
	proc->signals.blocked &= ~SIGNAL_UNBLOCKABLE;
	if (signal_is_pending(proc))
		proc->work |= PROC_WORK_SIGNAL;
	else if (!(signal_pending(proc) & proc->signals.awaited))
		return;
	if (priv_is_smp())
		sched_prod(proc);
	if (proc->state == PROC_SLEEPING &&
	    (proc->wake_by_signal || (proc->wake_by_fatal && signal_is_fatal(proc))))
		sched_wake(proc);
}

static void signal_add(struct signal_set *set, const struct signal_info *info)
{
	struct signal_entry *entry;

	if (!signal_is_standard(info->signo) || !(set->bits & SIGNAL_BIT(info->signo))) {
		entry = heap_alloc(sizeof(*entry));
		if (entry) {
			entry->info = *info;
			list_add_before(&set->queue, &entry->link);
			signal_queued++;
		}
	}
	set->bits |= SIGNAL_BIT(info->signo);
}

static bool signal_wants(const struct proc *thread, uint64_t bit)
{
	return thread->state != PROC_ZOMBIE &&
	       (!(thread->signals.blocked & bit) || (thread->signals.awaited & bit));
}

/* One thread that can take a pending signal of the process is told; none: it stays pending. */
static void signal_tell(struct proc *leader, uint64_t bit)
{
	struct proc *thread;

	THREAD_FOR_EACH (thread, leader) {
		if (signal_wants(thread, bit)) {
			signal_update(thread);
			return;
		}
	}
}

void signal_pass_on(struct proc *leader)
{
	for (uint64_t left = leader->signals.shared.bits; left; left &= left - 1)
		signal_tell(leader, left & -left);
}

/* What it no longer takes another thread may, which was not told when the signal came. */
void signal_set_blocked(uint64_t blocked)
{
	struct proc *proc = proc_current;
	uint64_t left = proc->leader->signals.shared.bits & blocked & ~proc->signals.blocked;

	proc->signals.blocked = blocked;
	for (; left; left &= left - 1)
		signal_tell(proc->leader, left & -left);
	signal_update(proc);
}

/* Stops and their opposite cancel each other, at once and in all threads. */
static void signal_cancel(struct proc *leader, int signo)
{
	uint64_t drop = 0;
	struct proc *thread;

	if (signo == SIGCONT || signo == SIGKILL) {
		drop = SIGNAL_STOPS;
		leader->stop_signal = 0;
	} else if (SIGNAL_STOPS & SIGNAL_BIT(signo)) {
		drop = SIGNAL_BIT(SIGCONT);
	}
	if (!drop)
		return;
	signal_drop(&leader->signals.shared, drop);
	THREAD_FOR_EACH (thread, leader) {
		signal_drop(&thread->signals.own, drop);
		if (thread->state == PROC_STOPPED && !leader->stop_signal)
			sched_wake(thread);
	}
}

/* Nobody would ever see it. blocked: by those who might. */
static bool signal_is_lost(const struct proc *leader, int signo, uint64_t blocked)
{
	return !(blocked & SIGNAL_BIT(signo)) &&
	       (signal_is_ignored(leader, signo) ||
		(leader == proc_init_process && signal_is_default(leader, signo)));
}

void signal_send(struct proc *proc, const struct signal_info *info)
{
	struct proc *leader = proc->leader, *thread;
	uint64_t blocked = 0;

	if (proc_is_dead(leader))
		return;
	signal_cancel(leader, info->signo);
	THREAD_FOR_EACH (thread, leader)
		blocked |= thread->signals.blocked | thread->signals.awaited;
	if (signal_is_lost(leader, info->signo, blocked))
		return;
	signal_add(&leader->signals.shared, info);
	signal_tell(leader, SIGNAL_BIT(info->signo));
}

void signal_send_thread(struct proc *thread, const struct signal_info *info)
{
	if (thread->state == PROC_ZOMBIE)
		return;
	signal_cancel(thread->leader, info->signo);
	if (signal_is_lost(thread->leader, info->signo,
			   thread->signals.blocked | thread->signals.awaited))
		return;
	signal_add(&thread->signals.own, info);
	signal_update(thread);
}

void signal_force(const struct signal_info *info)
{
	struct proc *proc = proc_current;
	struct signal_action *action = &proc->signals.actions[info->signo - 1];

	if (action->handler == SIG_IGN || (proc->signals.blocked & SIGNAL_BIT(info->signo))) {
		action->handler = SIG_DFL;
		proc->signals.blocked &= ~SIGNAL_BIT(info->signo);
	}
	signal_drop(&proc->signals.own, SIGNAL_BIT(info->signo));
	signal_add(&proc->signals.own, info);
	signal_update(proc);
}

/* The process is stopped, and so this thread waits until it goes on or ends. */
static void signal_stay_stopped(struct proc *proc)
{
	while (proc->leader->stop_signal && !proc->killed) {
		proc->state = PROC_STOPPED;
		sched_block();
	}
}

static void signal_stop(struct proc *proc, int signo)
{
	struct proc *leader = proc->leader, *thread;

	leader->stop_signal = signo;
	leader->stop_reported = false;
	THREAD_FOR_EACH (thread, leader)
		if (thread != proc && thread->state != PROC_ZOMBIE)
			signal_update(thread);
	proc_tell_parent(leader, CLD_STOPPED, signo);
	signal_stay_stopped(proc);
	if (proc->killed)
		return;
	leader->continued = true;
	proc_tell_parent(leader, CLD_CONTINUED, SIGCONT);
}

static void signal_default(struct proc *proc, int signo, int code)
{
	bool fault = (SIGNAL_FAULTS & SIGNAL_BIT(signo)) && code > SI_USER;

	/* Nobody kills init but it itself: what it does not handle does not reach it. */
	if ((SIGNAL_IGNORED & SIGNAL_BIT(signo)) || (proc->leader == proc_init_process && !fault))
		return;
	/* Nobody could continue an orphaned group: only SIGSTOP stops it. */
	if ((SIGNAL_STOPS & SIGNAL_BIT(signo)) && signo != SIGSTOP &&
	    group_is_orphaned(proc->leader->group, NULL))
		return;
	if (SIGNAL_STOPS & SIGNAL_BIT(signo))
		signal_stop(proc, signo);
	else
		proc_exit_group(signo | (SIGNAL_CORE & SIGNAL_BIT(signo) ? 0x80 : 0));
}

/* The thread's own come first. */
static void signal_take_any(struct proc *proc, int signo, struct signal_info *info)
{
	struct signal_set *own = &proc->signals.own;

	signal_take(own->bits & SIGNAL_BIT(signo) ? own : &proc->leader->signals.shared, signo,
		    info);
}

int signal_accept(struct proc *proc, uint64_t set, struct signal_info *info)
{
	uint64_t ready = signal_pending(proc) & set;
	int signo = ready ? signal_lowest(ready) : 0;

	if (signo)
		signal_take_any(proc, signo, info);
	return signo;
}

/* The next signal that has a handler; the others are settled on the way. 0: none. */
static int signal_next(struct proc *proc, struct signal_info *info)
{
	uint64_t ready;

	signal_stay_stopped(proc);
	while (!proc->killed && (ready = signal_pending(proc) & ~proc->signals.blocked) != 0) {
		/* What a fault raised comes first, as its context is still at hand. */
		uint64_t sync = ready & SIGNAL_FAULTS;
		int signo = signal_lowest(sync ? sync : ready);
		uint64_t handler = proc->signals.actions[signo - 1].handler;

		signal_take_any(proc, signo, info);
		if (handler == SIG_DFL)
			signal_default(proc, signo, info->code);
		else if (handler != SIG_IGN)
			return signo;
	}
	if (proc->killed)
		proc_exit(proc->leader->exit_status);
	return 0;
}

/* A call that a signal ended begins again, or reports EINTR. action: NULL if no handler runs. */
static void signal_settle_call(struct trap_frame *frame, const struct signal_action *action)
{
	int64_t result = (int64_t)frame->iret.a0;

	if (!trap_is_call(frame))
		return;
	frame->cause = TRAP_DONE;
	if (result != -ERESTART && result != -ERESTARTNOHAND && result != -ERESTART_RESTARTBLOCK)
		return;
	if (action && (result != -ERESTART || !(action->flags & SA_RESTART))) {
		frame->iret.a0 = (uint64_t)-EINTR;
		return;
	}
	frame->iret.a0 = frame->orig_a0;
	frame->sepc -= 4;
	/* Not from its beginning: it would sleep for the whole time again. */
	if (result == -ERESTART_RESTARTBLOCK)
		frame->iret.a7 = SIGNAL_RESTART_SYSCALL;
}

void signal_deliver(struct trap_frame *frame)
{
	struct proc *proc = proc_current;
	struct signal_state *signals = &proc->signals;
	struct signal_info info;
	struct signal_action action;
	int signo = signal_next(proc, &info);
	uint64_t mask, own;

	if (!signo) {
		signal_settle_call(frame, NULL);
		mask = signals->restore_saved ? signals->saved : signals->blocked;
		signals->restore_saved = false;
		signal_set_blocked(mask);
		return;
	}
	action = signals->actions[signo - 1];
	signal_settle_call(frame, &action);
	mask = signals->restore_saved ? signals->saved : signals->blocked;
	signals->restore_saved = false;
	if (action.flags & SA_RESETHAND)
		signals->actions[signo - 1].handler = SIG_DFL;
	own = action.flags & SA_NODEFER ? 0 : SIGNAL_BIT(signo);
	signal_set_blocked(signals->blocked | action.mask | own);
	if (sigframe_push(frame, &action, &info, mask))
		proc_exit_group(SIGSEGV);
}
