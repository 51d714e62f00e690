/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/sha256.c against the examples of FIPS 180-4 and of NIST's validation system (SHAVS).
 * SOURCES: hypervisor/lib/sha256.c
 */
#include "lib/sha256.h"
#include "test.h"

static const char *hash_of(const void *data, size_t size)
{
	static char text[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, data, size);
	sha256_final(&hash, digest);
	sha256_to_hex(digest, text);
	return text;
}

TEST("the empty message")
{
	CHECK_STR(hash_of("", 0),
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST("the one-block message of FIPS 180-4")
{
	CHECK_STR(hash_of("abc", 3),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST("the two-block messages of FIPS 180-4")
{
	const char *short_one = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	const char *long_one = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
			       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

	CHECK_STR(hash_of(short_one, strlen(short_one)),
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	CHECK_STR(hash_of(long_one, strlen(long_one)),
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

TEST("a million times the letter a, in pieces of every size")
{
	static char a[1000];
	char text[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;
	size_t left = 1000000;

	memset(a, 'a', sizeof(a));
	sha256_init(&hash);
	for (size_t part = 0; left; part = (part + 7) % 1000) {
		size_t size = part < left ? part : left;

		sha256_update(&hash, a, size);
		left -= size;
	}
	sha256_final(&hash, digest);
	sha256_to_hex(digest, text);
	CHECK_STR(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST("messages around the block boundary are padded right")
{
	char zeros[129] = { 0 };

	/* Zero bytes: 55 and 56 differ in the number of blocks, 64 leaves an empty last one. */
	CHECK_STR(hash_of(zeros, 55),
		  "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
	CHECK_STR(hash_of(zeros, 56),
		  "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
	CHECK_STR(hash_of(zeros, 57),
		  "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785");
	CHECK_STR(hash_of(zeros, 64),
		  "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
}
