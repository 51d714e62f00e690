/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What gcc calls instead of emitting code, where the target has no Zbb: the toolchain's own libgcc
 * is built for another floating-point ABI on some distributions. GCC internals, "Integer library".
 */
#include "lib/bitmap.h"
#include "lib/types.h"

int __ctzdi2(uint64_t word);
uint32_t __bswapsi2(uint32_t x);
uint64_t __bswapdi2(uint64_t x);

int __ctzdi2(uint64_t word)
{
	return (int)bit_lowest(word);
}

uint32_t __bswapsi2(uint32_t x)
{
	x = (x & 0x00ff00ffU) << 8 | (x >> 8 & 0x00ff00ffU);
	return x << 16 | x >> 16;
}

uint64_t __bswapdi2(uint64_t x)
{
	x = (x & 0x00ff00ff00ff00ffUL) << 8 | (x >> 8 & 0x00ff00ff00ff00ffUL);
	x = (x & 0x0000ffff0000ffffUL) << 16 | (x >> 16 & 0x0000ffff0000ffffUL);
	return x << 32 | x >> 32;
}
