/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings and memory, as in the C standard (7.24); only what the programs use.
 * Words are moved eight bytes at a time where both sides are aligned.
 */
#include "string.h"

#include <stdint.h>

/* An empty statement the compiler cannot see through: keeps it from turning a loop into a call
 * of the very function that the loop implements. */
#define KEEP_LOOP() __asm__ volatile("")

typedef uint64_t __attribute__((may_alias)) word_t;

static int both_aligned(const void *a, const void *b)
{
	return (((uintptr_t)a | (uintptr_t)b) & (sizeof(word_t) - 1)) == 0;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (both_aligned(d, s)) {
		for (; n >= sizeof(word_t); n -= sizeof(word_t)) {
			*(word_t *)(void *)d = *(const word_t *)(const void *)s;
			d += sizeof(word_t);
			s += sizeof(word_t);
			KEEP_LOOP();
		}
	}
	for (; n > 0; n--) {
		*d++ = *s++;
		KEEP_LOOP();
	}
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(dst, src, n);
	for (; n > 0; n--) {
		d[n - 1] = s[n - 1];
		KEEP_LOOP();
	}
	return dst;
}

void *memset(void *dst, int value, size_t n)
{
	unsigned char *d = dst;
	word_t pattern = (unsigned char)value * 0x0101010101010101UL;

	if (both_aligned(d, d)) {
		for (; n >= sizeof(word_t); n -= sizeof(word_t)) {
			*(word_t *)(void *)d = pattern;
			d += sizeof(word_t);
			KEEP_LOOP();
		}
	}
	for (; n > 0; n--) {
		*d++ = (unsigned char)value;
		KEEP_LOOP();
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n > 0; n--, x++, y++) {
		if (*x != *y)
			return *x < *y ? -1 : 1;
	}
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end != '\0') {
		end++;
		KEEP_LOOP();
	}
	return (size_t)(end - s);
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (*s == '\0')
			return (char *)(uintptr_t)found;
	}
}

char *strstr(const char *s, const char *word)
{
	size_t len = strlen(word);

	for (;; s++) {
		if (strncmp(s, word, len) == 0)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}
