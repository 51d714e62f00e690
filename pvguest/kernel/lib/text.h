/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows as it is written, for what the kernel generates when a file is read.
 * No specification: a plain string buffer.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include "lib/types.h"

/* Zeroed: empty. `failed`: there was no memory for all of it. */
struct text {
	char *buf;
	size_t length, room;
	bool failed;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes as they are. */
void text_add_bytes(struct text *text, const void *bytes, size_t length);
/* A name, with space, tab, newline and backslash as \ooo. */
void text_add_escaped(struct text *text, const char *string);
void text_free(struct text *text);

#endif
