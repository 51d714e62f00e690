/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the shell: its state, its signals, the commands it runs itself, running one command.
 * POSIX.1-2017, shell command language.
 */
#ifndef PVGUEST_USER_SHELL_H
#define PVGUEST_USER_SHELL_H

#include <stdbool.h>

#include "shlex.h"

#define SHELL_LINE_MAX	8192
#define SHELL_WORDS_MAX	256
#define SHELL_FD	10	/* the shell's own descriptors begin here */

struct shell {
	int fd;			/* where commands come from; -1: all is in the line already */
	const char *name;	/* of that file */
	unsigned long line;
	bool interactive;
	volatile bool interrupted;	/* by Ctrl-C: the rest of the line is not run */
	char **positional;	/* $0, $1, ... */
	int positional_count;
	int last_status;	/* $? */
	long last_background;	/* $! */
	long pid;		/* $$ */
};

extern struct shell shell;

struct shell_builtin {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* "name: line N: what: why", or "sh: what: why" at the prompt, to stderr. */
void shell_complain(const char *what, const char *why);

/* What $? would be for a status of wait4. */
int shell_status(int wait_status);

/* The command that the shell runs itself, by its name; or NULL. */
const struct shell_builtin *shell_builtin_find(const char *name);

/* The same for the command at `token`, whose name has to stand there literally. */
const struct shell_builtin *shell_command_builtin(const struct shlex_token *token);

/* The actions of a shell at a terminal: Ctrl-C ends the line, but never the shell. */
void shell_signal_prompt(void);

/* Prompts and reads at the terminal; -EINTR, with nothing read, if Ctrl-C came meanwhile. */
long shell_signal_read(const char *prompt, char *buf, size_t size);

/*
 * fork; the child heeds the terminal's signals again, or, in the background, ignores SIGINT and
 * SIGQUIT. Returns what fork does.
 */
long shell_signal_fork(bool background);

/* Runs a command in this process, for good: the child's part after a fork. */
_Noreturn void shell_command_child(const struct shlex_token *token);

/* Runs a builtin in the shell itself, with redirections undone afterwards; its status. */
int shell_command_here(const struct shell_builtin *builtin, const struct shlex_token *token);

/* The first token behind the words and redirections at `token`. */
const struct shlex_token *shell_command_end(const struct shlex_token *token);

/* Is it one of < > >> >& <& ? */
bool shell_is_redirection(enum shlex_type type);

#endif
