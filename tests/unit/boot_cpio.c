/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpio archives, good, broken and hostile.
 * SOURCES: hypervisor/boot/cpio.c
 */
#include "test.h"

#include "boot/cpio.h"
#include "lib/errno.h"

#define ARCHIVE_MAX	4096

/* An archive under construction. The reader gets an exact copy, so ASan sees any overrun. */
struct archive {
	uint8_t bytes[ARCHIVE_MAX];
	size_t size;
};

static struct cpio cpio;
static struct cpio_file file;
static uint8_t *copy;

static void archive_pad(struct archive *a)
{
	while (a->size % 4)
		a->bytes[a->size++] = 0;
}

static void archive_add(struct archive *a, const char *name, unsigned mode, const char *data)
{
	size_t n = strlen(data);

	a->size += (size_t)sprintf((char *)a->bytes + a->size,
				   "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
				   1, mode, 0, 0, 1, 0, n, 0, 0, 0, 0, strlen(name) + 1, 0);
	strcpy((char *)a->bytes + a->size, name);
	a->size += strlen(name) + 1;
	archive_pad(a);
	memcpy(a->bytes + a->size, data, n);
	a->size += n;
	archive_pad(a);
}

static struct archive archive_two(void)
{
	struct archive a = { .size = 0 };

	archive_add(&a, "./a.dtb", 0100644, "first");
	archive_add(&a, "dir", 0040755, "");
	archive_add(&a, "/dir/b", 0100644, "second one");
	archive_add(&a, "empty", 0100644, "");
	archive_add(&a, "TRAILER!!!", 0, "");
	return a;
}

static void archive_open(const struct archive *a)
{
	free(copy);
	copy = malloc(a->size ? a->size : 1);
	memcpy(copy, a->bytes, a->size);
	cpio_init(&cpio, copy, a->size);
}

TEST("regular files come in order, names stripped of ./ and /, other entries skipped")
{
	struct archive a = archive_two();

	archive_open(&a);
	CHECK_EQ(cpio_next(&cpio, &file), 1);
	CHECK_STR(file.name, "a.dtb");
	CHECK_EQ(file.size, 5);
	CHECK(memcmp(file.data, "first", 5) == 0);
	CHECK_EQ(file.mode, 0100644);
	CHECK_EQ(cpio_next(&cpio, &file), 1);
	CHECK_STR(file.name, "dir/b");
	CHECK(memcmp(file.data, "second one", 10) == 0);
	CHECK_EQ(cpio_next(&cpio, &file), 1);
	CHECK_STR(file.name, "empty");
	CHECK_EQ(file.size, 0);
	CHECK_EQ(cpio_next(&cpio, &file), 0);
	CHECK_EQ(cpio_next(&cpio, &file), 0);
}

TEST("a file is found by name, however it is prefixed")
{
	struct archive a = archive_two();

	archive_open(&a);
	CHECK_EQ(cpio_find(copy, a.size, "a.dtb", &file), 0);
	CHECK_EQ(file.size, 5);
	CHECK_EQ(cpio_find(copy, a.size, "./dir/b", &file), 0);
	CHECK_EQ(cpio_find(copy, a.size, "dir", &file), -ENOENT);
	CHECK_EQ(cpio_find(copy, a.size, "a", &file), -ENOENT);
	CHECK(file.name == NULL);
	CHECK_EQ(cpio_find(copy, 0, "a", &file), -EILSEQ);
}

TEST("the first of two files of one name is found")
{
	struct archive a = { .size = 0 };

	archive_add(&a, "x", 0100644, "1");
	archive_add(&a, "x", 0100644, "2");
	archive_add(&a, "TRAILER!!!", 0, "");
	archive_open(&a);
	CHECK_EQ(cpio_find(copy, a.size, "x", &file), 0);
	CHECK(memcmp(file.data, "1", 1) == 0);
}

TEST("archives may follow one another, with zeros between and behind them")
{
	struct archive a = archive_two();

	memset(a.bytes + a.size, 0, 512 - a.size % 512);
	a.size += 512 - a.size % 512;
	archive_add(&a, "later", 0100644, "third");
	archive_add(&a, "TRAILER!!!", 0, "");
	memset(a.bytes + a.size, 0, 7);
	a.size += 7;
	archive_open(&a);
	CHECK_EQ(cpio_find(copy, a.size, "later", &file), 0);
	CHECK_EQ(cpio_find(copy, a.size, "never", &file), -ENOENT);
}

TEST("garbage behind the trailer is an error at its offset")
{
	struct archive a = archive_two();
	size_t end = a.size;

	memcpy(a.bytes + a.size, "\x1f\x8b\x08\x00", 4);
	a.size += 4;
	archive_open(&a);
	while (cpio_next(&cpio, &file) > 0)
		;
	CHECK_EQ(cpio_next(&cpio, &file), -EILSEQ);
	CHECK_EQ(cpio.offset, end);
}

TEST("an archive cut at any byte keeps the files before the cut")
{
	struct archive whole = archive_two();

	for (size_t size = 0; size < whole.size; size++) {
		struct archive a = whole;
		int files = 0, last;

		a.size = size;
		archive_open(&a);
		while ((last = cpio_next(&cpio, &file)) > 0)
			files++;
		/* Only the padding behind the trailer's name may go missing unnoticed. */
		if (whole.size - size > 3)
			CHECK_EQ(last, -EILSEQ);
		CHECK_EQ(cpio_next(&cpio, &file), last);
		CHECK(cpio.offset <= size);
		CHECK(files >= (size >= 132) + (size >= 388));
	}
}

static const struct {
	const char *what;
	size_t offset;		/* of the byte to change in the second header */
	const char *bytes;
} broken[] = {
	{ "magic", 0, "070702" },
	{ "old binary magic", 0, "\xc7\x71" },
	{ "digit that is none", 6 + 8 * 6, "0000000g" },
	{ "sign", 6 + 8 * 6, "-0000001" },
	{ "blank", 6 + 8 * 6, "       1" },
	{ "file size beyond the end", 6 + 8 * 6, "00001000" },
	{ "file size of 4 GiB", 6 + 8 * 6, "ffffffff" },
	{ "name size 0", 6 + 8 * 11, "00000000" },
	{ "name size beyond the end", 6 + 8 * 11, "ffffffff" },
	{ "name without NUL", 6 + 8 * 11, "00000003" },
	{ "NUL inside the name", 6 + 8 * 11, "00000008" },
};

TEST("a broken header is an error at its offset, each time asked")
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct archive a = { .size = 0 };
		size_t second;

		archive_add(&a, "good", 0100644, "good");
		second = a.size;
		archive_add(&a, "file", 0100644, "data");
		archive_add(&a, "TRAILER!!!", 0, "");
		memcpy(a.bytes + second + broken[i].offset, broken[i].bytes,
		       strlen(broken[i].bytes));
		archive_open(&a);
		CHECK_EQ(cpio_next(&cpio, &file), 1);
		if (cpio_next(&cpio, &file) != -EILSEQ)
			FAIL("%s: accepted", broken[i].what);
		CHECK(file.name == NULL);
		CHECK_EQ(cpio.offset, second);
		CHECK_EQ(cpio_next(&cpio, &file), -EILSEQ);
		CHECK_EQ(cpio_find(copy, a.size, "good", &file), 0);
		CHECK_EQ(cpio_find(copy, a.size, "file", &file), -EILSEQ);
	}
}

TEST("no archive of random bytes with valid magic makes the reader leave it or loop")
{
	uint64_t seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct archive a = archive_two();
		int steps = 0;

		for (int i = 0; i < 4; i++) {
			uint64_t r = test_random(&seed);

			a.bytes[r % a.size] = (uint8_t)"0123456789abcdefTR\0\xff/."
				[(r >> 32) % 22];
		}
		a.size -= test_random(&seed) % 3 ? 0 : test_random(&seed) % a.size;
		archive_open(&a);
		while (cpio_next(&cpio, &file) > 0) {
			CHECK(++steps <= 8);
			CHECK((const uint8_t *)file.data + file.size <= copy + a.size);
			CHECK(strlen(file.name) < a.size);
		}
	}
	free(copy);
	copy = NULL;
}
