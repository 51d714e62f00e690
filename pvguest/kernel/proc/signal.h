/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: sent, blocked, delivered, returned from.
 * Linux man-pages, signal(7); Linux, arch/riscv/include/uapi/asm/ucontext.h (the frame is ABI).
 */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include "lib/list.h"

struct proc;
struct trap_frame;

#define SIGHUP		1
#define SIGINT		2
/* RLIMIT_SIGPENDING at boot: queued signals of all processes together. */
#define SIGNALS_QUEUED_MAX	4096

#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGSEGV		11
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXFSZ		25
#define SIGWINCH	28
#define SIGNAL_REALTIME	32	/* from here on they queue up */
#define SIGNAL_COUNT	64
#define SIGNAL_BIT(signo)	(1UL << ((signo) - 1))

#define SIG_DFL		0UL
#define SIG_IGN		1UL

#define SA_NOCLDSTOP	0x00000001UL
#define SA_NOCLDWAIT	0x00000002UL
#define SA_ONSTACK	0x08000000UL
#define SA_RESTART	0x10000000UL
#define SA_NODEFER	0x40000000UL
#define SA_RESETHAND	0x80000000UL

#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_TKILL	(-6)
#define SEGV_MAPERR	1
#define SEGV_ACCERR	2
#define BUS_ADRALN	1
#define BUS_ADRERR	2
#define ILL_ILLOPC	1
#define TRAP_BRKPT	1
#define CLD_EXITED	1
#define CLD_KILLED	2
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

/* struct sigaction of riscv64: no restorer. */
struct signal_action {
	uint64_t handler, flags, mask;
};

/* What siginfo_t says. */
struct signal_info {
	int signo, code;
	int pid, status;	/* of the sender or child */
	uint64_t addr;		/* of a fault */
	uint64_t value;		/* that the sender gave with it */
};

/* Pending signals, of a thread or of a process, and what is known of them. */
struct signal_set {
	uint64_t bits;
	struct list queue;
};

/* What a process does about each signal; shared by its threads. */
struct signal_table {
	struct signal_action actions[SIGNAL_COUNT];	/* the first member */
	uint32_t users;
};

struct signal_state {
	struct signal_set own;
	struct signal_set shared;	/* the leader's: any thread may take them */
	uint64_t blocked;
	uint64_t awaited;	/* by rt_sigtimedwait: they end the sleep, and no handler runs */
	uint64_t saved;		/* the mask that sigsuspend and ppoll put aside */
	bool restore_saved;
	uint64_t stack_base, stack_size;
	int stack_flags;
	struct signal_action *actions;	/* of a struct signal_table */
};

/* -ENOMEM */
int signal_init(struct proc *proc);
/* As fork does: actions and mask are inherited, or shared; nothing is pending. -ENOMEM. */
int signal_fork(struct proc *child, const struct proc *parent, bool share);
/* As exec does: handlers are gone, what is ignored stays. -ENOMEM. */
int signal_exec(struct proc *proc);
/* There is no stack for handlers any more. */
void signal_forget_stack(struct proc *proc);
/* A thread that becomes the leader brings its own signals. */
void signal_take_over(struct proc *leader, struct proc *thread);
void signal_free(struct proc *proc);

/* Sends to the process: any of its threads takes it. Harmless if it has ended. */
void signal_send(struct proc *proc, const struct signal_info *info);
/*
 * Whether the current process may send signo to proc: 0; -EPERM by kill(2); -EAGAIN if more
 * real-time signals wait already than its RLIMIT_SIGPENDING. sys/signal.c.
 */
int signal_permit(const struct proc *proc, int signo);
/* Whether one more signal may be queued for everybody, by the sender's limit. */
bool signal_has_room(const struct proc *sender, int signo);
/* Sends to one thread. */
void signal_send_thread(struct proc *thread, const struct signal_info *info);
/* A thread has ended: what the process has pending is for another. */
void signal_pass_on(struct proc *leader);
/* The current process did it itself: cannot be blocked or ignored. */
void signal_force(const struct signal_info *info);
/* Whether one would that ends the process, or another thread has ended it. */
bool signal_is_fatal(const struct proc *proc);
/* Takes the lowest pending signal of set and what is known of it. Its number; 0: there is none. */
int signal_accept(struct proc *proc, uint64_t set, struct signal_info *info);
/* Looks at mask and pending set again after either changed. */
void signal_update(struct proc *proc);
/* The current thread's mask. */
void signal_set_blocked(uint64_t blocked);
/* Delivers one signal, or none, and settles a call that was interrupted. */
void signal_deliver(struct trap_frame *frame);
/* rt_sigreturn: back to before the handler; the value for a0. */
long signal_return(struct trap_frame *frame);
bool signal_is_ignored(const struct proc *proc, int signo);

#endif
