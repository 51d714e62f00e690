/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest kernel's library has and the host's C library has under another name. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/printf.h"
#include "lib/string.h"

size_t string_copy(char *dst, const char *src, size_t size)
{
	return (size_t)snprintf(dst, size, "%s", src);
}

int printf_format(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buf, size, format, args);
	va_end(args);
	return length;
}
