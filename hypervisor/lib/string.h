/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory blocks and strings: the part of <string.h> that the hypervisor and libfdt use (ISO C11
 * 7.24), and a few functions of our own.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

/*
 * On the host the standard names are libc's, which the sanitizers watch; ours are there as
 * string_memcpy() and so on, for their own unit test.
 */
#ifdef STRATA_HOST_TEST
#include <string.h>
#define STRING_NAME(name)	string_##name
#else
#define STRING_NAME(name)	name
#endif

void *STRING_NAME(memcpy)(void *restrict to, const void *restrict from, size_t size);
void *STRING_NAME(memmove)(void *to, const void *from, size_t size);
void *STRING_NAME(memset)(void *to, int byte, size_t size);
int STRING_NAME(memcmp)(const void *left, const void *right, size_t size);
void *STRING_NAME(memchr)(const void *block, int byte, size_t size);
size_t STRING_NAME(strlen)(const char *string);
size_t STRING_NAME(strnlen)(const char *string, size_t max);
int STRING_NAME(strcmp)(const char *left, const char *right);
int STRING_NAME(strncmp)(const char *left, const char *right, size_t max);
char *STRING_NAME(strchr)(const char *string, int c);
char *STRING_NAME(strrchr)(const char *string, int c);

/*
 * Copies what fits into size bytes and always terminates (if size > 0). Returns the length of
 * from: a result >= size means that the copy was cut short.
 */
size_t strlcpy(char *restrict to, const char *restrict from, size_t size);

/* Zeroes a block; both the address and the size are multiples of 64. For pages and guest RAM. */
void memory_zero(void *block, size_t size);

/*
 * Reads a whole string as an unsigned number: decimal, or hexadecimal after 0x. Returns 0, -EINVAL
 * if it is empty or holds anything else (no sign, no blanks), or -ERANGE beyond 64 bits; *value
 * changes only on success.
 */
int string_to_u64(const char *string, uint64_t *value);

#endif
