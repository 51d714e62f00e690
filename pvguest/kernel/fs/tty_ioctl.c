/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to a terminal.
 * Linux man-pages, ioctl_tty(2), termios(3).
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "fs/tty.h"
#include "mm/user.h"
#include "proc/proc.h"

static int tty_set_termios(struct tty *tty, uint64_t arg, size_t size, bool flush)
{
	struct termios t = tty->t;
	uint32_t changed;
	int error = tty_job_check(tty, SIGTTOU);

	if (error)
		return error;
	if (user_read(&t, arg, size))
		return -EFAULT;
	if (flush)
		tty_input_flush(tty);
	changed = tty->t.lflag ^ t.lflag;
	tty->t = t;
	if (changed & TTY_ICANON)
		tty_input_regroup(tty);
	if (!(t.iflag & TTY_IXON))
		tty_output_stop(tty, false);
	/* VMIN may have become less. */
	wait_wake(&tty->queue);
	return 0;
}

static int tty_set_window(struct tty *tty, uint64_t arg)
{
	struct winsize window;

	if (user_read(&window, arg, sizeof(window)))
		return -EFAULT;
	if (!memcmp(&window, &tty->window, sizeof(window)))
		return 0;
	tty->window = window;
	tty_job_signal(tty, SIGWINCH);
	return 0;
}

static int tty_flow(struct tty *tty, uint64_t arg)
{
	int error = tty_job_check(tty, SIGTTOU);
	char c;

	if (error)
		return error;
	switch ((int)arg) {
	case TCOOFF:
	case TCOON:
		tty_output_stop(tty, (int)arg == TCOOFF);
		return 0;
	case TCIOFF:
	case TCION:
		c = (char)tty->t.cc[(int)arg == TCIOFF ? TTY_VSTOP : TTY_VSTART];
		if (c)
			tty_output(tty, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

static int tty_flush(struct tty *tty, uint64_t arg)
{
	int error = tty_job_check(tty, SIGTTOU);

	if (error)
		return error;
	if ((int)arg < TCIFLUSH || (int)arg > TCIOFLUSH)
		return -EINVAL;
	/* What was written is out already. */
	if ((int)arg != TCOFLUSH)
		tty_input_flush(tty);
	return 0;
}

/* As if it had been typed. */
static int tty_fake_input(struct tty *tty, uint64_t arg)
{
	char c;

	if (user_read(&c, arg, 1))
		return -EFAULT;
	if (tty_has_room(tty))
		tty_input(tty, c);
	return 0;
}

static int tty_give_number(int number, uint64_t arg)
{
	return user_write(arg, &number, sizeof(number));
}

/* Requests that set modes. -ENOTTY: it is none of these. */
static int tty_ioctl_mode(struct tty *tty, uint64_t request, uint64_t arg)
{
	switch (request) {
	case TCGETS:
		return user_write(arg, &tty->t, TERMIOS_SIZE);
	case TCGETS2:
		return user_write(arg, &tty->t, sizeof(tty->t));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return tty_set_termios(tty, arg, TERMIOS_SIZE, request == TCSETSF);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return tty_set_termios(tty, arg, sizeof(struct termios), request == TCSETSF2);
	case TIOCGWINSZ:
		return user_write(arg, &tty->window, sizeof(tty->window));
	case TIOCSWINSZ:
		return tty_set_window(tty, arg);
	case TIOCGETD:
		return tty_give_number(0, arg);
	default:
		return -ENOTTY;
	}
}

/* Requests about sessions and groups. */
static int tty_ioctl_job(struct tty *tty, uint64_t request, uint64_t arg)
{
	bool ours = proc_current->leader->tty == tty;
	int group;

	switch (request) {
	case TIOCSCTTY:
		return tty_job_set_session(tty, arg == 1);
	case TIOCNOTTY:
		if (!ours)
			return -ENOTTY;
		tty_job_leave(proc_current->leader, false);
		return 0;
	case TIOCGPGRP:
		return ours ? tty_give_number(tty->group, arg) : -ENOTTY;
	case TIOCSPGRP:
		return user_read(&group, arg, sizeof(group)) ? -EFAULT
							     : tty_job_set_group(tty, group);
	case TIOCGSID:
		return ours && tty->session ? tty_give_number(tty->session, arg) : -ENOTTY;
	case TIOCVHANGUP:
		tty_job_hangup(tty);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* Requests about what is on its way. */
static int tty_ioctl_flow(struct tty *tty, uint64_t request, uint64_t arg)
{
	switch (request) {
	case TCSBRK:
	case TCSBRKP:
		return tty_job_check(tty, SIGTTOU);
	case TCXONC:
		return tty_flow(tty, arg);
	case TCFLSH:
		return tty_flush(tty, arg);
	case TIOCOUTQ:
		return tty_give_number(0, arg);
	case FIONREAD:
		return tty_give_number((int)(tty->line_end - tty->tail), arg);
	case TIOCSTI:
		return tty_fake_input(tty, arg);
	default:
		return -ENOTTY;
	}
}

int tty_ioctl(struct file *file, uint64_t request, uint64_t arg)
{
	static int (*const kinds[])(struct tty *, uint64_t, uint64_t) = {
		tty_ioctl_mode, tty_ioctl_job, tty_ioctl_flow,
	};
	int error = -ENOTTY;

	(void)file;
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && error == -ENOTTY; i++)
		error = kinds[i](&tty_console, request, arg);
	return error;
}
