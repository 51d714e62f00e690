/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows as it is written.
 * No specification: a plain string buffer.
 */
#include "lib/text.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "mm/heap.h"

static bool text_reserve(struct text *text, size_t more)
{
	size_t room = MAX(text->room, 512UL);
	char *buf;

	if (text->failed)
		return false;
	if (text->length + more <= text->room)
		return true;
	while (room < text->length + more)
		room *= 2;
	buf = heap_alloc(room);
	text->failed = !buf;
	if (!buf)
		return false;
	memcpy(buf, text->buf ? text->buf : "", text->length);
	heap_free(text->buf);
	text->buf = buf;
	text->room = room;
	return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
	if (!text_reserve(text, length))
		return;
	memcpy(text->buf + text->length, bytes, length);
	text->length += length;
}

void text_add(struct text *text, const char *format, ...)
{
	char line[256];
	size_t length;
	va_list args;

	va_start(args, format);
	length = (size_t)printf_vformat(line, sizeof(line), format, args);
	va_end(args);
	if (length < sizeof(line)) {
		text_add_bytes(text, line, length);
		return;
	}
	if (!text_reserve(text, length + 1))
		return;
	va_start(args, format);
	printf_vformat(text->buf + text->length, length + 1, format, args);
	va_end(args);
	text->length += length;
}

void text_add_escaped(struct text *text, const char *string)
{
	for (; *string; string++) {
		char c = *string;
		const char octal[4] = { '\\', (char)('0' + (c >> 6 & 3)),
					(char)('0' + (c >> 3 & 7)), (char)('0' + (c & 7)) };

		if (c == ' ' || c == '\t' || c == '\n' || c == '\\')
			text_add_bytes(text, octal, sizeof(octal));
		else
			text_add_bytes(text, &c, 1);
	}
}

void text_free(struct text *text)
{
	heap_free(text->buf);
	*text = (struct text){ 0 };
}
