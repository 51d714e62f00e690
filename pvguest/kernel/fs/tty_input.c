/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a terminal makes of what is typed: lines that can be edited, signals, flow control.
 * Linux man-pages, termios(3), "Canonical and noncanonical mode"; POSIX, chapter 11.
 */
#include "drv/console.h"
#include "fs/tty.h"
#include "lib/string.h"
#include "proc/signal.h"

static bool tty_is(const struct tty *tty, char c, unsigned int index)
{
	return tty->t.cc[index] && (uint8_t)c == tty->t.cc[index];
}

/* Characters that mean something only with IEXTEN. */
static bool tty_is_extended(const struct tty *tty, char c, unsigned int index)
{
	return (tty->t.lflag & TTY_IEXTEN) && tty_is(tty, c, index);
}

static bool tty_is_end(const struct tty *tty, uint32_t position)
{
	return tty->ends[position % TTY_SIZE / 8] >> (position % 8) & 1;
}

static void tty_set_end(struct tty *tty, uint32_t position, bool end)
{
	uint8_t bit = (uint8_t)(1U << (position % 8));

	if (end)
		tty->ends[position % TTY_SIZE / 8] |= bit;
	else
		tty->ends[position % TTY_SIZE / 8] &= (uint8_t)~bit;
}

static void tty_put(struct tty *tty, char c, bool end)
{
	if (tty->head - tty->tail >= TTY_SIZE)
		return;
	tty->ring[tty->head % TTY_SIZE] = c;
	tty_set_end(tty, tty->head, end);
	tty->head++;
	if (end || !(tty->t.lflag & TTY_ICANON))
		tty->line_end = tty->head;
}

bool tty_has_room(const struct tty *tty)
{
	return tty->head - tty->tail < TTY_SIZE - 1 || tty->tail == tty->line_end;
}

void tty_input_flush(struct tty *tty)
{
	tty->head = tty->tail = tty->line_end = 0;
	tty->literal = false;
	memset(tty->ends, 0, sizeof(tty->ends));
	console_resume();
}

void tty_input_regroup(struct tty *tty)
{
	memset(tty->ends, 0, sizeof(tty->ends));
	if (tty->head != tty->tail)
		tty_set_end(tty, tty->head - 1, (tty->t.lflag & TTY_ICANON) != 0);
	tty->line_end = tty->head;
	tty->line_column = tty->column;
	tty->literal = false;
	wait_wake(&tty->queue);
}

bool tty_input_ready(const struct tty *tty, bool poll)
{
	uint32_t least = 1;

	if (!(tty->t.lflag & TTY_ICANON) && poll && !tty->t.cc[TTY_VTIME] && tty->t.cc[TTY_VMIN])
		least = tty->t.cc[TTY_VMIN];
	return tty->line_end - tty->tail >= least;
}

bool tty_input_is_eof(const struct tty *tty)
{
	return tty->tail != tty->line_end && tty_is_end(tty, tty->tail) &&
	       !tty->ring[tty->tail % TTY_SIZE];
}

char tty_input_take(struct tty *tty, bool *end)
{
	*end = tty_is_end(tty, tty->tail);
	return tty->ring[tty->tail++ % TTY_SIZE];
}

static void tty_signal(struct tty *tty, int signo, char c)
{
	tty_job_signal(tty, signo);
	if (!(tty->t.lflag & TTY_NOFLSH))
		tty_input_flush(tty);
	tty_output_stop(tty, false);
	tty_echo(tty, c);
	tty->line_column = tty->column;
}

static bool tty_take_signal(struct tty *tty, char c)
{
	static const struct {
		uint8_t index, signo;
	} signals[] = { { TTY_VINTR, SIGINT }, { TTY_VQUIT, SIGQUIT }, { TTY_VSUSP, SIGTSTP } };

	for (size_t i = 0; (tty->t.lflag & TTY_ISIG) && i < ARRAY_SIZE(signals); i++) {
		if (tty_is(tty, c, signals[i].index)) {
			tty_signal(tty, signals[i].signo, c);
			return true;
		}
	}
	return false;
}

static bool tty_take_flow(struct tty *tty, char c)
{
	if (!(tty->t.iflag & TTY_IXON))
		return false;
	if (tty_is(tty, c, TTY_VSTART)) {
		tty_output_stop(tty, false);
		return true;
	}
	if (tty_is(tty, c, TTY_VSTOP)) {
		tty_output_stop(tty, true);
		return true;
	}
	if (tty->t.iflag & TTY_IXANY)
		tty_output_stop(tty, false);
	return false;
}

/* The column behind what is typed of the line, without its last character. */
static uint32_t tty_line_column(const struct tty *tty, uint32_t end)
{
	uint32_t column = tty->line_column;

	for (uint32_t i = tty->line_end; i != end; i++) {
		char c = tty->ring[i % TTY_SIZE];

		if (((uint8_t)c < ' ' || c == 127) && c != '\t')
			column += tty->t.lflag & TTY_ECHOCTL ? 2 : 0;
		else
			column = tty_column_after(tty, column, c);
	}
	return column;
}

static bool tty_rub_out(struct tty *tty, bool show)
{
	if (tty->head == tty->line_end)
		return false;
	do
		tty->head--;
	while ((tty->t.iflag & TTY_IUTF8) && tty->head != tty->line_end &&
	       ((uint8_t)tty->ring[tty->head % TTY_SIZE] & 0xc0) == 0x80);
	if (show)
		tty_echo_erase(tty, tty_line_column(tty, tty->head));
	return true;
}

static void tty_erase_char(struct tty *tty)
{
	bool visible = (tty->t.lflag & TTY_ECHO) && (tty->t.lflag & TTY_ECHOE);

	if (tty_rub_out(tty, visible) && !visible)
		tty_echo(tty, (char)tty->t.cc[TTY_VERASE]);
}

static char tty_last(const struct tty *tty)
{
	return tty->ring[(tty->head - 1) % TTY_SIZE];
}

static bool tty_is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || ((uint8_t)c & 0x80);
}

static void tty_erase_word(struct tty *tty)
{
	bool visible = (tty->t.lflag & TTY_ECHO) && (tty->t.lflag & TTY_ECHOE);

	while (tty->head != tty->line_end && !tty_is_word(tty_last(tty)))
		tty_rub_out(tty, visible);
	while (tty->head != tty->line_end && tty_is_word(tty_last(tty)))
		tty_rub_out(tty, visible);
}

static void tty_kill_line(struct tty *tty)
{
	uint32_t flags = TTY_ECHO | TTY_ECHOE | TTY_ECHOK | TTY_ECHOKE;
	bool visible = (tty->t.lflag & flags) == flags;

	while (tty_rub_out(tty, visible))
		;
	if (visible || !(tty->t.lflag & TTY_ECHO))
		return;
	tty_echo(tty, (char)tty->t.cc[TTY_VKILL]);
	if (tty->t.lflag & TTY_ECHOK)
		tty_output(tty, "\n", 1);
	tty->line_column = tty->column;
}

static void tty_reprint(struct tty *tty, char c)
{
	tty_echo(tty, c);
	if (!(tty->t.lflag & TTY_ECHO))
		return;
	tty_output(tty, "\n", 1);
	tty->line_column = tty->column;
	for (uint32_t i = tty->line_end; i != tty->head; i++)
		tty_echo(tty, tty->ring[i % TTY_SIZE]);
}

/* An ordinary character of a line. */
static void tty_append(struct tty *tty, char c, bool end)
{
	if (!end && tty->head - tty->tail >= TTY_SIZE - 1) {
		if (tty->t.iflag & TTY_IMAXBEL)
			tty_output(tty, "\a", 1);
		return;
	}
	if (tty->head == tty->line_end)
		tty->line_column = tty->column;
	tty_echo(tty, c);
	tty_put(tty, c, end);
}

/* Editing; false: the character is none of that. */
static bool tty_edit(struct tty *tty, char c)
{
	if (tty_is(tty, c, TTY_VERASE))
		tty_erase_char(tty);
	else if (tty_is(tty, c, TTY_VKILL))
		tty_kill_line(tty);
	else if (tty_is_extended(tty, c, TTY_VWERASE))
		tty_erase_word(tty);
	else if (tty_is_extended(tty, c, TTY_VREPRINT))
		tty_reprint(tty, c);
	else
		return false;
	return true;
}

static void tty_input_line(struct tty *tty, char c)
{
	if (tty_is_extended(tty, c, TTY_VLNEXT)) {
		tty->literal = true;
		if ((tty->t.lflag & (TTY_ECHO | TTY_ECHOCTL)) == (TTY_ECHO | TTY_ECHOCTL))
			tty_output(tty, "^\b", 2);
	} else if (tty_edit(tty, c)) {
		return;
	} else if (tty_is(tty, c, TTY_VEOF)) {
		tty_put(tty, '\0', true);
	} else {
		tty_append(tty, c, c == '\n' || tty_is(tty, c, TTY_VEOL) ||
					   tty_is_extended(tty, c, TTY_VEOL2));
	}
}

/* What iflag makes of a character; false: nothing is left of it. */
static bool tty_translate(const struct tty *tty, char *c)
{
	uint32_t flags = tty->t.iflag;

	if (flags & TTY_ISTRIP)
		*c &= 0x7f;
	if ((flags & TTY_IUCLC) && (tty->t.lflag & TTY_IEXTEN) && *c >= 'A' && *c <= 'Z')
		*c = (char)(*c - 'A' + 'a');
	if (*c == '\r' && (flags & TTY_IGNCR))
		return false;
	if (*c == '\r' && (flags & TTY_ICRNL))
		*c = '\n';
	else if (*c == '\n' && (flags & TTY_INLCR))
		*c = '\r';
	return true;
}

void tty_input(struct tty *tty, char c)
{
	if (tty->literal) {
		tty->literal = false;
		tty_append(tty, c, false);
		return;
	}
	if (tty->t.iflag & TTY_ISTRIP)
		c &= 0x7f;
	if (tty_take_flow(tty, c) || tty_take_signal(tty, c) || !tty_translate(tty, &c))
		return;
	if (tty->t.lflag & TTY_ICANON) {
		tty_input_line(tty, c);
	} else {
		tty_echo(tty, c);
		tty_put(tty, c, false);
	}
	if (tty->line_end != tty->tail)
		wait_wake(&tty->queue);
}
