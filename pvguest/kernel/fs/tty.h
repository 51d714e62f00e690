/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a terminal: lines, echo, control characters, job control.
 * Linux man-pages, termios(3), ioctl_tty(2).
 */
#ifndef FS_TTY_H
#define FS_TTY_H

#include "fs/file.h"

struct proc;

extern const struct file_ops tty_ops;

/* False while a reader must take something first; a line that is too long is no such reason. */
bool tty_has_room(void);
/* A character came in, and there is room. Interrupts are off. */
void tty_input(char c);
/* The terminal becomes that session's, its process group the foreground. */
void tty_set_session(const struct proc *leader);
/* A process ends: if it led the session, the terminal is free. */
void tty_forget(const struct proc *proc);
/* Whether a reader waits, so that input must be polled. */
bool tty_has_reader(void);

#endif
