/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell: which signals it and its children heed. There is no job control: the terminal signals
 * the shell and all of its children alike. POSIX.1-2017, shell command language, 2.11 and sh.
 */
#include "shell.h"

#include "printf.h"
#include "syscall.h"

#define BIT(signo)	(1UL << ((signo) - 1))

/* Where Ctrl-C leads while the shell waits for a line. */
static void *prompt_jump[5];
static volatile bool prompting;

/*
 * exec gives the default back, so commands are not affected. The jump leaves no gap in which a
 * line is read, or read begins to wait, after Ctrl-C: it is what a call that returns EINTR lacks.
 */
static void on_interrupt(int signo, struct siginfo *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	shell.interrupted = true;
	if (!prompting)
		return;
	prompting = false;
	__builtin_longjmp(prompt_jump, 1);
}

long shell_signal_read(const char *prompt, char *buf, size_t size)
{
	long got;

	if (__builtin_setjmp(prompt_jump))
		return -EINTR;
	prompting = true;
	dprintf(2, "%s", prompt);
	got = sys_read(shell.fd, buf, size);
	prompting = false;
	return got;
}

static void action_set(int signo, void (*handler)(int, struct siginfo *, void *))
{
	/* SA_NODEFER: on_interrupt does not always return. */
	struct sigaction action = { .handler = handler, .flags = SA_NODEFER };

	sys_sigaction(signo, &action, NULL);
}

void shell_signal_prompt(void)
{
	action_set(SIGINT, on_interrupt);
	action_set(SIGQUIT, SIG_IGN);
	action_set(SIGTERM, SIG_IGN);
	/* For the children, too: nobody could continue what Ctrl-Z stops. */
	action_set(SIGTSTP, SIG_IGN);
}

static void child_set(bool background)
{
	if (background) {
		action_set(SIGINT, SIG_IGN);
		action_set(SIGQUIT, SIG_IGN);
	} else if (shell.interactive) {
		action_set(SIGINT, SIG_DFL);
		action_set(SIGQUIT, SIG_DFL);
	}
	if (shell.interactive)
		action_set(SIGTERM, SIG_DFL);
}

long shell_signal_fork(bool background)
{
	/* Until the child has its own actions a signal waits: else the shell's would swallow it. */
	const uint64_t held = BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGTERM);
	uint64_t old;
	long pid;

	sys_sigprocmask(SIG_BLOCK, &held, &old);
	pid = sys_fork();
	if (pid == 0)
		child_set(background);
	sys_sigprocmask(SIG_SETMASK, &old, NULL);
	/* Sent to the terminal's processes just before this was one of them. */
	if (pid > 0 && shell.interrupted && !background)
		sys_kill(pid, SIGINT);
	return pid;
}
