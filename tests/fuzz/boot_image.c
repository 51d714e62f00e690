/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a kernel: what is loaded comes from the file and lies inside the extent reported.
 * SOURCES: hypervisor/boot/image.c hypervisor/boot/refuse.c
 */
#include <stdlib.h>

#include "boot/image.h"
#include "lib/errno.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t low, high;
static volatile uint8_t sink;

static int touch(void *ctx, gpa_t gpa, size_t size)
{
	(void)ctx;
	if (size == 0 || gpa.v + size < gpa.v)
		abort();
	low = gpa.v < low ? gpa.v : low;
	high = gpa.v + size > high ? gpa.v + size : high;
	return gpa.v & 8 ? -EFAULT : 0;
}

static int copy(void *ctx, gpa_t gpa, const void *from, size_t size)
{
	const uint8_t *bytes = from;

	sink = bytes[0];
	sink = bytes[size - 1];
	return touch(ctx, gpa, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct image_mem_ops ops = { copy, touch };
	struct image_extent extent;
	struct image image;
	char why[120] = "";

	low = UINT64_MAX;
	high = 0;
	if (image_probe(data, size, &image, why, sizeof(why)))
		return why[0] ? 0 : (abort(), 0);
	if (image_load(&image, GPA(0x80000000), &ops, NULL, &extent, why, sizeof(why)))
		return why[0] ? 0 : (abort(), 0);
	if (extent.low.v != low || extent.high.v != high || extent.entry.v < low ||
	    extent.entry.v >= high)
		abort();
	return 0;
}
