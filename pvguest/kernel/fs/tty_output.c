/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a terminal makes of what is written to it, and the echo of what is typed.
 * Linux man-pages, termios(3), "c_oflag" and "c_lflag".
 */
#include "drv/console.h"
#include "fs/tty.h"

#define TAB_WIDTH	8U

/* Collects bytes, so that the console is called once for many. */
struct tty_buffer {
	size_t length;
	char text[256];
};

static void tty_buffer_flush(struct tty_buffer *buffer)
{
	if (buffer->length)
		console_write_raw(buffer->text, buffer->length);
	buffer->length = 0;
}

static void tty_buffer_put(struct tty_buffer *buffer, char c)
{
	if (buffer->length == sizeof(buffer->text))
		tty_buffer_flush(buffer);
	buffer->text[buffer->length++] = c;
}

/* A byte that continues a UTF-8 character takes no column. */
static bool tty_is_continuation(const struct tty *tty, char c)
{
	return (tty->t.iflag & TTY_IUTF8) && ((uint8_t)c & 0xc0) == 0x80;
}

uint32_t tty_column_after(const struct tty *tty, uint32_t column, char c)
{
	switch (c) {
	case '\r':
		return 0;
	case '\n':
		return tty->t.oflag & (TTY_ONLCR | TTY_ONLRET) ? 0 : column;
	case '\t':
		return (column | (TAB_WIDTH - 1)) + 1;
	case '\b':
		return column ? column - 1 : 0;
	default:
		return (uint8_t)c < ' ' || c == 127 || tty_is_continuation(tty, c) ? column
										    : column + 1;
	}
}

static void tty_output_tab(struct tty *tty, struct tty_buffer *buffer)
{
	uint32_t to = tty_column_after(tty, tty->column, '\t');

	if ((tty->t.oflag & TTY_XTABS) != TTY_XTABS)
		tty_buffer_put(buffer, '\t');
	else
		for (uint32_t i = tty->column; i < to; i++)
			tty_buffer_put(buffer, ' ');
	tty->column = to;
}

static void tty_output_char(struct tty *tty, struct tty_buffer *buffer, char c)
{
	uint32_t flags = tty->t.oflag;

	if (c == '\r' && (flags & TTY_ONOCR) && !tty->column)
		return;
	if (c == '\r' && (flags & TTY_OCRNL))
		c = '\n';
	else if (c == '\n' && (flags & TTY_ONLCR))
		tty_buffer_put(buffer, '\r');
	else if ((flags & TTY_OLCUC) && c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == '\t') {
		tty_output_tab(tty, buffer);
		return;
	}
	tty->column = tty_column_after(tty, tty->column, c);
	tty_buffer_put(buffer, c);
}

void tty_output(struct tty *tty, const char *text, size_t length)
{
	struct tty_buffer buffer;

	if (!(tty->t.oflag & TTY_OPOST)) {
		console_write_raw(text, length);
		return;
	}
	buffer.length = 0;
	for (size_t i = 0; i < length; i++)
		tty_output_char(tty, &buffer, text[i]);
	tty_buffer_flush(&buffer);
}

void tty_echo(struct tty *tty, char c)
{
	char text[2] = { '^', (char)(c ^ 0x40) };

	if (!(tty->t.lflag & TTY_ECHO) && !(c == '\n' && (tty->t.lflag & TTY_ECHONL) &&
					    (tty->t.lflag & TTY_ICANON)))
		return;
	if ((tty->t.lflag & TTY_ECHOCTL) && ((uint8_t)c < ' ' || c == 127) && c != '\t' &&
	    c != '\n')
		tty_output(tty, text, 2);
	else
		tty_output(tty, &c, 1);
}

void tty_echo_erase(struct tty *tty, uint32_t before)
{
	while (tty->column > before) {
		uint32_t column = tty->column;

		tty_output(tty, "\b \b", 3);
		if (tty->column >= column)
			break;
	}
}

void tty_output_stop(struct tty *tty, bool stop)
{
	bool was = tty->stopped;

	tty->stopped = stop;
	if (was && !stop)
		wait_wake(&tty->queue);
}
