/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many sources of text on one display, without ever mixing two lines. Pure.
 */
#include "lib/string.h"
#include "monitor/conmux.h"

void conmux_init(struct conmux *mux, void (*put)(void *arg, const char *text, size_t size),
		 void *arg)
{
	memset(mux, 0, sizeof(*mux));
	mux->put = put;
	mux->arg = arg;
}

static void out_flush(struct conmux *mux)
{
	if (mux->used > 0)
		mux->put(mux->arg, mux->buffer, mux->used);
	mux->used = 0;
}

static void out(struct conmux *mux, const char *text, size_t size)
{
	while (size > 0) {
		size_t part = MIN(size, sizeof(mux->buffer) - mux->used);

		memcpy(mux->buffer + mux->used, text, part);
		mux->used += part;
		text += part;
		size -= part;
		if (mux->used == sizeof(mux->buffer))
			out_flush(mux);
	}
}

/* Are this source's bytes passed on as they are? */
static bool is_raw(const struct conmux *mux, const struct vconsole_line *line)
{
	return line->guest && !mux->names;
}

static void out_line(struct conmux *mux, const struct vconsole_line *line)
{
	if (!is_raw(mux, line))
		out(mux, line->prefix, strnlen(line->prefix, sizeof(line->prefix)));
	out(mux, line->text, line->length);
}

/*
 * Have the display at the beginning of a line, or inside this source's own. A line broken off here
 * is shown again, as a whole, when its source goes on with it.
 */
static void make_room(struct conmux *mux, struct vconsole_line *line)
{
	if (mux->open == NULL || mux->open == line)
		return;
	out(mux, "\n", 1);
	mux->open = NULL;
}

static void line_finish(struct conmux *mux, struct vconsole_line *line)
{
	make_room(mux, line);
	if (mux->open != line)
		out_line(mux, line);
	out(mux, "\n", 1);
	mux->open = NULL;
	line->length = 0;
}

/* A line longer than the buffer: the part that the live source has shown needs no repetition. */
static void line_full(struct conmux *mux, struct vconsole_line *line)
{
	if (mux->open == line)
		line->length = 0;
	else
		line_finish(mux, line);
}

/* A CR that no LF followed: what comes next replaces the line. */
static void line_restart(struct conmux *mux, struct vconsole_line *line)
{
	line->length = 0;
	if (mux->open == line) {
		out(mux, "\r", 1);
		out_line(mux, line);
	}
}

/* What a line consists of, as much as fits of it. Return: how much. */
static size_t line_add(struct conmux *mux, struct vconsole_line *line, bool live, const char *text,
		       size_t size)
{
	if (line->length == sizeof(line->text))
		line_full(mux, line);
	size = MIN(size, sizeof(line->text) - line->length);
	memcpy(line->text + line->length, text, size);
	line->length += size;
	if (mux->open == line) {
		out(mux, text, size);
	} else if (live) {
		make_room(mux, line);
		out_line(mux, line);
		mux->open = line;
	}
	return size;
}

/* LF, or CR where that has a meaning. */
static void line_control(struct conmux *mux, struct vconsole_line *line, char byte)
{
	line->carriage_return = byte == '\r';
	if (byte == '\n')
		line_finish(mux, line);
}

static void line_text(struct conmux *mux, struct vconsole_line *line, bool live, const char *text,
		      size_t size)
{
	if (line->carriage_return)
		line_restart(mux, line);
	line->carriage_return = false;
	for (size_t done = 0; done < size;)
		done += line_add(mux, line, live, text + done, size - done);
}

/* memcpy() takes a while to find out that there is one byte. */
static void copy(char *to, const char *from, size_t size)
{
	if (size == 1)
		*to = *from;
	else
		memcpy(to, from, size);
}

/* Bytes up to the next LF or, if it is one that counts, CR. */
static size_t count_text(const char *text, size_t size, char cr)
{
	size_t n = 0;

	while (n < size && text[n] != '\n' && text[n] != cr)
		n++;
	return n;
}

/* What comes most, a byte or a piece of the line that the display shows, goes on straight. */
static bool is_more(const struct conmux *mux, const struct vconsole_line *line, const char *text,
		    size_t size, char cr)
{
	return mux->open == line && !line->carriage_return &&
	       size <= sizeof(line->text) - line->length && count_text(text, size, cr) == size;
}

void conmux_write(struct conmux *mux, struct vconsole_line *line, bool live, const char *text,
		  size_t size)
{
	char cr = is_raw(mux, line) ? '\n' : '\r';

	if (is_more(mux, line, text, size, cr)) {
		copy(line->text + line->length, text, size);
		line->length += size;
		mux->put(mux->arg, text, size);
		return;
	}
	while (size > 0) {
		size_t part = count_text(text, size, cr);

		if (part > 0) {
			line_text(mux, line, live, text, part);
		} else {
			line_control(mux, line, *text);
			part = 1;
		}
		text += part;
		size -= part;
	}
	out_flush(mux);
}

void conmux_show(struct conmux *mux, struct vconsole_line *line)
{
	if (mux->open == line)
		return;
	make_room(mux, line);
	if (line->length > 0) {
		out_line(mux, line);
		mux->open = line;
	}
	out_flush(mux);
}

void conmux_end(struct conmux *mux, struct vconsole_line *line)
{
	if (line->length > 0 || mux->open == line)
		line_finish(mux, line);
	line->carriage_return = false;
	out_flush(mux);
}
