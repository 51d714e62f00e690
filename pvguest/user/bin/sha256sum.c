/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sha256sum: prints the SHA-256 of files. sha256sum [FILE...]
 * FIPS 180-4. Shows that programs are byte-identical in every mode.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define BLOCK 64

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char block[BLOCK];
};

/* FIPS 180-4, 4.2.2: the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
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

static uint32_t rotate(uint32_t x, unsigned int by)
{
	return x >> by | x << (32 - by);
}

static void sha256_block(struct sha256 *sha)
{
	uint32_t w[64], s[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)sha->block[4 * i] << 24 | (uint32_t)sha->block[4 * i + 1] << 16 |
		       (uint32_t)sha->block[4 * i + 2] << 8 | sha->block[4 * i + 3];
	for (; i < 64; i++)
		w[i] = (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10) + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 16];
	memcpy(s, sha->state, sizeof(s));
	for (i = 0; i < 64; i++) {
		t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
		     ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
		t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
		     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		sha->state[i] += s[i];
}

static void sha256_start(struct sha256 *sha)
{
	*sha = (struct sha256){
		.state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
			   0x1f83d9ab, 0x5be0cd19 },
	};
}

static void sha256_add(struct sha256 *sha, const unsigned char *data, size_t len)
{
	for (; len > 0; len--) {
		sha->block[sha->bytes++ % BLOCK] = *data++;
		if (sha->bytes % BLOCK == 0)
			sha256_block(sha);
	}
}

static void sha256_end(struct sha256 *sha)
{
	uint64_t bits = sha->bytes * 8;
	unsigned char byte = 0x80;
	int shift;

	sha256_add(sha, &byte, 1);
	for (byte = 0; sha->bytes % BLOCK != BLOCK - 8;)
		sha256_add(sha, &byte, 1);
	for (shift = 56; shift >= 0; shift -= 8) {
		byte = (unsigned char)(bits >> shift);
		sha256_add(sha, &byte, 1);
	}
}

static int sum_fd(int fd, const char *name)
{
	static unsigned char buf[4096];
	struct sha256 sha;
	char text[65];
	long len;
	int i;

	sha256_start(&sha);
	while ((len = sys_read(fd, buf, sizeof(buf))) > 0)
		sha256_add(&sha, buf, (size_t)len);
	if (len < 0)
		return program_fail(name, len);
	sha256_end(&sha);
	for (i = 0; i < 8; i++)
		snprintf(text + 8 * i, 9, "%08x", sha.state[i]);
	return printf("%s  %s\n", text, name) < 0;
}

int main(int argc, char **argv)
{
	int i, status = 0;

	if (argc == 1)
		return sum_fd(0, "-");
	for (i = 1; i < argc; i++) {
		long fd = sys_open(argv[i], O_RDONLY);

		if (fd < 0) {
			status |= program_fail(argv[i], fd);
			continue;
		}
		status |= sum_fd((int)fd, argv[i]);
		sys_close((int)fd);
	}
	return status;
}
