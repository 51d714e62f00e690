/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many sources of text on one display, without ever mixing two lines. Pure.
 *
 * A source that is live is shown byte by byte. Of the others only whole lines are shown: the live
 * source's unfinished line is broken off before them, and repeated when the source goes on with it.
 */
#ifndef MONITOR_CONMUX_H
#define MONITOR_CONMUX_H

#include "lib/types.h"
#include "vm/vconsole.h"

struct conmux {
	void (*put)(void *arg, const char *text, size_t size);
	void *arg;
	bool names;			/* guests' lines have a prefix */
	struct vconsole_line *open;	/* whose unfinished line the display shows, or NULL */
	char buffer[128];
	size_t used;
};

void conmux_init(struct conmux *mux, void (*put)(void *arg, const char *text, size_t size),
		 void *arg);
/*
 * Text of one source. Without a prefix, a guest's bytes are passed on as they are; with one, CR LF
 * is LF, and a CR alone begins the line again.
 */
void conmux_write(struct conmux *mux, struct vconsole_line *line, bool live, const char *text,
		  size_t size);
/* This source is live from now on: show its unfinished line. */
void conmux_show(struct conmux *mux, struct vconsole_line *line);
/* End this source's unfinished line, if it has one, and forget the source. */
void conmux_end(struct conmux *mux, struct vconsole_line *line);

#endif
