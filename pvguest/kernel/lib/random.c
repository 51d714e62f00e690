/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudo-random numbers, seeded from the device tree.
 * Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators ("SplitMix64").
 */
#include "lib/random.h"

static uint64_t random_state = 0x9e3779b97f4a7c15UL;

uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15UL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
	return z ^ (z >> 31);
}

void random_seed(const uint8_t *seed, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		random_state ^= (uint64_t)seed[i] << (i % 8 * 8);
		random_next();
	}
}
