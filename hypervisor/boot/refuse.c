/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the line that says why an input is refused, and makes it harmless to print.
 */
#include "boot/refuse.h"
#include "lib/errno.h"
#include "lib/printf.h"

int refuse(const struct refusal *refusal, const char *format, ...)
{
	va_list args;

	if (refusal->size == 0)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(refusal->why, refusal->size, format, args);
	va_end(args);
	for (char *c = refusal->why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return -EINVAL;
}
