/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to the memory of the current process; a bad address is an error, not a crash.
 * Privileged specification, sstatus.SUM.
 */
#ifndef MM_USER_H
#define MM_USER_H

#include "lib/types.h"

/* 0 or -EFAULT; on failure part of the destination may have been written. */
int user_read(void *dst, uint64_t src, size_t length);
int user_write(uint64_t dst, const void *src, size_t length);
int user_clear(uint64_t dst, size_t length);
/* If the word at addr is old it becomes new, at once for all harts; *seen: what it was. */
int user_compare_swap(uint64_t addr, uint32_t old, uint32_t new, uint32_t *seen);
/* A string with its NUL: its length, -EFAULT, or -ENAMETOOLONG if it does not fit. */
ssize_t user_read_string(char *dst, uint64_t src, size_t size);
/* True if all of it is below the kernel. */
bool user_range_ok(uint64_t addr, size_t length);

/* If pc may fault, where to go on; else 0. For the trap handler. */
uint64_t user_fixup(uint64_t pc);

#endif
