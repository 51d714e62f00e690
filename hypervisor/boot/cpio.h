/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a cpio archive in the "newc" format (magic 070701), in place. Pure; the archive is
 * untrusted. Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#ifndef BOOT_CPIO_H
#define BOOT_CPIO_H

#include "lib/types.h"

/* Where a walk over an archive stands. After an error, offset is where the bad entry begins. */
struct cpio {
	const uint8_t *base;
	size_t size, offset;
	bool ended;		/* after a trailer: zeros or another archive may follow */
};

/* One entry; pointers lead into the archive. */
struct cpio_file {
	const char *name;	/* NUL-terminated, without leading "./" and "/" */
	const void *data;	/* 4-byte aligned relative to the archive */
	size_t size;
	uint32_t mode;		/* st_mode */
};

void cpio_init(struct cpio *cpio, const void *base, size_t size);
/*
 * The next regular file; other entries are skipped. An archive may be followed by zeros and
 * further archives.
 * Return: 1 with *file filled in, 0 at the end, -EILSEQ if the rest cannot be read (also next
 * time); the files before it are good.
 */
int cpio_next(struct cpio *cpio, struct cpio_file *file);
/*
 * The first regular file of this name (leading "./" and "/" ignored).
 * Return: 0; -ENOENT; -EILSEQ if it was not found before the archive broke.
 */
int cpio_find(const void *base, size_t size, const char *name, struct cpio_file *file);

#endif
