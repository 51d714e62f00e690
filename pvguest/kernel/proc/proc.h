/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes: made by fork, changed by exec, ended by exit, buried by wait.
 * Linux man-pages, clone(2), execve(2), wait(2), credentials(7).
 */
#ifndef PROC_PROC_H
#define PROC_PROC_H

#include "boot/hart.h"
#include "drv/timer.h"
#include "fs/mount.h"
#include "lib/list.h"
#include "mm/layout.h"
#include "priv/trap.h"
#include "proc/cred.h"
#include "proc/signal.h"
#include "proc/wait.h"

struct mm;
struct fd_table;
struct fs_context;
struct tty;

/* proc.work: what must be done before the process runs in user mode again. */
#define PROC_WORK_RESCHED	1U
#define PROC_WORK_SIGNAL	2U
#define PROC_WORK_HELD		4U

enum proc_state { PROC_RUNNABLE, PROC_SLEEPING, PROC_STOPPED, PROC_ZOMBIE };

/* What proc_switch() keeps: ra, sp, s0-s11. */
struct context {
	uint64_t ra, sp, s[12];
};

struct fp_state {
	uint64_t f[32];
	uint32_t fcsr, reserved;
};

struct proc {
	struct context context;
	uint32_t work;
	enum proc_state state;
	bool wake_by_signal;	/* while sleeping: signals end it */
	bool wake_by_fatal;	/* while sleeping: those do that end the process */
	void *stack;
	struct mm *mm;
	struct fp_state fp;
	struct hart *fp_hart;	/* whose FP registers were last loaded with it */
	struct hart *hart;	/* that runs it or ran it last; NULL: none yet */
	uint64_t affinity;	/* the harts that may run it */

	/*
	 * A process is its threads. What belongs to all of them is kept in the first one, the
	 * leader, which stays until the last one has ended: marked (L).
	 */
	struct proc *leader;
	struct list threads, thread_link;	/* (L) the others */
	struct wait_queue thread_wait;	/* (L) exec waits for the others to end here */
	bool killed;		/* it ends before it runs again */
	bool group_exit;	/* (L) exit_status is decided */
	struct list held;	/* files that the present system call uses */

	int pid;		/* the leader's is the process's, the others' are threads' */
	int group, session;	/* (L) */
	struct tty *tty;	/* (L) the controlling terminal */
	bool did_exec;		/* (L) */
	struct proc *parent;	/* a leader; the same for all threads */
	struct list children, sibling;	/* (L) */
	struct list all_link;	/* (L) */
	struct list run_link;
	struct wait_queue child_wait;	/* (L) the parent waits for its children here */
	struct proc *vfork_parent;	/* the leader that waits for exec or exit of this child */
	bool stop_reported, continued;
	int stop_signal;
	int exit_status;	/* as wait4 gives it */
	int exit_signal;	/* what the parent gets */
	uint64_t clear_tid;	/* user address that exit clears; 0: none */
	uint64_t robust_list;	/* user address; 0: none */
	char name[16];

	struct fd_table *files;
	struct fs_context *fs;	/* root, working directory, umask */
	struct path exe;	/* the program */

	struct cred cred;
	struct limit limits[RLIMIT_COUNT];
	int nice;

	struct signal_state signals;
	struct timer alarm;	/* (L) setitimer */
	uint64_t alarm_interval_ns;	/* (L) */
	/* What a sleep that a stop interrupts goes on with: until when, and where the rest goes. */
	uint64_t sleep_deadline_ticks, sleep_remaining;
	uint64_t start_ticks;	/* when it was made */
	uint64_t cpu_ticks;	/* (L) with those of threads that ended */
	uint64_t child_ticks;	/* (L) of children waited for */
};

/* All processes, by their leaders. */
extern struct list proc_all;
extern struct proc *proc_init_process;

/* The trap frame of a process at the top of its kernel stack. */
static inline struct trap_frame *proc_frame(const struct proc *proc)
{
	return (struct trap_frame *)((char *)proc->stack + LAYOUT_KSTACK_SIZE) - 1;
}

/* What the thread or its process has pending. */
static inline uint64_t signal_pending(const struct proc *proc)
{
	return proc->signals.own.bits | proc->leader->signals.shared.bits;
}

/* Whether a signal would be delivered now. */
static inline bool signal_is_pending(const struct proc *proc)
{
	return (signal_pending(proc) & ~proc->signals.blocked) || proc->killed ||
	       proc->leader->stop_signal;
}

/* The first process, about to run path with these arguments; panics if it cannot. */
void proc_start_init(const char *path, char *const argv[]);
/* clone(2); the pid of the child or negative. */
int proc_clone(uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t tls,
	       uint64_t child_tid);
/* Ends the current thread; status as wait4 gives it, and matters if it is the leader. */
_Noreturn void proc_exit(int status);
/* Ends the current process with all its threads. */
_Noreturn void proc_exit_group(int status);
/* struct rusage to user memory: the time, all of it as user time, and zeros. */
int proc_write_rusage(uint64_t addr, uint64_t ticks);
/* The process of that pid; NULL if there is none. */
struct proc *proc_find(int pid);
/* A file was cut: no process sees its pages from that one on any more. Does not sleep. */
void proc_zap_file(const struct inode *inode, uint64_t from_page);
/* A process that has ended with all its threads. */
bool proc_is_dead(const struct proc *leader);
/* What is left of a process or thread after exit. */
void proc_free(struct proc *proc);
/* Pages that are kernel stacks of processes and threads. */
size_t proc_stack_pages(void);
/* Another address space for the current process, at exec. */
void proc_set_mm(struct proc *proc, struct mm *mm);
/* Tells the parent that proc stopped, went on or ended. */
void proc_tell_parent(struct proc *proc, int code, int status);

void proc_switch(struct context *save, const struct context *load);
void priv_fp_save(struct fp_state *state);
void priv_fp_load(const struct fp_state *state);

#endif
