/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output: %d %i %u %o %x %X %p %s %c %% with width, '-', '0', h, l, z and ll.
 * C11, 7.21.6.1 (the subset above).
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>

#include "lib/types.h"

/* Return the length that the whole text has; at most size - 1 characters and a NUL are written. */
int printf_vformat(char *buf, size_t size, const char *format, va_list args);
int printf_format(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* To the console. */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
