/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/PID: what is known of a process.
 * Linux man-pages, proc_pid_stat(5) and its neighbours.
 */
#include "drv/timer.h"
#include "fs/fds.h"
#include "fs/procfs.h"
#include "fs/tty.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm.h"
#include "mm/page.h"
#include "mm/usage.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/thread.h"

#define PROCFS_NS_PER_TICK	10000000UL

static char procfs_state(const struct proc *proc)
{
	switch (proc->state) {
	case PROC_RUNNABLE:
		return 'R';
	case PROC_STOPPED:
		return 'T';
	case PROC_ZOMBIE:
		return 'Z';
	default:
		return proc->wake_by_signal ? 'S' : 'D';
	}
}

static const char *procfs_state_word(char state)
{
	return state == 'R' ? "running" : state == 'T' ? "stopped" : state == 'Z' ? "zombie"
	       : state == 'S' ? "sleeping" : "disk sleep";
}

static uint64_t procfs_ticks(uint64_t ticks)
{
	return timer_ticks_to_ns(ticks) / PROCFS_NS_PER_TICK;
}

static uint64_t procfs_cpu(struct proc *proc)
{
	/* What the current one has had since it got the hart is charged first. */
	sched_cpu_ticks();
	return proc->leader == proc ? thread_ticks(proc) : proc->cpu_ticks;
}

static unsigned int procfs_threads(struct proc *proc)
{
	unsigned int count = 0;
	struct proc *thread;

	THREAD_FOR_EACH (thread, proc->leader)
		count++;
	return count;
}

static int procfs_parent(const struct proc *proc)
{
	return proc->leader->parent ? proc->leader->parent->pid : 0;
}

static void procfs_show_stat(struct text *text, struct proc *proc)
{
	const struct proc *leader = proc->leader;
	const struct tty *tty = leader->tty;
	struct mm_usage usage = { 0 };

	if (proc->mm)
		mm_usage(proc->mm, &usage);
	text_add(text, "%d (%s) %c %d %d %d %u %d 0 0 0 0 0 ", proc->pid, proc->name,
		 procfs_state(proc), procfs_parent(proc), leader->group, leader->session,
		 tty ? DEVICE_TTYS0 : 0, tty ? tty->group : -1);
	text_add(text, "%lu 0 %lu 0 %d %d %u 0 %lu %lu %lu %lu 1 1 %lu 0 0 ",
		 procfs_ticks(procfs_cpu(proc)), procfs_ticks(leader->child_ticks),
		 20 + proc->nice, proc->nice, procfs_threads(proc), procfs_ticks(proc->start_ticks),
		 usage.total_pages << PAGE_SHIFT, usage.present_pages, ~0UL, usage.stack_start);
	text_add(text, "%lu %lu 0 0 0 0 0 %d 0 0 0 0 0 0 0 %lu %lu %lu %lu %lu %lu %d\n",
		 (proc->signals.own.bits | leader->signals.shared.bits) & 0x7fffffff,
		 proc->signals.blocked & 0x7fffffff,
		 proc->exit_signal, proc->mm ? proc->mm->brk_start : 0, usage.arg_start,
		 usage.arg_end, usage.env_start, usage.env_end, 0UL,
		 proc->state == PROC_ZOMBIE ? proc->exit_status : 0);
}

static void procfs_show_statm(struct text *text, struct proc *proc)
{
	struct mm_usage usage = { 0 };

	if (proc->mm)
		mm_usage(proc->mm, &usage);
	text_add(text, "%lu %lu %lu %lu 0 %lu 0\n", usage.total_pages, usage.present_pages,
		 usage.file_pages, usage.text_pages, usage.data_pages);
}

static void procfs_add_signals(struct text *text, struct proc *proc)
{
	const struct signal_action *actions = proc->signals.actions;
	uint64_t ignored = 0, caught = 0;

	for (int signo = 1; actions && signo <= SIGNAL_COUNT; signo++) {
		uint64_t handler = actions[signo - 1].handler;

		ignored |= handler == SIG_IGN ? SIGNAL_BIT(signo) : 0;
		caught |= handler != SIG_IGN && handler != SIG_DFL ? SIGNAL_BIT(signo) : 0;
	}
	text_add(text, "Threads:\t%u\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n"
		 "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", procfs_threads(proc),
		 proc->signals.own.bits, proc->leader->signals.shared.bits, proc->signals.blocked,
		 ignored, caught);
}

static void procfs_show_status(struct text *text, struct proc *proc)
{
	const struct cred *cred = &proc->cred;
	struct mm_usage usage = { 0 };
	char state = procfs_state(proc);
	size_t open = 0;

	for (size_t i = 0; proc->files && i < proc->files->size; i++)
		open = proc->files->files[i] ? i + 1 : open;
	text_add(text, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\n",
		 proc->name, proc->fs ? proc->fs->umask : 0, state, procfs_state_word(state),
		 proc->leader->pid, proc->pid);
	text_add(text, "PPid:\t%d\nTracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\n"
		 "Gid:\t%u\t%u\t%u\t%u\n", procfs_parent(proc), cred->user.real,
		 cred->user.effective, cred->user.saved, cred->user.fs, cred->group.real,
		 cred->group.effective, cred->group.saved, cred->group.fs);
	text_add(text,
		 "FDSize:\t%zu\nGroups:\t0 \nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n",
		 open, proc->leader->pid, proc->pid, proc->leader->group,
		 proc->leader->session);
	if (proc->mm) {
		mm_usage(proc->mm, &usage);
		text_add(text, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t       0 kB\n"
			 "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\n"
			 "RssFile:\t%8lu kB\nRssShmem:\t       0 kB\n", usage.total_pages * 4,
			 usage.total_pages * 4, usage.present_pages * 4, usage.present_pages * 4,
			 (usage.present_pages - usage.file_pages) * 4, usage.file_pages * 4);
		text_add(text, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n"
			 "VmLib:\t       0 kB\nVmSwap:\t       0 kB\n", usage.data_pages * 4,
			 usage.stack_pages * 4, usage.text_pages * 4);
	}
	procfs_add_signals(text, proc);
	text_add(text, "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\n"
		 "CapEff:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n"
		 "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
}

static void procfs_show_bytes(struct text *text, struct proc *proc, uint64_t start, uint64_t end)
{
	char part[256];

	while (proc->mm && start < end && end - start < 0x200000) {
		size_t length = MIN(end - start, sizeof(part));

		length = mm_peek(proc->mm, start, part, length);
		if (!length)
			return;
		text_add_bytes(text, part, length);
		start += length;
	}
}

static void procfs_show_cmdline(struct text *text, struct proc *proc)
{
	if (proc->mm)
		procfs_show_bytes(text, proc, proc->mm->arg_start, proc->mm->arg_end);
}

static void procfs_show_environ(struct text *text, struct proc *proc)
{
	if (proc->mm)
		procfs_show_bytes(text, proc, proc->mm->arg_end, proc->mm->env_end);
}

static void procfs_show_comm(struct text *text, struct proc *proc)
{
	text_add(text, "%s\n", proc->name);
}

static void procfs_add_path(struct text *text, const struct path *path)
{
	char *buf = heap_alloc(PATH_MAX);
	ssize_t length = buf && path->dentry ? path_of(path, buf, PATH_MAX) : 0;

	if (length > 0)
		text_add_bytes(text, buf, (size_t)length - 1);
	heap_free(buf);
}

/* The name of the file that a region shows; where it is mounted is not remembered. */
static void procfs_add_file(struct text *text, struct proc *proc, const struct inode *inode)
{
	struct dentry *dentry = dentry_of(inode);
	struct list *pos;

	if (proc->exe.dentry && proc->exe.dentry->inode == inode) {
		procfs_add_path(text, &proc->exe);
		return;
	}
	LIST_FOR_EACH (pos, &mount_list) {
		struct mount *mount = LIST_ENTRY(pos, struct mount, link);

		if (dentry && mount->super == inode->super) {
			procfs_add_path(text, &(struct path){ mount, dentry });
			return;
		}
	}
	text_add(text, "/dev/zero (deleted)");
}

static void procfs_add_vma(struct text *text, struct proc *proc, const struct vma *vma)
{
	const struct inode *inode = vma->inode;
	size_t begin = text->length;
	uint32_t device = inode ? inode->super->number : 0;

	text_add(text, "%lx-%lx %c%c%c%c %08lx %02x:%02x %lu ", vma->start, vma->end,
		 vma->prot & PROT_READ ? 'r' : '-', vma->prot & PROT_WRITE ? 'w' : '-',
		 vma->prot & PROT_EXEC ? 'x' : '-', vma->shared ? 's' : 'p',
		 inode ? vma->offset : 0, DEVICE_MAJOR(device), DEVICE_MINOR(device),
		 inode ? inode->number : 0);
	while (text->length - begin < 73 && !text->failed)
		text_add(text, " ");
	if (inode)
		procfs_add_file(text, proc, inode);
	else if (vma->fixed)
		text_add(text, "[vdso]");
	else if (vma->end == LAYOUT_STACK_TOP)
		text_add(text, "[stack]");
	else if (vma->start >= proc->mm->brk_start && vma->start < proc->mm->brk)
		text_add(text, "[heap]");
	text_add(text, "\n");
}

static void procfs_show_maps(struct text *text, struct proc *proc)
{
	struct list *pos;

	if (!proc->mm)
		return;
	LIST_FOR_EACH (pos, &proc->mm->vmas)
		procfs_add_vma(text, proc, LIST_ENTRY(pos, struct vma, link));
}

static void procfs_show_smaps(struct text *text, struct proc *proc)
{
	struct list *pos;

	if (!proc->mm)
		return;
	LIST_FOR_EACH (pos, &proc->mm->vmas) {
		struct vma *vma = LIST_ENTRY(pos, struct vma, link);
		struct mm_pages pages;

		mm_count_pages(proc->mm, vma, &pages);
		procfs_add_vma(text, proc, vma);
		text_add(text, "Size:           %8lu kB\nKernelPageSize:        4 kB\n"
			 "MMUPageSize:           4 kB\nRss:            %8lu kB\n"
			 "Pss:            %8lu kB\n", (vma->end - vma->start) >> 10,
			 (pages.own + pages.common) * 4, (pages.own + pages.common) * 4);
		text_add(text, "Shared_Clean:   %8lu kB\nShared_Dirty:          0 kB\n"
			 "Private_Clean:         0 kB\nPrivate_Dirty:  %8lu kB\n"
			 "Referenced:     %8lu kB\nAnonymous:      %8lu kB\n"
			 "Swap:                  0 kB\nSwapPss:               0 kB\n"
			 "Locked:                0 kB\n", pages.common * 4, pages.own * 4,
			 (pages.own + pages.common) * 4, pages.own * 4);
	}
}

static void procfs_add_limit(struct text *text, uint64_t value)
{
	if (value == RLIM_INFINITY)
		text_add(text, "%-20s ", "unlimited");
	else
		text_add(text, "%-20lu ", value);
}

static void procfs_show_limits(struct text *text, struct proc *proc)
{
	static const struct {
		const char *name, *unit;
	} names[RLIMIT_COUNT] = {
		{ "Max cpu time", "seconds" }, { "Max file size", "bytes" },
		{ "Max data size", "bytes" }, { "Max stack size", "bytes" },
		{ "Max core file size", "bytes" }, { "Max resident set", "bytes" },
		{ "Max processes", "processes" }, { "Max open files", "files" },
		{ "Max locked memory", "bytes" }, { "Max address space", "bytes" },
		{ "Max file locks", "locks" }, { "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" }, { "Max nice priority", "" },
		{ "Max realtime priority", "" }, { "Max realtime timeout", "us" },
	};

	text_add(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (size_t i = 0; i < RLIMIT_COUNT; i++) {
		const struct limit *limit = &proc->leader->limits[i];

		text_add(text, "%-25s ", names[i].name);
		procfs_add_limit(text, limit->now);
		procfs_add_limit(text, limit->most);
		text_add(text, "%-10s\n", names[i].unit);
	}
}

static void procfs_show_zero(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "0\n");
}

static void procfs_show_wchan(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "0");
}

/* ---- links ---- */

static int procfs_get(const struct path *from, struct path *path)
{
	if (!from->dentry)
		return -ENOENT;
	path_get(from);
	*path = *from;
	return 0;
}

static void procfs_link_exe(struct text *text, struct proc *proc, int number)
{
	(void)number;
	procfs_add_path(text, &proc->exe);
}

static int procfs_follow_exe(struct proc *proc, int number, struct path *path)
{
	(void)number;
	return procfs_get(&proc->exe, path);
}

static void procfs_link_cwd(struct text *text, struct proc *proc, int number)
{
	(void)number;
	if (proc->fs)
		procfs_add_path(text, &proc->fs->cwd);
}

static int procfs_follow_cwd(struct proc *proc, int number, struct path *path)
{
	(void)number;
	return proc->fs ? procfs_get(&proc->fs->cwd, path) : -ENOENT;
}

static void procfs_link_root(struct text *text, struct proc *proc, int number)
{
	(void)number;
	if (proc->fs)
		procfs_add_path(text, &proc->fs->root);
}

static int procfs_follow_root(struct proc *proc, int number, struct path *path)
{
	(void)number;
	return proc->fs ? procfs_get(&proc->fs->root, path) : -ENOENT;
}

static struct file *procfs_file(const struct proc *proc, int fd)
{
	return proc->files ? fds_get(proc->files, fd) : NULL;
}

static void procfs_link_fd(struct text *text, struct proc *proc, int number)
{
	struct file *file = procfs_file(proc, number);

	if (file)
		procfs_add_path(text, &file->path);
}

static int procfs_follow_fd(struct proc *proc, int number, struct path *path)
{
	struct file *file = procfs_file(proc, number);

	return file ? procfs_get(&file->path, path) : -ENOENT;
}

static bool procfs_has_fd(struct proc *proc, int fd)
{
	return procfs_file(proc, fd) != NULL;
}

static int procfs_next_fd(struct proc *proc, int fd)
{
	for (; proc->files && (size_t)fd < proc->files->size; fd++)
		if (proc->files->files[fd])
			return fd;
	return -1;
}

static bool procfs_has_task(struct proc *proc, int pid)
{
	const struct proc *thread = thread_find(pid);

	return thread && thread->leader == proc->leader;
}

static int procfs_next_task(struct proc *proc, int pid)
{
	struct proc *thread;
	int next = -1;

	THREAD_FOR_EACH (thread, proc->leader)
		if (thread->pid >= pid && (next < 0 || thread->pid < next))
			next = thread->pid;
	return next;
}

/* ---- the tables ---- */

static const struct procfs_entry procfs_fd_entry = {
	.name = "FD", .mode = S_IFLNK | 0700, .link = procfs_link_fd, .follow = procfs_follow_fd,
};

#define PROCFS_PID_FILE(text, function)	{ text, .mode = S_IFREG | 0444, .show = function }
#define PROCFS_PID_COMMON                                                                          \
	PROCFS_PID_FILE("stat", procfs_show_stat), PROCFS_PID_FILE("statm", procfs_show_statm),    \
	PROCFS_PID_FILE("status", procfs_show_status),                                             \
	PROCFS_PID_FILE("cmdline", procfs_show_cmdline),                                           \
	PROCFS_PID_FILE("comm", procfs_show_comm), PROCFS_PID_FILE("maps", procfs_show_maps),      \
	PROCFS_PID_FILE("smaps", procfs_show_smaps),                                               \
	PROCFS_PID_FILE("mounts", procfs_show_mounts),                                             \
	PROCFS_PID_FILE("mountinfo", procfs_show_mountinfo),                                       \
	PROCFS_PID_FILE("limits", procfs_show_limits),                                             \
	PROCFS_PID_FILE("wchan", procfs_show_wchan),                                               \
	PROCFS_PID_FILE("oom_score", procfs_show_zero),                                            \
	PROCFS_PID_FILE("oom_score_adj", procfs_show_zero),                                        \
	{ "environ", .mode = S_IFREG | 0400, .show = procfs_show_environ },                        \
	{ "exe", .mode = S_IFLNK | 0777, .link = procfs_link_exe, .follow = procfs_follow_exe },   \
	{ "cwd", .mode = S_IFLNK | 0777, .link = procfs_link_cwd, .follow = procfs_follow_cwd },   \
	{ "root", .mode = S_IFLNK | 0777, .link = procfs_link_root,                                \
	  .follow = procfs_follow_root },                                                          \
	{ "fd", .mode = S_IFDIR | 0500, .has = procfs_has_fd, .next = procfs_next_fd,              \
	  .each = &procfs_fd_entry }

static const struct procfs_entry procfs_task_entries[] = { PROCFS_PID_COMMON };
static const struct procfs_table procfs_task_table = {
	procfs_task_entries, ARRAY_SIZE(procfs_task_entries)
};

static const struct procfs_entry procfs_task_entry = {
	.name = "TID", .mode = S_IFDIR | 0555, .table = &procfs_task_table,
};

static const struct procfs_entry procfs_pid_entries[] = {
	PROCFS_PID_COMMON,
	{ "task", .mode = S_IFDIR | 0555, .has = procfs_has_task, .next = procfs_next_task,
	  .each = &procfs_task_entry, .each_is_proc = true },
};

const struct procfs_table procfs_pid_table = {
	procfs_pid_entries, ARRAY_SIZE(procfs_pid_entries)
};
