/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of harts as xl writes those of CPUs. Pure.
 */
#include "lib/bitmap.h"
#include "lib/string.h"
#include "monitor/hartlist.h"

/* Decimal digits below count; NULL if there are none, else what comes behind them. */
static const char *parse_number(const char *text, unsigned count, unsigned *number)
{
	const char *begin = text;

	*number = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		*number = *number * 10 + (unsigned)(*text - '0');
		if (*number >= count)
			return NULL;
	}
	return text == begin ? NULL : text;
}

bool hartlist_parse(const char *text, unsigned count, uint64_t *map)
{
	unsigned first, last;

	if (strcmp(text, "all") == 0) {
		for (unsigned i = 0; i < count; i++)
			bitmap_set(map, i);
		return count > 0;
	}
	for (;; text++) {
		text = parse_number(text, count, &first);
		last = first;
		if (text && *text == '-')
			text = parse_number(text + 1, count, &last);
		if (!text || last < first || (*text != '\0' && *text != ','))
			return false;
		for (unsigned i = first; i <= last; i++)
			bitmap_set(map, i);
		if (*text == '\0')
			return true;
	}
}
