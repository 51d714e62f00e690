/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256, by which the hypervisor names the kernels that it loads. FIPS 180-4.
 */
#ifndef LIB_SHA256_H
#define LIB_SHA256_H

#include "lib/types.h"

#define SHA256_SIZE		32
#define SHA256_BLOCK_SIZE	64
#define SHA256_HEX_SIZE		(2 * SHA256_SIZE + 1)

struct sha256 {
	uint32_t state[8];
	uint64_t length_bytes;
	uint8_t block[SHA256_BLOCK_SIZE];	/* what does not fill a block yet */
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *data, size_t size);

/* Ends the message; the struct is used up. */
void sha256_final(struct sha256 *hash, uint8_t digest[SHA256_SIZE]);

/* Writes a digest as 64 lower-case hexadecimal digits and a terminator. */
void sha256_to_hex(const uint8_t digest[SHA256_SIZE], char text[SHA256_HEX_SIZE]);

#endif
