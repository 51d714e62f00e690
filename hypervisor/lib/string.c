/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory blocks and strings (ISO C11 7.24). The compiler calls memcpy() and memset() by itself, and
 * guest memory is loaded and cleared by them, so blocks move in the widest units that both
 * addresses allow.
 */
#include "lib/string.h"

#include "lib/errno.h"

/* Types through which memory of any type may be read and written. */
typedef uint64_t __attribute__((may_alias)) word_t;
typedef uint32_t __attribute__((may_alias)) half_t;

#define WORD			sizeof(word_t)
#define HALF			sizeof(half_t)

static bool same_alignment(const void *left, const void *right, size_t unit)
{
	return (((uintptr_t)left ^ (uintptr_t)right) & (unit - 1)) == 0;
}

/* Loads first: what they take overlaps. */
static inline void copy_eight(word_t *t, const word_t *f)
{
	word_t a = f[0], b = f[1], c = f[2], d = f[3];
	word_t e = f[4], g = f[5], h = f[6], i = f[7];

	t[0] = a;
	t[1] = b;
	t[2] = c;
	t[3] = d;
	t[4] = e;
	t[5] = g;
	t[6] = h;
	t[7] = i;
}

/* Copies words forward; both addresses are aligned. Returns the bytes copied. */
static size_t copy_words(uint8_t *to, const uint8_t *from, size_t size)
{
	word_t *t = (word_t *)to;
	const word_t *f = (const word_t *)from;

	if (size >= 8 * WORD) {
		for (; size >= 16 * WORD; size -= 16 * WORD, t += 16, f += 16) {
			copy_eight(t, f);
			copy_eight(t + 8, f + 8);
		}
		if (size >= 8 * WORD) {
			copy_eight(t, f);
			size -= 8 * WORD;
			t += 8;
			f += 8;
		}
	}
	for (; size >= WORD; size -= WORD)
		*t++ = *f++;
	return (size_t)((uint8_t *)t - to);
}

/* The same in units of four bytes: data in a cpio archive is aligned to no more. */
static size_t copy_halves(uint8_t *to, const uint8_t *from, size_t size)
{
	half_t *t = (half_t *)to;
	const half_t *f = (const half_t *)from;

	for (; size >= 4 * HALF; size -= 4 * HALF, t += 4, f += 4) {
		half_t a = f[0], b = f[1], c = f[2], d = f[3];

		t[0] = a;
		t[1] = b;
		t[2] = c;
		t[3] = d;
	}
	for (; size >= HALF; size -= HALF)
		*t++ = *f++;
	return (size_t)((uint8_t *)t - to);
}

/*
 * memcpy() between addresses that no unit aligns both of, in words: each is made of two aligned
 * ones of the source, of which none lies outside of it. Out of line, so that the usual copy saves
 * no registers for it.
 */
static __attribute__((noinline)) void *copy_shifted(void *to, const uint8_t *from, size_t size)
{
	uint8_t *t = to;
	size_t have, done = 0;
	unsigned up, down;
	const word_t *f;
	word_t low = 0;

	for (; !IS_ALIGNED((uintptr_t)t, WORD); size--)
		*t++ = *from++;
	have = WORD - (uintptr_t)from % WORD;
	up = 8 * (unsigned)have;
	down = 8 * (unsigned)(WORD - have);
	f = (const word_t *)(from + have);
	for (size_t i = 0; i < have; i++)
		low |= (word_t)from[i] << (8 * i);
	for (; done + have + 4 * WORD <= size; done += 4 * WORD, f += 4) {
		word_t a = f[0], b = f[1], c = f[2], d = f[3], *words = (word_t *)(t + done);

		words[0] = low | a << up;
		words[1] = a >> down | b << up;
		words[2] = b >> down | c << up;
		words[3] = c >> down | d << up;
		low = d >> down;
	}
	for (; done + have + WORD <= size; done += WORD) {
		word_t a = *f++;

		*(word_t *)(t + done) = low | a << up;
		low = a >> down;
	}
	for (; done < size; done++)
		t[done] = from[done];
	return to;
}

void *STRING_NAME(memcpy)(void *restrict to, const void *restrict from, size_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;
	size_t done = 0;

	if (size >= WORD && same_alignment(t, f, HALF)) {
		for (; !IS_ALIGNED((uintptr_t)t, WORD) && !IS_ALIGNED((uintptr_t)f, HALF); size--)
			*t++ = *f++;
		if (same_alignment(t, f, WORD)) {
			for (; !IS_ALIGNED((uintptr_t)t, WORD); size--)
				*t++ = *f++;
			done = copy_words(t, f, size);
		} else {
			done = copy_halves(t, f, size);
		}
	} else if (size >= 4 * WORD) {
		return copy_shifted(to, from, size);
	}
	for (; done < size; done++)
		t[done] = f[done];
	return to;
}

void *STRING_NAME(memmove)(void *to, const void *from, size_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	/* Forward is safe unless the target begins inside the source. */
	if ((uintptr_t)t - (uintptr_t)f >= size) {
		if ((uintptr_t)f - (uintptr_t)t >= size)
			return STRING_NAME(memcpy)(to, from, size);
		for (size_t i = 0; i < size; i++)
			t[i] = f[i];
		return to;
	}
	while (size && (!same_alignment(t, f, WORD) || !IS_ALIGNED((uintptr_t)t + size, WORD))) {
		size--;
		t[size] = f[size];
	}
	for (; size >= WORD; size -= WORD)
		*(word_t *)(t + size - WORD) = *(const word_t *)(f + size - WORD);
	while (size--)
		t[size] = f[size];
	return to;
}

static void fill_words(word_t *words, word_t value, size_t count)
{
	for (; count >= 8; count -= 8, words += 8) {
		words[0] = value;
		words[1] = value;
		words[2] = value;
		words[3] = value;
		words[4] = value;
		words[5] = value;
		words[6] = value;
		words[7] = value;
	}
	while (count--)
		*words++ = value;
}

void *STRING_NAME(memset)(void *to, int byte, size_t size)
{
	uint8_t *t = to;

	for (; size && !IS_ALIGNED((uintptr_t)t, WORD); size--)
		*t++ = (uint8_t)byte;
	fill_words((word_t *)t, (uint8_t)byte * UINT64_C(0x0101010101010101), size / WORD);
	t += ALIGN_DOWN(size, WORD);
	for (size %= WORD; size; size--)
		*t++ = (uint8_t)byte;
	return to;
}

void memory_zero(void *block, size_t size)
{
	fill_words(block, 0, size / WORD);
}

int STRING_NAME(memcmp)(const void *left, const void *right, size_t size)
{
	const uint8_t *l = left, *r = right;

	if (IS_ALIGNED((uintptr_t)l | (uintptr_t)r, WORD)) {
		while (size >= WORD && *(const word_t *)l == *(const word_t *)r) {
			l += WORD;
			r += WORD;
			size -= WORD;
		}
	}
	for (; size; size--, l++, r++)
		if (*l != *r)
			return *l - *r;
	return 0;
}

void *STRING_NAME(memchr)(const void *block, int byte, size_t size)
{
	const uint8_t *b = block;

	for (; size; size--, b++)
		if (*b == (uint8_t)byte)
			return (void *)(uintptr_t)b;
	return NULL;
}

size_t STRING_NAME(strlen)(const char *string)
{
	size_t length = 0;

	while (string[length])
		length++;
	return length;
}

size_t STRING_NAME(strnlen)(const char *string, size_t max)
{
	size_t length = 0;

	while (length < max && string[length])
		length++;
	return length;
}

int STRING_NAME(strcmp)(const char *left, const char *right)
{
	return STRING_NAME(strncmp)(left, right, SIZE_MAX);
}

int STRING_NAME(strncmp)(const char *left, const char *right, size_t max)
{
	for (; max; max--, left++, right++)
		if (*left != *right || !*left)
			return (uint8_t)*left - (uint8_t)*right;
	return 0;
}

char *STRING_NAME(strchr)(const char *string, int c)
{
	for (;; string++) {
		if (*string == (char)c)
			return (char *)(uintptr_t)string;
		if (!*string)
			return NULL;
	}
}

char *STRING_NAME(strrchr)(const char *string, int c)
{
	const char *last = NULL;

	do {
		if (*string == (char)c)
			last = string;
	} while (*string++);
	return (char *)(uintptr_t)last;
}

size_t strlcpy(char *restrict to, const char *restrict from, size_t size)
{
	size_t length = STRING_NAME(strlen)(from);

	if (size) {
		size_t copied = MIN(length, size - 1);

		STRING_NAME(memcpy)(to, from, copied);
		to[copied] = '\0';
	}
	return length;
}

/* The value of a digit, or 16 for what is none. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20; /* lower case */
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

int string_to_u64(const char *string, uint64_t *value)
{
	unsigned base = 10;
	uint64_t result = 0;

	if (string[0] == '0' && (string[1] | 0x20) == 'x') {
		base = 16;
		string += 2;
	}
	if (!*string)
		return -EINVAL;
	for (; *string; string++) {
		unsigned digit = digit_value(*string);

		if (digit >= base)
			return -EINVAL;
		if (result > (UINT64_MAX - digit) / base)
			return -ERANGE;
		result = result * base + digit;
	}
	*value = result;
	return 0;
}
