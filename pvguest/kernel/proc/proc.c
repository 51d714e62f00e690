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
#include "proc/futex.h"
#include "proc/group.h"
#include "proc/load.h"
#include "proc/sched.h"
#include "proc/thread.h"
#include "proc/vfork.h"

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
/* Namespaces, and what there is no name for. */
#define CLONE_UNSUPPORTED	(0x7e020000UL | 0xffffffff00000000UL)

struct list proc_all = LIST_INIT(proc_all);
struct proc *proc_init_process;
static int proc_last_pid;
static size_t proc_count;

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
	} while (wrapped && thread_find(proc_last_pid));
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
	proc_count++;
	proc->stack = page_to_virt(stack);
	memset(proc_frame(proc), 0, sizeof(struct trap_frame));
	list_init(&proc->children);
	list_init(&proc->sibling);
	list_init(&proc->all_link);
	list_init(&proc->run_link);
	list_init(&proc->threads);
	list_init(&proc->thread_link);
	list_init(&proc->held);
	proc->leader = proc;
	wait_queue_init(&proc->child_wait);
	wait_queue_init(&proc->thread_wait);
	list_init(&proc->alarm.link);
	proc->start_ticks = priv_time();
	proc->context.sp = (uint64_t)proc_frame(proc);
	proc->affinity = ~0UL;
	return proc;
}

/* Also after a fork that failed half way. */
void proc_free(struct proc *proc)
{
	list_del(&proc->all_link);
	list_del(&proc->sibling);
	list_del(&proc->thread_link);
	/* What a thread has had is its leader's by now. */
	if (proc->leader == proc)
		load_gone_ticks += proc->cpu_ticks;
	signal_free(proc);
	proc_count--;
	page_put(page_of(proc->stack));
	heap_free(proc);
}

size_t proc_stack_pages(void)
{
	return proc_count << LAYOUT_KSTACK_ORDER;
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
	list_del(&proc->thread_link);
	proc->parent = NULL;
}

bool proc_is_dead(const struct proc *leader)
{
	return leader->state == PROC_ZOMBIE && list_empty(&leader->threads);
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
	load_forks++;
	if (proc->leader == proc)
		list_add_before(&proc_all, &proc->all_link);
	else
		list_add_before(&proc->leader->threads, &proc->thread_link);
}

static const char *proc_init_path;
static char *const *proc_init_argv;

/* The first process begins here, on its own stack and with an empty address space. */
static void proc_init_entry(void)
{
	static char *const environment[] = { "HOME=/", "TERM=vt100", "PATH=/bin:/sbin:/usr/bin",
					     NULL };
	int error;

	fds_open_console(proc_current->files);
	error = exec_kernel(proc_init_path, proc_init_argv, environment);
	if (error)
		panic("%s cannot be run: error %d", proc_init_path, -error);
	priv_enter_user(proc_frame(proc_current));
}

static void proc_init_limits(struct proc *proc)
{
	for (size_t i = 0; i < RLIMIT_COUNT; i++)
		proc->limits[i] = (struct limit){ RLIM_INFINITY, RLIM_INFINITY };
	proc->limits[RLIMIT_STACK].now = LAYOUT_STACK_MAX;
	proc->limits[RLIMIT_CORE].now = 0;
	proc->limits[RLIMIT_SIGPENDING] = (struct limit){ SIGNALS_QUEUED_MAX, SIGNALS_QUEUED_MAX };
	proc->limits[RLIMIT_NOFILE] = (struct limit){ FDS_MAX, FDS_MAX };
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
	if (!proc->mm || !proc->files || !proc->fs || signal_init(proc))
		panic("no memory for the first process");
	proc_init_process = proc;
	proc_init_limits(proc);
	proc_init_path = path;
	proc_init_argv = argv;
	proc->context.ra = (uint64_t)proc_init_entry;
	sched_enqueue(proc);
}

void proc_set_mm(struct proc *proc, struct mm *mm)
{
	struct mm *old = proc->mm;

	proc->mm = mm;
	root_switch(&mm->root);
	mm_put(old);
}

/* Its own table, directory and address space, or the parent's. What was got is in child. */
static int proc_copy_shared(struct proc *child, const struct proc *parent, uint64_t flags)
{
	if (flags & CLONE_FILES)
		parent->files->users++;
	child->files = flags & CLONE_FILES ? parent->files : fds_copy(parent->files);
	if (!child->files)
		return -ENOMEM;
	if (flags & CLONE_FS)
		parent->fs->users++;
	child->fs = flags & CLONE_FS ? parent->fs : fs_context_copy(parent->fs);
	if (!child->fs)
		return -ENOMEM;
	if (flags & CLONE_VM)
		parent->mm->users++;
	child->mm = flags & CLONE_VM ? parent->mm : mm_fork(parent->mm);
	return child->mm ? 0 : -ENOMEM;
}

static int proc_copy(struct proc *child, struct proc *parent, uint64_t flags)
{
	sched_fp_sync();
	*proc_frame(child) = *proc_frame(parent);
	child->fp = parent->fp;
	child->group = parent->leader->group;
	child->session = parent->leader->session;
	child->tty = parent->leader->tty;
	child->affinity = parent->affinity;
	child->hart = parent->hart;
	child->cred = parent->cred;
	memcpy(child->limits, parent->leader->limits, sizeof(child->limits));
	child->nice = parent->nice;
	memcpy(child->name, parent->name, sizeof(child->name));
	if (signal_fork(child, parent, (flags & CLONE_SIGHAND) != 0))
		return -ENOMEM;
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		signal_forget_stack(child);
	if (proc_copy_shared(child, parent, flags)) {
		if (child->fs)
			fs_context_put(child->fs);
		if (child->files)
			fds_put(child->files);
		return -ENOMEM;
	}
	child->exe = parent->exe;
	if (child->exe.dentry)
		path_get(&child->exe);
	return 0;
}

/* Where the child belongs: a thread to its leader, a process to its parent. */
static void proc_adopt(struct proc *child, struct proc *parent, uint64_t flags)
{
	struct proc *leader = parent->leader;

	if (flags & CLONE_THREAD) {
		child->leader = leader;
		child->parent = leader->parent;
		proc_enter(child);
		return;
	}
	proc_enter(child);
	/* A brother; init has none. */
	child->parent = (flags & CLONE_PARENT) && leader->parent ? leader->parent : leader;
	list_add_before(&child->parent->children, &child->sibling);
	child->exit_signal = (int)(flags & CLONE_SIGNAL_MASK);
}

static bool proc_flags_ok(uint64_t flags)
{
	return !(flags & CLONE_UNSUPPORTED) &&
	       (!(flags & CLONE_THREAD) || (flags & CLONE_SIGHAND)) &&
	       (!(flags & CLONE_SIGHAND) || (flags & CLONE_VM));
}

int proc_clone(uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t tls,
	       uint64_t child_tid)
{
	struct proc *parent = proc_current, *child;
	int pid;

	if (!proc_flags_ok(flags))
		return -EINVAL;
	/* One that is about to end has no new threads. */
	if (parent->killed)
		return -EAGAIN;
	child = page_is_low() ? NULL : proc_new();
	if (!child)
		return -ENOMEM;
	if (proc_copy(child, parent, flags)) {
		proc_free(child);
		return -ENOMEM;
	}
	proc_adopt(child, parent, flags);
	pid = child->pid;
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
	if (flags & CLONE_VFORK)
		child->vfork_parent = parent->leader;
	sched_enqueue(child);
	if (flags & CLONE_VFORK)
		vfork_wait(pid);
	return pid;
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

static void proc_set_parent(struct proc *leader, struct proc *parent)
{
	struct proc *thread;

	THREAD_FOR_EACH (thread, leader)
		thread->parent = parent;
}

/* Children whose parent ends become init's. */
static void proc_give_children(struct proc *proc)
{
	while (!list_empty(&proc->children)) {
		struct proc *child = LIST_ENTRY(list_pop(&proc->children), struct proc, sibling);

		proc_set_parent(child, proc_init_process);
		child->exit_signal = SIGCHLD;
		list_add_before(&proc_init_process->children, &child->sibling);
		if (proc_is_dead(child))
			proc_tell_parent(child, CLD_EXITED, 0);
	}
}

/* What is each thread's own, while its address space is still there. */
static void proc_exit_thread(struct proc *proc)
{
	static const uint32_t zero;
	struct fd_table *files = proc->files;
	struct fs_context *fs = proc->fs;
	struct path exe = proc->exe;

	if (proc->robust_list)
		futex_exit_robust(proc->robust_list);
	if (proc->clear_tid && proc->mm->users > 1 &&
	    !user_write(proc->clear_tid, &zero, sizeof(zero)))
		futex_wake(proc->clear_tid, 1);
	vfork_done(proc);
	fds_release(&proc->held);
	/* Giving up may sleep; /proc must not find what is given up. */
	proc->files = NULL;
	proc->fs = NULL;
	proc->exe = (struct path){ 0 };
	fds_put(files);
	fs_context_put(fs);
	path_put(&exe);
}

/* What is the process's. */
static void proc_exit_process(struct proc *leader)
{
	tty_job_leave(leader, true);
	group_orphan(leader);
	timer_remove(&leader->alarm);
	proc_give_children(leader);
}

/* The last thread of the process is a zombie. */
static void proc_exit_report(struct proc *leader)
{
	int status = leader->exit_status;

	proc_tell_parent(leader, status & 0x7f ? CLD_KILLED : CLD_EXITED,
			 status & 0x7f ? status & 0x7f : status >> 8 & 0xff);
	if (!proc_is_unwanted(leader))
		return;
	if (leader == proc_current)
		proc_free_later(leader);
	else
		proc_free(leader);
}

_Noreturn void proc_exit(int status)
{
	struct proc *proc = proc_current, *leader = proc->leader;
	struct mm *mm = proc->mm;
	int pid = proc->pid;
	bool last;

	proc_exit_thread(proc);
	/* The tables must not be in use when they are freed, nor come back after a sleep. */
	proc->mm = NULL;
	root_switch(&root_kernel);
	mm_put(mm);
	/* What came before may have slept, what follows does not. */
	last = thread_is_last();
	if (last && leader == proc_init_process)
		panic("init ended, status %x", (unsigned int)status);
	if (last)
		proc_exit_process(leader);
	proc->state = PROC_ZOMBIE;
	if (proc == leader && !leader->group_exit)
		leader->exit_status = status;
	if (proc != leader) {
		leader->cpu_ticks += sched_cpu_ticks();
		proc_free_later(proc);
	}
	wait_wake(&leader->thread_wait);
	if (last)
		proc_exit_report(leader);
	else
		signal_pass_on(leader);
	sched_block();
	panic("process %d came back", pid);
}

_Noreturn void proc_exit_group(int status)
{
	struct proc *leader = proc_current->leader;

	if (!leader->group_exit) {
		leader->group_exit = true;
		leader->exit_status = status;
		thread_kill_others();
	}
	proc_exit(leader->exit_status);
}

int proc_write_rusage(uint64_t addr, uint64_t ticks)
{
	uint64_t ns = timer_ticks_to_ns(ticks);
	uint64_t rusage[18] = { ns / 1000000000, ns % 1000000000 / 1000 };

	return user_write(addr, rusage, sizeof(rusage));
}

void proc_zap_file(const struct inode *inode, uint64_t from_page)
{
	struct list *pos, *at;

	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *leader = LIST_ENTRY(pos, struct proc, all_link);
		/* The leader may have ended; the others have the same address space. */
		struct mm *mm = leader->mm;

		LIST_FOR_EACH (at, &leader->threads)
			mm = mm ? mm : LIST_ENTRY(at, struct proc, thread_link)->mm;
		if (mm)
			mm_zap_file(mm, inode, from_page);
	}
}
