/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output (ISO C11 7.21.6.1): %d %i %u %o %x %X %p %s %c %%, the flags - 0 + space #,
 * width and precision (also as *), and the lengths hh h l ll z j t. No floating point.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>

#include "lib/types.h"

/* On the host the standard names are libc's; ours are printf_snprintf() and so on. */
#ifdef STRATA_HOST_TEST
#include <inttypes.h>
#include <stdio.h>
#define PRINTF_NAME(name)	printf_##name
#else
#define PRINTF_NAME(name)	name
#define PRId32			"d"
#define PRIu32			"u"
#define PRIx32			"x"
#define PRId64			"ld"
#define PRIu64			"lu"
#define PRIx64			"lx"
#endif

/*
 * Writes at most size bytes, terminated if size > 0. Returns the length of the whole text: a
 * result >= size means that it was cut short.
 */
int PRINTF_NAME(vsnprintf)(char *buffer, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
int PRINTF_NAME(snprintf)(char *buffer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes size bytes of text, which is not terminated and gone when the function returns. */
typedef void printf_put_fn(void *ctx, const char *text, size_t size);

/*
 * Formats into a sink. put is called with pieces of up to 256 bytes; a text that fits comes in
 * one piece, so a sink that takes a lock keeps short lines whole. Returns the length.
 */
int vprintf_sink(printf_put_fn *put, void *ctx, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/*
 * The hypervisor's own messages (lib/kprintf.c); they go to the sink last set, and nowhere before
 * one is set. The sink does its own locking. Callable from every context, also from a host trap.
 */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vkprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
void printf_set_sink(printf_put_fn *put, void *ctx);

#endif
