/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest kernel images: ELF (System V ABI, RISC-V ELF psABI) and Linux's Image
 * (Documentation/arch/riscv/boot-image-header.rst). Pure; the file is untrusted.
 */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "lib/types.h"

#define IMAGE_SEGMENTS_MAX	16
#define IMAGE_PIE_OFFSET	0x200000	/* from the base of RAM, for what runs anywhere */

enum image_kind { IMAGE_ELF, IMAGE_LINUX };

/* A piece of the file and where it goes: zeros follow the file's bytes up to mem_size. */
struct image_segment {
	uint64_t pa;		/* as linked; relative to the base of RAM for IMAGE_LINUX */
	uint64_t offset, file_size, mem_size;
};

struct image {
	enum image_kind kind;
	const uint8_t *file;
	bool position_independent;	/* ET_DYN */
	uint64_t entry;			/* physical, as pa is */
	uint64_t low, high;		/* first and last + 1 byte of all segments, as pa is */
	struct image_segment segments[IMAGE_SEGMENTS_MAX];
	size_t segment_count;
};

/* Guest memory, behind two calls. Return: 0, or a negative errno for what is not RAM. */
struct image_mem_ops {
	int (*write)(void *ctx, gpa_t gpa, const void *from, size_t size);
	int (*zero)(void *ctx, gpa_t gpa, size_t size);
};

/* Where an image was put. */
struct image_extent {
	gpa_t entry;
	gpa_t low, high;	/* [low, high) is occupied */
};

/*
 * Recognise the kernel in the size bytes at file and describe it in *out, which then points into
 * file. Return: 0; -EINVAL with one line in why: what it is not, or what is wrong with it.
 */
int image_probe(const void *file, size_t size, struct image *out, char *why, size_t why_size);

/*
 * Copy the image into guest memory whose RAM begins at ram_base: an ELF to its physical addresses;
 * a position independent one that is linked below RAM to ram_base + 2 MiB; an Image to
 * ram_base + text_offset. Return: 0; -EINVAL with one line in why if it does not fit.
 */
int image_load(const struct image *image, gpa_t ram_base, const struct image_mem_ops *ops,
	       void *ctx, struct image_extent *out, char *why, size_t why_size);

#endif
