/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a terminal: lines, echo, control characters, job control.
 * Linux man-pages, termios(3), ioctl_tty(2).
 */
#include "fs/tty.h"

#include "drv/console.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/proc.h"

#define TTY_SIZE	4096U	/* as Linux: a longer line loses its end, with a bell */

#define TTY_ICRNL	0000400U
#define TTY_INLCR	0000100U
#define TTY_IGNCR	0000200U
#define TTY_OPOST	0000001U
#define TTY_ONLCR	0000004U
#define TTY_ISIG	0000001U
#define TTY_ICANON	0000002U
#define TTY_ECHO	0000010U
#define TTY_ECHOE	0000020U
#define TTY_ECHOK	0000040U
#define TTY_ECHOCTL	0001000U
#define TTY_ECHOKE	0004000U
#define TTY_IEXTEN	0100000U

#define TTY_VINTR	0
#define TTY_VQUIT	1
#define TTY_VERASE	2
#define TTY_VKILL	3
#define TTY_VEOF	4
#define TTY_VTIME	5
#define TTY_VMIN	6
#define TTY_VSUSP	10
#define TTY_VWERASE	14

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCSBRK		0x5409
#define TCFLSH		0x540b
#define TIOCSCTTY	0x540e
#define TIOCGPGRP	0x540f
#define TIOCSPGRP	0x5410
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define FIONREAD	0x541b
#define TIOCNOTTY	0x5422
#define TIOCGSID	0x5429

/* struct termios of the kernel's ABI. */
struct tty_termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line, cc[19];
};

static struct {
	struct tty_termios t;
	uint16_t window[4];
	int session, group;
	char ring[TTY_SIZE];
	uint32_t head, tail;	/* bytes since the beginning */
	uint32_t line_end;	/* canonical: what lies before it can be read */
	uint32_t eofs;		/* Ctrl-D characters among that */
	struct wait_queue queue;
	uint32_t readers;
} tty = {
	.t = {
		.iflag = TTY_ICRNL,
		.oflag = TTY_OPOST | TTY_ONLCR,
		.cflag = 0x4bf,
		.lflag = TTY_ISIG | TTY_ICANON | TTY_ECHO | TTY_ECHOE | TTY_ECHOK | TTY_ECHOCTL |
			 TTY_ECHOKE | TTY_IEXTEN,
		.cc = { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22 },
	},
	.window = { 24, 80 },
	.queue = { LIST_INIT(tty.queue.waiters) },
};

/* Stands for Ctrl-D in the ring: no other way leads a NUL with this mark there. */
#define TTY_EOF_MARK	'\004'

static void tty_echo(char c)
{
	char text[2] = { '^', (char)(c ^ 0x40) };

	if (!(tty.t.lflag & TTY_ECHO))
		return;
	if (c == '\n')
		console_write_raw("\r\n", 2);
	else if ((tty.t.lflag & TTY_ECHOCTL) && ((unsigned char)c < ' ' || c == 127) && c != '\t')
		console_write_raw(text, 2);
	else
		console_write_raw(&c, 1);
}

static bool tty_signal(int signo, char c)
{
	struct signal_info info = { .signo = signo, .code = SI_KERNEL };

	tty_echo(c);
	tty.head = tty.tail = tty.line_end = tty.eofs = 0;
	if (tty.group)
		signal_send_group(tty.group, &info);
	return true;
}

static bool tty_is(char c, unsigned int index)
{
	return tty.t.cc[index] && (uint8_t)c == tty.t.cc[index];
}

static bool tty_take_signal(char c)
{
	if (!(tty.t.lflag & TTY_ISIG))
		return false;
	if (tty_is(c, TTY_VINTR))
		return tty_signal(SIGINT, c);
	if (tty_is(c, TTY_VQUIT))
		return tty_signal(SIGQUIT, c);
	if (tty_is(c, TTY_VSUSP))
		return tty_signal(SIGTSTP, c);
	return false;
}

static void tty_put(char c)
{
	if (tty.head - tty.tail < TTY_SIZE)
		tty.ring[tty.head++ % TTY_SIZE] = c;
}

static void tty_rub_out(void)
{
	if (tty.head == tty.line_end)
		return;
	tty.head--;
	if ((tty.t.lflag & (TTY_ECHO | TTY_ECHOE)) == (TTY_ECHO | TTY_ECHOE))
		console_write_raw("\b \b", 3);
}

static void tty_input_line(char c)
{
	if (tty_is(c, TTY_VERASE) || c == '\b') {
		tty_rub_out();
	} else if (tty_is(c, TTY_VKILL)) {
		while (tty.head != tty.line_end)
			tty_rub_out();
	} else if (tty_is(c, TTY_VWERASE)) {
		while (tty.head != tty.line_end && tty.ring[(tty.head - 1) % TTY_SIZE] == ' ')
			tty_rub_out();
		while (tty.head != tty.line_end && tty.ring[(tty.head - 1) % TTY_SIZE] != ' ')
			tty_rub_out();
	} else if (tty_is(c, TTY_VEOF)) {
		tty_put(TTY_EOF_MARK);
		tty.line_end = tty.head;
		tty.eofs++;
	} else if (tty.head - tty.tail < TTY_SIZE - 1 || c == '\n') {
		tty_echo(c);
		tty_put(c);
		if (c == '\n')
			tty.line_end = tty.head;
	} else {
		console_write_raw("\a", 1);
	}
}

bool tty_has_room(void)
{
	return tty.head - tty.tail < TTY_SIZE - 1 || tty.tail == tty.line_end;
}

static void tty_flush(void)
{
	tty.head = tty.tail = tty.line_end = tty.eofs = 0;
	console_resume();
}

void tty_input(char c)
{
	if (c == '\r' && (tty.t.iflag & TTY_IGNCR))
		return;
	if (c == '\r' && (tty.t.iflag & TTY_ICRNL))
		c = '\n';
	else if (c == '\n' && (tty.t.iflag & TTY_INLCR))
		c = '\r';
	if (!tty_take_signal(c)) {
		if (tty.t.lflag & TTY_ICANON) {
			tty_input_line(c);
		} else {
			tty_echo(c);
			tty_put(c);
			tty.line_end = tty.head;
		}
	}
	if (tty.line_end != tty.tail)
		wait_wake(&tty.queue);
}

bool tty_has_reader(void)
{
	return tty.readers > 0;
}

void tty_set_session(const struct proc *leader)
{
	tty.session = leader->session;
	tty.group = leader->group;
}

void tty_forget(const struct proc *proc)
{
	struct signal_info info = { .signo = SIGHUP, .code = SI_KERNEL };

	if (proc->pid != tty.session || proc == proc_init_process)
		return;
	if (tty.group != proc->group)
		signal_send_group(tty.group, &info);
	tty.session = tty.group = 0;
}

/* A background process may not read: it is stopped. 0: go on. */
static int tty_check_reader(void)
{
	struct proc *proc = proc_current;
	struct signal_info info = { .signo = SIGTTIN, .code = SI_KERNEL };

	/* A console that is nobody's or init's goes to the first session whose leader reads. */
	if (proc->session == proc->pid &&
	    (!tty.session || tty.session == proc_init_process->session))
		tty_set_session(proc);
	if (proc->session != tty.session || proc->group == tty.group || !tty.group)
		return 0;
	if (signal_is_ignored(proc, SIGTTIN) ||
	    (proc->signals.blocked & SIGNAL_BIT(SIGTTIN)))
		return -EIO;
	signal_send_group(proc->group, &info);
	return -ERESTART;
}

/* One line, or in raw mode what there is, into user memory. */
static ssize_t tty_take(uint64_t buf, size_t length)
{
	size_t done = 0;

	while (done < length && tty.tail != tty.line_end) {
		char c = tty.ring[tty.tail % TTY_SIZE];

		if ((tty.t.lflag & TTY_ICANON) && c == TTY_EOF_MARK && tty.eofs) {
			tty.tail++;
			tty.eofs--;
			break;
		}
		if (user_write(buf + done, &c, 1))
			return done ? (ssize_t)done : -EFAULT;
		tty.tail++;
		done++;
		if ((tty.t.lflag & TTY_ICANON) && c == '\n')
			break;
	}
	if (tty_has_room())
		console_resume();
	return (ssize_t)done;
}

static ssize_t tty_read(struct file *file, uint64_t buf, size_t length)
{
	int error = tty_check_reader();

	if (error || !length)
		return error;
	while (tty.tail == tty.line_end) {
		if (!(tty.t.lflag & TTY_ICANON) && !tty.t.cc[TTY_VMIN])
			return 0;
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		tty.readers++;
		console_want_input();
		error = wait_sleep(&tty.queue);
		tty.readers--;
		if (error)
			return error;
	}
	return tty_take(buf, length);
}

static ssize_t tty_write(struct file *file, uint64_t buf, size_t length)
{
	char text[256];
	size_t done = 0;

	(void)file;
	while (done < length) {
		size_t part = MIN(length - done, sizeof(text));

		if (user_read(text, buf + done, part))
			return done ? (ssize_t)done : -EFAULT;
		if ((tty.t.oflag & (TTY_OPOST | TTY_ONLCR)) == (TTY_OPOST | TTY_ONLCR))
			console_write(text, part);
		else
			console_write_raw(text, part);
		done += part;
	}
	return (ssize_t)done;
}

static int tty_set_group(uint64_t arg)
{
	int group;

	if (user_read(&group, arg, sizeof(group)))
		return -EFAULT;
	if (group <= 0)
		return -EINVAL;
	if (proc_current->session != tty.session)
		return -ENOTTY;
	tty.group = group;
	return 0;
}

static int tty_set_termios(uint64_t request, uint64_t arg)
{
	struct tty_termios t;

	if (user_read(&t, arg, sizeof(t)))
		return -EFAULT;
	if (request == TCSETSF)
		tty_flush();
	/* Leaving line mode: an unfinished line can be read. */
	if (!(t.lflag & TTY_ICANON))
		tty.line_end = tty.head;
	tty.t = t;
	return 0;
}

static int tty_ioctl(struct file *file, uint64_t request, uint64_t arg)
{
	int number = (int)(tty.line_end - tty.tail);

	(void)file;
	switch (request) {
	case TCGETS:
		return user_write(arg, &tty.t, sizeof(tty.t));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return tty_set_termios(request, arg);
	case TCSBRK:
		return 0;
	case TCFLSH:
		tty_flush();
		return 0;
	case TIOCSCTTY:
		tty_set_session(proc_current);
		return 0;
	case TIOCNOTTY:
		tty.session = tty.group = 0;
		return 0;
	case TIOCGPGRP:
		number = tty.group;
		return user_write(arg, &number, sizeof(number));
	case TIOCSPGRP:
		return tty_set_group(arg);
	case TIOCGSID:
		number = tty.session;
		return user_write(arg, &number, sizeof(number));
	case TIOCGWINSZ:
		return user_write(arg, tty.window, sizeof(tty.window));
	case TIOCSWINSZ:
		return user_read(tty.window, arg, sizeof(tty.window));
	case FIONREAD:
		return user_write(arg, &number, sizeof(number));
	default:
		return -ENOTTY;
	}
}

static unsigned int tty_poll(struct file *file, struct wait_queue **queue)
{
	(void)file;
	*queue = &tty.queue;
	return POLLOUT | (tty.tail != tty.line_end ? POLLIN : 0U);
}

const struct file_ops tty_ops = {
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
};
