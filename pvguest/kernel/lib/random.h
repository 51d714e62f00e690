/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudo-random numbers, seeded from the device tree: good for AT_RANDOM, not for keys.
 * Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators ("SplitMix64").
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include "lib/types.h"

void random_seed(const uint8_t *seed, size_t length);
uint64_t random_next(void);

#endif
