/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits in words and arrays of words. No bit-manipulation extension is assumed, and libgcc (which
 * holds what __builtin_ctz becomes without one) is not linked. Nothing here is atomic.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include "lib/types.h"

#define BIT(n)			(UINT64_C(1) << (n))
#define BITMAP_WORDS(bits)	(((bits) + 63) / 64)

/* The number of the lowest set bit. word is not 0. */
static inline unsigned bit_lowest(uint64_t word)
{
	unsigned n = 0;

	for (unsigned half = 32; half; half /= 2) {
		if (!(word & (BIT(half) - 1))) {
			word >>= half;
			n += half;
		}
	}
	return n;
}

/* The number of the highest set bit. word is not 0. */
static inline unsigned bit_highest(uint64_t word)
{
	unsigned n = 0;

	for (unsigned half = 32; half; half /= 2) {
		if (word >> half) {
			word >>= half;
			n += half;
		}
	}
	return n;
}

static inline unsigned bit_count(uint64_t word)
{
	unsigned n = 0;

	for (; word; word &= word - 1)
		n++;
	return n;
}

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

static inline void bitmap_set(uint64_t *map, size_t bit)
{
	map[bit / 64] |= BIT(bit % 64);
}

static inline void bitmap_clear(uint64_t *map, size_t bit)
{
	map[bit / 64] &= ~BIT(bit % 64);
}

/* The first set bit at or after from, or bits if there is none below bits. */
static inline size_t bitmap_next_set(const uint64_t *map, size_t bits, size_t from)
{
	while (from < bits) {
		uint64_t word = map[from / 64] >> (from % 64);

		if (word) {
			from += bit_lowest(word);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

/* The first clear bit at or after from, or bits if there is none below bits. */
static inline size_t bitmap_next_clear(const uint64_t *map, size_t bits, size_t from)
{
	while (from < bits) {
		uint64_t word = ~map[from / 64] >> (from % 64);

		if (word) {
			from += bit_lowest(word);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

#endif
