/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and string functions.
 * C11, chapter 7.24 (those of its names that are used here).
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
/* Copies at most size - 1 characters and always ends dst. Returns the length of src. */
size_t string_copy(char *dst, const char *src, size_t size);
/* A 4 KiB page, aligned: cleared or copied eight doublewords at a time. */
void string_clear_page(void *dst);
void string_copy_page(void *dst, const void *src);

#endif
