/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output: %d %u %x %c %s %p %%, with l, z, field width, 0 and -, and %.*s.
 * C standard 7.21.6; a line is written by one write, so that lines of two processes do not mix.
 */
#ifndef PVGUEST_USER_PRINTF_H
#define PVGUEST_USER_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/* The most that one call of dprintf or printf writes; the rest is cut off. */
#define PRINTF_MAX 1024

int vsnprintf(char *buf, size_t size, const char *format, va_list args);
int snprintf(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int puts(const char *text);
int putchar(int c);

/* Writes all of it, however often that takes; 0, or the negative errno. */
long write_all(int fd, const void *buf, size_t count);

#endif
