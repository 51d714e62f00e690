/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes: fork and exit.
 * Linux man-pages, clone(2), _exit(2).
 */
#include "proc/proc.h"

#include "fs/fds.h"
#include "fs/path.h"
#include "fs/tty.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm.h"
#include "mm/page.h"
#include "mm/user.h"
#include "priv/priv.h"
#include "proc/exec.h"
#include "proc/group.h"
#include "proc/sched.h"

#define CLONE_SIGNAL_MASK	0xffUL
#define CLONE_VM		0x00000100UL
#define CLONE_FS		0x00000200UL
#define CLONE_FILES		0x00000400UL
#define CLONE_SIGHAND		0x00000800UL
#define CLONE_VFORK		0x00004000UL
#define CLONE_PARENT		0x00008000UL
#define CLONE_THREAD		0x00010000UL
#define CLONE_SETTLS		0x00080000UL
#define CLONE_PARENT_SETTID	0x00100000UL
#define CLONE_CHILD_CLEARTID	0x00200000UL
#define CLONE_CHILD_SETTID	0x01000000UL
/* Sharing that pvguest does not have: threads, and working directories or tables in common. */
#define CLONE_UNSUPPORTED                                                                         \
	(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PARENT | CLONE_THREAD)

struct list proc_all = LIST_INIT(proc_all);
struct proc *proc_init_process;
static int proc_last_pid;

struct proc *proc_find(int pid)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &proc_all)
		if (LIST_ENTRY(pos, struct proc, all_link)->pid == pid)
			return LIST_ENTRY(pos, struct proc, all_link);
	return NULL;
}

/* Pids count up, so that an old one is not met again soon; 1 only once. */
static int proc_new_pid(void)
{
	static bool wrapped;

	do {
		if (++proc_last_pid > 0x3fffff) {
			proc_last_pid = 2;
			wrapped = true;
		}
	} while (wrapped && proc_find(proc_last_pid));
	return proc_last_pid;
}

static struct proc *proc_new(void)
{
	struct proc *proc = heap_alloc(sizeof(*proc));
	struct page *stack = page_alloc_user(LAYOUT_KSTACK_ORDER);

	if (!proc || !stack) {
		heap_free(proc);
		if (stack)
			page_put(stack);
		return NULL;
	}
	proc->stack = page_to_virt(stack);
	memset(proc_frame(proc), 0, sizeof(struct trap_frame));
	list_init(&proc->children);
	list_init(&proc->sibling);
	list_init(&proc->all_link);
	list_init(&proc->run_link);
	wait_queue_init(&proc->child_wait);
	wait_queue_init(&proc->vfork_wait);
	list_init(&proc->alarm.link);
	signal_init(proc);
	proc->context.sp = (uint64_t)proc_frame(proc);
	proc->affinity = ~0UL;
	return proc;
}

/* What is left after exit, or after a fork that failed half way. */
static void proc_free(struct proc *proc)
{
	list_del(&proc->all_link);
	list_del(&proc->sibling);
	signal_free(proc);
	page_put(page_of(proc->stack));
	heap_free(proc);
}

/* Nobody waits for it; its stack is still in use until the next process has one of its own. */
static void proc_free_later(struct proc *proc)
{
	static struct proc *dead;

	if (dead)
		proc_free(dead);
	dead = proc;
	list_del(&proc->all_link);
	list_del(&proc->sibling);
	proc->parent = NULL;
}

/* Whether the parent asked not to be bothered: wait(2), "SIG_IGN" and SA_NOCLDWAIT. */
static bool proc_is_unwanted(const struct proc *proc)
{
	const struct signal_action *action = &proc->parent->signals.actions[SIGCHLD - 1];

	return proc->exit_signal == SIGCHLD &&
	       (action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT));
}

static void proc_enter(struct proc *proc)
{
	proc->pid = proc_new_pid();
	list_add_before(&proc_all, &proc->all_link);
}

static const char *proc_init_path;
static char *const *proc_init_argv;

/* The first process begins here, on its own stack and with an empty address space. */
static void proc_init_entry(void)
{
	static char *const environment[] = { "HOME=/", "TERM=vt100", "PATH=/bin:/sbin:/usr/bin",
					     NULL };
	int error = exec_kernel(proc_init_path, proc_init_argv, environment);

	if (error)
		panic("%s cannot be run: error %d", proc_init_path, -error);
	priv_enter_user(proc_frame(proc_current));
}

void proc_start_init(const char *path, char *const argv[])
{
	struct proc *proc = proc_new();

	if (!proc)
		panic("no memory for the first process");
	proc_enter(proc);
	proc->group = proc->session = proc->pid;
	proc->mm = mm_new();
	proc->files = fds_new();
	proc->fs = fs_context_new();
	if (!proc->mm || !proc->files || !proc->fs)
		panic("no memory for the first process");
	proc_init_process = proc;
	proc_init_path = path;
	proc_init_argv = argv;
	proc->context.ra = (uint64_t)proc_init_entry;
	fds_open_console(proc->files);
	sched_enqueue(proc);
}

void proc_set_mm(struct proc *proc, struct mm *mm)
{
	struct mm *old = proc->mm;

	proc->mm = mm;
	root_switch(&mm->root);
	mm_put(old);
}

void proc_vfork_done(struct proc *proc)
{
	if (!proc->vfork_pending)
		return;
	proc->vfork_pending = false;
	wait_wake(&proc->vfork_wait);
}

static int proc_copy(struct proc *child, struct proc *parent, uint64_t flags)
{
	sched_fp_sync();
	*proc_frame(child) = *proc_frame(parent);
	child->fp = parent->fp;
	child->group = parent->group;
	child->session = parent->session;
	child->tty = parent->tty;
	child->affinity = parent->affinity;
	child->hart = parent->hart;
	memcpy(child->name, parent->name, sizeof(child->name));
	signal_fork(child, parent);
	child->files = fds_copy(parent->files);
	if (!child->files)
		return -ENOMEM;
	if (flags & CLONE_VM) {
		child->mm = parent->mm;
		parent->mm->users++;
	} else {
		child->mm = mm_fork(parent->mm);
	}
	child->fs = child->mm ? fs_context_copy(parent->fs) : NULL;
	if (!child->fs) {
		fds_put(child->files);
		if (child->mm)
			mm_put(child->mm);
		return -ENOMEM;
	}
	child->exe = parent->exe;
	if (child->exe.dentry)
		path_get(&child->exe);
	return 0;
}

static int proc_wait_vfork(struct proc *child)
{
	struct proc *parent = proc_current;
	int pid = child->pid;

	/* Only SIGKILL may end this wait, and then it is the last thing the parent does. */
	while (child->vfork_pending) {
		struct waiter waiter;

		wait_enter(&child->vfork_wait, &waiter);
		parent->state = PROC_SLEEPING;
		sched_block();
		wait_leave(&waiter);
		child = proc_find(pid);
		if (!child)
			break;
	}
	return pid;
}

int proc_clone(uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t tls,
	       uint64_t child_tid)
{
	struct proc *parent = proc_current, *child;
	int pid;

	if (flags & CLONE_UNSUPPORTED)
		return -EINVAL;
	child = page_is_low() ? NULL : proc_new();
	if (!child)
		return -ENOMEM;
	if (proc_copy(child, parent, flags)) {
		proc_free(child);
		return -ENOMEM;
	}
	proc_enter(child);
	pid = child->pid;
	child->parent = parent;
	list_add_before(&parent->children, &child->sibling);
	child->exit_signal = (int)(flags & CLONE_SIGNAL_MASK);
	child->context.ra = (uint64_t)priv_return_to_user;
	proc_frame(child)->iret.a0 = 0;
	proc_frame(child)->cause = TRAP_DONE;
	if (stack)
		proc_frame(child)->iret.sp = stack;
	if (flags & CLONE_SETTLS)
		proc_frame(child)->iret.tp = tls;
	if (flags & CLONE_CHILD_CLEARTID)
		child->clear_tid = child_tid;
	if (flags & CLONE_PARENT_SETTID)
		user_write(parent_tid, &pid, sizeof(pid));
	if (flags & CLONE_CHILD_SETTID)
		mm_poke(child->mm, child_tid, (uint32_t)pid);
	child->vfork_pending = (flags & CLONE_VFORK) != 0;
	sched_enqueue(child);
	return child->vfork_pending ? proc_wait_vfork(child) : pid;
}

void proc_tell_parent(struct proc *proc, int code, int status)
{
	struct proc *parent = proc->parent;
	struct signal_info info = { .signo = SIGCHLD, .code = code, .pid = proc->pid,
				    .status = status };
	bool stop = code == CLD_STOPPED || code == CLD_CONTINUED;

	if (!parent)
		return;
	if (!stop && proc->exit_signal)
		info.signo = proc->exit_signal;
	if ((stop || proc->exit_signal) &&
	    !(stop && (parent->signals.actions[SIGCHLD - 1].flags & SA_NOCLDSTOP)))
		signal_send(parent, &info);
	wait_wake(&parent->child_wait);
}

/* Children whose parent ends become init's. */
static void proc_give_children(struct proc *proc)
{
	while (!list_empty(&proc->children)) {
		struct proc *child = LIST_ENTRY(list_pop(&proc->children), struct proc, sibling);

		child->parent = proc_init_process;
		child->exit_signal = SIGCHLD;
		list_add_before(&proc_init_process->children, &child->sibling);
		if (child->state == PROC_ZOMBIE)
			proc_tell_parent(child, CLD_EXITED, 0);
	}
}

_Noreturn void proc_exit(int status)
{
	struct proc *proc = proc_current;
	static const uint32_t zero;

	if (proc == proc_init_process)
		panic("init ended, status %x", (unsigned int)status);
	if (proc->clear_tid && proc->mm->users > 1)
		user_write(proc->clear_tid, &zero, sizeof(zero));
	proc_vfork_done(proc);
	fds_put(proc->files);
	fs_context_put(proc->fs);
	path_put(&proc->exe);
	proc->exe = (struct path){ 0 };
	tty_job_leave(proc, true);
	group_orphan(proc);
	timer_remove(&proc->alarm);
	proc_give_children(proc);
	/* The tables must not be in use when they are freed. */
	root_switch(&root_kernel);
	mm_put(proc->mm);
	proc->mm = NULL;
	proc->exit_status = status;
	proc->state = PROC_ZOMBIE;
	proc_tell_parent(proc, status & 0x7f ? CLD_KILLED : CLD_EXITED,
			 status & 0x7f ? status & 0x7f : status >> 8 & 0xff);
	if (proc_is_unwanted(proc))
		proc_free_later(proc);
	sched_block();
	panic("process %d came back", proc->pid);
}

static bool proc_matches(const struct proc *child, int pid)
{
	if (pid == -1)
		return true;
	if (pid > 0)
		return child->pid == pid;
	return child->group == (pid == 0 ? proc_current->group : -pid);
}

#define WNOHANG		1
#define WUNTRACED	2
#define WCONTINUED	8
#define WAIT_OPTIONS	(WNOHANG | WUNTRACED | WCONTINUED | 0xe0000000)

/* Whether there is something to report of a child; *status is that. */
static bool proc_report(struct proc *child, int options, int *status)
{
	if (child->state == PROC_ZOMBIE) {
		*status = child->exit_status;
		return true;
	}
	if (child->state == PROC_STOPPED && (options & WUNTRACED) && !child->stop_reported) {
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

int proc_write_rusage(uint64_t addr, uint64_t ticks)
{
	uint64_t ns = timer_ticks_to_ns(ticks);
	uint64_t rusage[18] = { ns / 1000000000, ns % 1000000000 / 1000 };

	return user_write(addr, rusage, sizeof(rusage));
}

static void proc_bury(struct proc *child)
{
	child->parent->child_ticks += child->cpu_ticks + child->child_ticks;
	proc_free(child);
}

int proc_wait(int pid, uint64_t user_status, int options, uint64_t rusage)
{
	struct proc *parent = proc_current;
	struct list *pos;
	int status, error = 0;

	if (options & ~(int)WAIT_OPTIONS)
		return -EINVAL;
	for (;;) {
		bool any = false;

		LIST_FOR_EACH (pos, &parent->children) {
			struct proc *child = LIST_ENTRY(pos, struct proc, sibling);
			int found = child->pid;

			if (!proc_matches(child, pid))
				continue;
			any = true;
			if (!proc_report(child, options, &status))
				continue;
			if (rusage)
				error = proc_write_rusage(rusage, child->cpu_ticks +
									  child->child_ticks);
			if (child->state == PROC_ZOMBIE)
				proc_bury(child);
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
