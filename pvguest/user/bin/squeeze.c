/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * squeeze: compresses standard input to standard output; squeeze -d: the other way.
 * Its own format: groups of a byte of eight flags, lowest first, and what they announce: 0 a byte,
 * 1 a copy of 3 to 18 bytes from 1 to 4096 bytes before (Storer and Szymanski, 1982). The copy is
 * two bytes: the distance - 1 in the low 12 bits, the length - 3 in the high 4.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/malloc.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define COPY_MIN     3
#define COPY_MAX     18
#define DISTANCE_MAX 4096
#define HASH_SIZE    4096
#define TRIES_MAX    8
#define NOWHERE	     (-1L)

struct bytes {
	unsigned char *data;
	size_t used, room;
};

static void bytes_reserve(struct bytes *b, size_t more)
{
	size_t room = b->room != 0 ? b->room : 0x4000;
	unsigned char *data;

	if (b->used + more <= b->room)
		return;
	while (room < b->used + more)
		room *= 2;
	data = realloc(b->data, room);
	if (data == NULL)
		sys_exit(program_fail("squeeze", -ENOMEM));
	b->data = data;
	b->room = room;
}

static void bytes_add(struct bytes *b, unsigned int value)
{
	bytes_reserve(b, 1);
	b->data[b->used++] = (unsigned char)value;
}

static struct bytes input_read(void)
{
	struct bytes in = { 0 };
	long len;

	do {
		bytes_reserve(&in, 0x1000);
		len = sys_read(0, in.data + in.used, 0x1000);
		if (len < 0)
			sys_exit(program_fail("standard input", len));
		in.used += (size_t)len;
	} while (len > 0);
	return in;
}

/* Where three bytes were seen last, and before each place where its three were seen before. */
static long hash_last[HASH_SIZE];
static long *hash_before;

static unsigned int hash_of(const unsigned char *at)
{
	return (at[0] * 2654435761U ^ at[1] * 40503U ^ at[2] * 69U) >> 4 & (HASH_SIZE - 1);
}

static void place_enter(const struct bytes *in, size_t at)
{
	unsigned int hash;

	if (at + COPY_MIN > in->used)
		return;
	hash = hash_of(in->data + at);
	hash_before[at] = hash_last[hash];
	hash_last[hash] = (long)at;
}

/* The longest copy for what stands at `at`; its length, 0 if none is worth it. */
static size_t copy_find(const struct bytes *in, size_t at, size_t *distance)
{
	size_t best = COPY_MIN - 1, limit = in->used - at, len;
	long from;
	int tries;

	if (limit < COPY_MIN)
		return 0;
	if (limit > COPY_MAX)
		limit = COPY_MAX;
	from = hash_last[hash_of(in->data + at)];
	for (tries = 0; tries < TRIES_MAX && from >= 0 && at - (size_t)from <= DISTANCE_MAX;
	     tries++, from = hash_before[from]) {
		for (len = 0; len < limit && in->data[(size_t)from + len] == in->data[at + len];)
			len++;
		if (len > best) {
			best = len;
			*distance = at - (size_t)from;
		}
	}
	return best >= COPY_MIN ? best : 0;
}

static struct bytes squeeze(const struct bytes *in)
{
	struct bytes out = { 0 };
	size_t at = 0, flags = 0, distance = 0, len, i;
	unsigned int bit = 8;

	hash_before = malloc((in->used + 1) * sizeof(*hash_before));
	if (hash_before == NULL)
		sys_exit(program_fail("squeeze", -ENOMEM));
	for (i = 0; i < HASH_SIZE; i++)
		hash_last[i] = NOWHERE;
	while (at < in->used) {
		if (bit == 8) {
			flags = out.used;
			bytes_add(&out, 0);
			bit = 0;
		}
		len = copy_find(in, at, &distance);
		if (len != 0) {
			out.data[flags] |= (unsigned char)(1U << bit);
			bytes_add(&out, (distance - 1) & 0xff);
			bytes_add(&out,
				  (unsigned int)((distance - 1) >> 8 | (len - COPY_MIN) << 4));
		} else {
			len = 1;
			bytes_add(&out, in->data[at]);
		}
		bit++;
		for (; len > 0; len--)
			place_enter(in, at++);
	}
	return out;
}

static struct bytes unsqueeze(const struct bytes *in)
{
	struct bytes out = { 0 };
	unsigned int flags = 0, bit = 8;
	size_t at = 0;

	while (at < in->used) {
		size_t word, distance, len;

		if (bit == 8) {
			flags = in->data[at++];
			bit = 0;
			continue;
		}
		if ((flags >> bit++ & 1) == 0) {
			bytes_add(&out, in->data[at++]);
			continue;
		}
		if (at + 2 > in->used)
			sys_exit(program_fail("standard input", -EINVAL));
		word = in->data[at] | (size_t)in->data[at + 1] << 8;
		at += 2;
		distance = (word & (DISTANCE_MAX - 1)) + 1;
		if (distance > out.used)
			sys_exit(program_fail("standard input", -EINVAL));
		for (len = (word >> 12) + COPY_MIN; len > 0; len--)
			bytes_add(&out, out.data[out.used - distance]);
	}
	return out;
}

int main(int argc, char **argv)
{
	struct bytes in, out;
	long error;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "-d") != 0)) {
		dprintf(2, "usage: squeeze [-d]\n");
		return 2;
	}
	in = input_read();
	out = argc == 2 ? unsqueeze(&in) : squeeze(&in);
	error = write_all(1, out.data, out.used);
	return error < 0 ? program_fail("standard output", error) : 0;
}
