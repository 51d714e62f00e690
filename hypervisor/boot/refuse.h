/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line that says why an input is refused. The line may quote the input, which is untrusted:
 * whatever is not printable ASCII becomes '?', so that no input can write to a terminal.
 */
#ifndef BOOT_REFUSE_H
#define BOOT_REFUSE_H

#include "lib/types.h"

/* The caller's buffer for the line. */
struct refusal {
	char *why;
	size_t size;
};

/* Write the line (cut to the buffer). Return: always -EINVAL, for `return refuse(...)`. */
int refuse(const struct refusal *refusal, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
