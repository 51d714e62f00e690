/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a terminal: lines, echo, control characters, job control.
 * Linux man-pages, termios(3), ioctl_tty(2), credentials(7).
 */
#ifndef FS_TTY_H
#define FS_TTY_H

#include "fs/file.h"
#include "fs/termios.h"

struct proc;

#define TTY_SIZE	4096U	/* as Linux: a longer line loses its end, with a bell */

struct tty {
	struct termios t;
	struct winsize window;
	int session, group;	/* whose controlling terminal it is, and who is in the foreground */
	uint32_t hangups;	/* so far: files opened before the last one are dead */
	bool stopped;		/* by Ctrl-S: writers wait */
	bool literal;		/* Ctrl-V came: the next character means nothing */

	/* Input. Positions count bytes since the beginning. */
	char ring[TTY_SIZE];
	uint8_t ends[TTY_SIZE / 8];	/* a bit for each that ends a line */
	uint32_t head, tail;
	uint32_t line_end;	/* what lies before it can be read */

	/* Where the cursor stands, and where it stood when the line that is typed began. */
	uint32_t column, line_column;

	struct wait_queue queue;	/* readers, pollers, and writers while it is stopped */
	uint32_t readers;
};

extern struct tty tty_console;
extern const struct file_ops tty_ops;

/* ---- input: fs/tty_input.c, called with a character that came in, interrupts off ---- */

/* False while a reader must take something first; a line that is too long is no such reason. */
bool tty_has_room(const struct tty *tty);
void tty_input(struct tty *tty, char c);
/* Forgets what was not read. */
void tty_input_flush(struct tty *tty);
/* Line mode was entered or left: what has come in is one line, or no line. */
void tty_input_regroup(struct tty *tty);
/* Bytes that a read would give now; VMIN counts if poll. */
bool tty_input_ready(const struct tty *tty, bool poll);
/* The next byte for a reader, *end: it ends a line, and the byte does not count if it is NUL. */
char tty_input_take(struct tty *tty, bool *end);
/* Whether the next one is such a NUL. */
bool tty_input_is_eof(const struct tty *tty);

/* ---- output: fs/tty_output.c ---- */

/* text: kernel memory. Processed as oflag says. */
void tty_output(struct tty *tty, const char *text, size_t length);
/* Control characters readable, as lflag says; newline always moves. */
void tty_echo(struct tty *tty, char c);
/* The last of a typed line's characters vanishes; before: column where it began. */
void tty_echo_erase(struct tty *tty, uint32_t before);
/* The column behind c, if the cursor stood in column. */
uint32_t tty_column_after(const struct tty *tty, uint32_t column, char c);
/* Ctrl-S and Ctrl-Q. */
void tty_output_stop(struct tty *tty, bool stop);

/* ---- job control: fs/tty_job.c ---- */

/* It becomes the leader's controlling terminal, and its group the foreground. */
void tty_job_take(struct tty *tty, struct proc *leader);
/*
 * Whether the current process may do what a background process is stopped for with signo: 0, or
 * the error of the call. -ERESTART: its group was sent signo.
 */
int tty_job_check(struct tty *tty, int signo);
/* The current process gives its controlling terminal up: TIOCNOTTY, or the leader's exit. */
void tty_job_leave(struct proc *proc, bool exits);
/* Everybody loses it: the session, and whoever has it open. */
void tty_job_hangup(struct tty *tty);
/* signo to the foreground. */
void tty_job_signal(struct tty *tty, int signo);
int tty_job_set_group(struct tty *tty, int group);
int tty_job_set_session(struct tty *tty, bool steal);

/* ---- requests: fs/tty_ioctl.c ---- */

int tty_ioctl(struct file *file, uint64_t request, uint64_t arg);

#endif
