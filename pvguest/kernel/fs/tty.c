/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a terminal: what open, read, write and poll do with it.
 * Linux man-pages, termios(3), tty(4), console(4).
 */
#include "fs/tty.h"

#include "drv/console.h"
#include "drv/timer.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "priv/priv.h"
#include "proc/proc.h"
#include "proc/sched.h"

#define TTY_DECISECOND_NS	100000000UL

struct tty tty_console = {
	.t = {
		.iflag = TTY_ICRNL | TTY_IXON,
		.oflag = TTY_OPOST | TTY_ONLCR,
		.cflag = TTY_CFLAG,
		.lflag = TTY_ISIG | TTY_ICANON | TTY_ECHO | TTY_ECHOE | TTY_ECHOK | TTY_ECHOCTL |
			 TTY_ECHOKE | TTY_IEXTEN,
		/* ^C ^\ DEL ^U ^D, time 0, min 1, -, ^Q ^S ^Z, -, ^R ^O ^W ^V */
		.cc = { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22 },
		.ispeed = TTY_SPEED,
		.ospeed = TTY_SPEED,
	},
	.window = { 24, 80, 0, 0 },
	.queue = { LIST_INIT(tty_console.queue.waiters) },
};

/* The console's file never hangs up; for the others position is the number of hang-ups at open. */
static bool tty_is_console(const struct file *file)
{
	return !file->inode || file->inode->device == DEVICE_CONSOLE;
}

static bool tty_is_hung_up(const struct file *file)
{
	return !tty_is_console(file) && file->position != tty_console.hangups;
}

static int tty_open(struct file *file)
{
	struct tty *tty = &tty_console;
	struct proc *proc = proc_current->leader;
	bool is_own = file->inode && file->inode->device == DEVICE_TTY;

	if (is_own && !proc->tty)
		return -ENXIO;
	file->position = tty->hangups;
	/* A leader without a terminal gets the first one it opens, unless that is somebody's. */
	if (!is_own && !tty_is_console(file) && !(file->flags & O_NOCTTY) && !proc->tty &&
	    proc->session == proc->pid && !tty->session)
		tty_job_take(tty, proc);
	return 0;
}

/* A line, or in raw mode what there is, into user memory. */
static ssize_t tty_take(struct tty *tty, uint64_t buf, size_t length)
{
	bool lines = (tty->t.lflag & TTY_ICANON) != 0, end = false;
	size_t done = 0;

	while (done < length && !end && tty->tail != tty->line_end) {
		char c = tty_input_take(tty, &end);

		end = end && lines;
		if (end && !c)
			break;
		if (user_write(buf + done, &c, 1))
			return done ? (ssize_t)done : -EFAULT;
		done++;
	}
	/* An end of file right behind what was asked for is no second, empty read. */
	if (lines && done && !end && tty_input_is_eof(tty))
		tty_input_take(tty, &end);
	if (tty_has_room(tty))
		console_resume();
	return (ssize_t)done;
}

/* Sleeps until something may have come in. 0, -ETIMEDOUT or -ERESTART. */
static int tty_wait_input(struct tty *tty, uint64_t deadline_ticks)
{
	struct waiter waiter;
	int error;

	tty->readers++;
	console_want_input();
	wait_enter(&tty->queue, &waiter);
	error = sched_sleep(deadline_ticks);
	wait_leave(&waiter);
	tty->readers--;
	return error;
}

/* When a read in raw mode is over: VTIME begins at once if VMIN is 0, else with the first byte. */
static uint64_t tty_deadline(const struct tty *tty, size_t done)
{
	uint64_t ns = tty->t.cc[TTY_VTIME] * TTY_DECISECOND_NS;

	if (tty->t.cc[TTY_VMIN] && (!ns || !done))
		return SCHED_FOREVER;
	return priv_time() + timer_ns_to_ticks(ns);
}

/* How many bytes end a read; line mode: any. */
static size_t tty_least(const struct tty *tty, size_t length)
{
	return tty->t.lflag & TTY_ICANON ? 1 : MIN((size_t)tty->t.cc[TTY_VMIN], length);
}

static ssize_t tty_read(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	struct tty *tty = &tty_console;
	uint64_t deadline_ticks = tty_deadline(tty, 0);
	size_t done = 0;
	ssize_t part;
	int error = tty_is_console(file) ? 0 : tty_job_check(tty, SIGTTIN);

	(void)position;
	while (!error) {
		bool lines = (tty->t.lflag & TTY_ICANON) != 0;

		if (tty_is_hung_up(file) || !length)
			break;
		if (tty_input_ready(tty, false)) {
			part = tty_take(tty, buf + done, length - done);
			if (part < 0)
				return done ? (ssize_t)done : part;
			done += (size_t)part;
			if (lines || done >= tty_least(tty, length))
				break;
			deadline_ticks = tty_deadline(tty, done);
		}
		if ((file->flags & O_NONBLOCK) && (lines || deadline_ticks > priv_time()))
			error = -EAGAIN;
		else
			error = tty_wait_input(tty, lines ? SCHED_FOREVER : deadline_ticks);
		/* Who was in the background when it began to wait may be in front now, or not. */
		if (!error && !done && !tty_is_console(file))
			error = tty_job_check(tty, SIGTTIN);
	}
	return done || error == -ETIMEDOUT ? (ssize_t)done : error;
}

/* Ctrl-S holds writers back. */
static int tty_wait_output(const struct file *file, struct tty *tty)
{
	int error = 0;

	while (!error && tty->stopped && !tty_is_hung_up(file)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		console_want_input();
		error = wait_sleep(&tty->queue);
	}
	return error ? error : tty_is_hung_up(file) ? -EIO : 0;
}

static ssize_t tty_write(struct file *file, uint64_t buf, size_t length, uint64_t *position)
{
	struct tty *tty = &tty_console;
	char text[256];
	size_t done = 0;
	int error = 0;

	(void)position;
	if ((tty->t.lflag & TTY_TOSTOP) && !tty_is_console(file))
		error = tty_job_check(tty, SIGTTOU);
	while (!error && done < length) {
		size_t part = MIN(length - done, sizeof(text));

		error = tty_wait_output(file, tty);
		if (!error && user_read(text, buf + done, part))
			error = -EFAULT;
		if (error)
			break;
		tty_output(tty, text, part);
		done += part;
	}
	return done ? (ssize_t)done : error;
}

static unsigned int tty_poll(struct file *file, struct wait_queue **queue)
{
	struct tty *tty = &tty_console;

	*queue = &tty->queue;
	console_want_input();
	if (tty_is_hung_up(file))
		return POLLIN | POLLOUT | POLLERR | POLLHUP;
	return (tty->stopped ? 0U : POLLOUT) | (tty_input_ready(tty, true) ? POLLIN : 0U);
}

static int tty_file_ioctl(struct file *file, uint64_t request, uint64_t arg)
{
	if (tty_is_hung_up(file))
		return request == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_ioctl(file, request, arg);
}

const struct file_ops tty_ops = {
	.open = tty_open,
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_file_ioctl,
	.poll = tty_poll,
};
