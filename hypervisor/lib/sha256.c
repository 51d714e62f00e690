/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256. FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1 and 6.2; names are the standard's.
 *
 * RV64 without bit-manipulation has no rotate. A word doubled into both halves of a register
 * rotates by one shift, of which the lower half counts.
 */
#include "lib/sha256.h"

#include "lib/string.h"

static const uint32_t K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static const uint32_t H0[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
	0x5be0cd19,
};

static inline uint64_t doubled(uint32_t x)
{
	return (uint64_t)x << 32 | x;
}

static inline uint32_t big_sigma0(uint32_t x)
{
	uint64_t d = doubled(x);

	return (uint32_t)(d >> 2 ^ d >> 13 ^ d >> 22);
}

static inline uint32_t big_sigma1(uint32_t x)
{
	uint64_t d = doubled(x);

	return (uint32_t)(d >> 6 ^ d >> 11 ^ d >> 25);
}

static inline uint32_t small_sigma0(uint32_t x)
{
	uint64_t d = doubled(x);

	return (uint32_t)(d >> 7 ^ d >> 18) ^ x >> 3;
}

static inline uint32_t small_sigma1(uint32_t x)
{
	uint64_t d = doubled(x);

	return (uint32_t)(d >> 17 ^ d >> 19) ^ x >> 10;
}

static inline uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/*
 * One round. The caller rotates the names of the working variables instead of their values, so
 * only d and h change.
 */
#define ROUND(a, b, c, d, e, f, g, h, t)                                                          \
	do {                                                                                      \
		h += big_sigma1(e) + (g ^ (e & (f ^ g))) + K[t] + W[(t) & 15];                    \
		d += h;                                                                           \
		h += big_sigma0(a) + ((a & b) | (c & (a | b)));                                   \
	} while (0)

#define EIGHT_ROUNDS(t)                                                                           \
	do {                                                                                      \
		ROUND(a, b, c, d, e, f, g, h, (t));                                               \
		ROUND(h, a, b, c, d, e, f, g, (t) + 1);                                           \
		ROUND(g, h, a, b, c, d, e, f, (t) + 2);                                           \
		ROUND(f, g, h, a, b, c, d, e, (t) + 3);                                           \
		ROUND(e, f, g, h, a, b, c, d, (t) + 4);                                           \
		ROUND(d, e, f, g, h, a, b, c, (t) + 5);                                           \
		ROUND(c, d, e, f, g, h, a, b, (t) + 6);                                           \
		ROUND(b, c, d, e, f, g, h, a, (t) + 7);                                           \
	} while (0)

/* The next sixteen words of the message schedule, in place of the last sixteen. */
static inline void schedule(uint32_t W[16])
{
#pragma GCC unroll 16
	for (unsigned i = 0; i < 16; i++)
		W[i] += small_sigma0(W[(i + 1) & 15]) + W[(i + 9) & 15] +
			small_sigma1(W[(i + 14) & 15]);
}

static void compress(uint32_t H[8], const uint8_t block[SHA256_BLOCK_SIZE])
{
	uint32_t a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
	uint32_t W[16];

	for (unsigned i = 0; i < 16; i++)
		W[i] = big_endian(block + 4 * i);
	for (unsigned t = 0; t < 64; t += 16) {
		if (t)
			schedule(W);
		EIGHT_ROUNDS(t);
		EIGHT_ROUNDS(t + 8);
	}
	H[0] += a;
	H[1] += b;
	H[2] += c;
	H[3] += d;
	H[4] += e;
	H[5] += f;
	H[6] += g;
	H[7] += h;
}

void sha256_init(struct sha256 *hash)
{
	memcpy(hash->state, H0, sizeof(H0));
	hash->length_bytes = 0;
}

void sha256_update(struct sha256 *hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t used = hash->length_bytes % SHA256_BLOCK_SIZE;

	hash->length_bytes += size;
	if (used) {
		size_t part = MIN(size, SHA256_BLOCK_SIZE - used);

		memcpy(hash->block + used, bytes, part);
		bytes += part;
		size -= part;
		if (used + part < SHA256_BLOCK_SIZE)
			return;
		compress(hash->state, hash->block);
	}
	for (; size >= SHA256_BLOCK_SIZE; size -= SHA256_BLOCK_SIZE, bytes += SHA256_BLOCK_SIZE)
		compress(hash->state, bytes);
	if (size)
		memcpy(hash->block, bytes, size);
}

/* Padding: a one bit, zeros, and the length in bits as 64 bits, up to a whole block. */
void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_SIZE])
{
	uint64_t length_bits = hash->length_bytes * 8;
	size_t used = hash->length_bytes % SHA256_BLOCK_SIZE;
	size_t zeros = (SHA256_BLOCK_SIZE + 55 - used) % SHA256_BLOCK_SIZE;
	uint8_t padding[1 + SHA256_BLOCK_SIZE + 8] = { 0x80 };

	for (unsigned i = 0; i < 8; i++)
		padding[1 + zeros + i] = (uint8_t)(length_bits >> (56 - 8 * i));
	sha256_update(hash, padding, 1 + zeros + 8);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_to_hex(const uint8_t digest[SHA256_SIZE], char text[SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < SHA256_SIZE; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[2 * SHA256_SIZE] = '\0';
}
