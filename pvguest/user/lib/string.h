/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings and memory, as in the C standard (7.24); only what the programs use.
 * The compiler calls memcpy, memmove, memset and memcmp by itself.
 */
#ifndef PVGUEST_USER_STRING_H
#define PVGUEST_USER_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *word);

#endif
