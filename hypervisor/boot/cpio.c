/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks a "newc" cpio archive in place; every length is checked against what is left.
 * Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#include "boot/cpio.h"
#include "lib/errno.h"
#include "lib/string.h"

/* The header is a 6-character magic and 13 fields of 8 hexadecimal digits; the name follows it. */
#define CPIO_HEADER_SIZE	110
#define CPIO_FIELD_MODE		1
#define CPIO_FIELD_FILESIZE	6
#define CPIO_FIELD_NAMESIZE	11
#define CPIO_TRAILER		"TRAILER!!!"

#define CPIO_S_IFMT		0170000
#define CPIO_S_IFREG		0100000

/* One entry as it stands in the archive, names unstripped. */
struct cpio_entry {
	const char *name;
	size_t data, file_size, next;	/* offsets from the base; next may lie beyond the end */
	uint32_t mode;
};

void cpio_init(struct cpio *cpio, const void *base, size_t size)
{
	*cpio = (struct cpio){ .base = base, .size = size };
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int cpio_field(const uint8_t *header, unsigned index, uint32_t *value)
{
	const uint8_t *digits = header + 6 + 8 * index;

	*value = 0;
	for (unsigned i = 0; i < 8; i++) {
		int digit = hex_digit(digits[i]);

		if (digit < 0)
			return -EILSEQ;
		*value = *value << 4 | (uint32_t)digit;
	}
	return 0;
}

/* Name and data are each padded to 4 bytes, counted from the archive's first byte. */
static int cpio_entry_read(const struct cpio *cpio, struct cpio_entry *entry)
{
	const uint8_t *header = cpio->base + cpio->offset;
	size_t left = cpio->size - cpio->offset;
	uint32_t file_size, name_size;

	if (left < CPIO_HEADER_SIZE || memcmp(header, "070701", 6) != 0)
		return -EILSEQ;
	if (cpio_field(header, CPIO_FIELD_MODE, &entry->mode) ||
	    cpio_field(header, CPIO_FIELD_FILESIZE, &file_size) ||
	    cpio_field(header, CPIO_FIELD_NAMESIZE, &name_size))
		return -EILSEQ;
	if (name_size == 0 || name_size > left - CPIO_HEADER_SIZE)
		return -EILSEQ;
	entry->name = (const char *)header + CPIO_HEADER_SIZE;
	if (strnlen(entry->name, name_size) != name_size - 1)
		return -EILSEQ;
	entry->data = ALIGN_UP(cpio->offset + CPIO_HEADER_SIZE + name_size, 4UL);
	entry->file_size = file_size;
	if (file_size != 0 &&
	    (entry->data > cpio->size || file_size > cpio->size - entry->data))
		return -EILSEQ;
	entry->next = ALIGN_UP(entry->data + file_size, 4UL);
	return 0;
}

/* Between archives there may be zeros. */
static void cpio_skip_zeros(struct cpio *cpio)
{
	while (cpio->offset < cpio->size && cpio->base[cpio->offset] == 0)
		cpio->offset++;
}

static const char *cpio_strip(const char *name)
{
	for (;;) {
		if (name[0] == '/')
			name++;
		else if (name[0] == '.' && name[1] == '/')
			name += 2;
		else
			return name;
	}
}

int cpio_next(struct cpio *cpio, struct cpio_file *file)
{
	*file = (struct cpio_file){ 0 };
	for (;;) {
		struct cpio_entry entry;

		if (cpio->ended) {
			cpio_skip_zeros(cpio);
			if (cpio->offset == cpio->size)
				return 0;
			if (!IS_ALIGNED(cpio->offset, 4UL))
				return -EILSEQ;
		}
		if (cpio_entry_read(cpio, &entry))
			return -EILSEQ;
		cpio->offset = MIN(entry.next, cpio->size);
		cpio->ended = strcmp(entry.name, CPIO_TRAILER) == 0;
		if (cpio->ended || (entry.mode & CPIO_S_IFMT) != CPIO_S_IFREG)
			continue;
		file->name = cpio_strip(entry.name);
		file->data = cpio->base + MIN(entry.data, cpio->size);
		file->size = entry.file_size;
		file->mode = entry.mode;
		return 1;
	}
}

int cpio_find(const void *base, size_t size, const char *name, struct cpio_file *file)
{
	struct cpio cpio;
	int err;

	cpio_init(&cpio, base, size);
	name = cpio_strip(name);
	while ((err = cpio_next(&cpio, file)) > 0)
		if (strcmp(file->name, name) == 0)
			return 0;
	*file = (struct cpio_file){ 0 };
	return err ? err : -ENOENT;
}
