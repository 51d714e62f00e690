/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A buffer cache over an image in memory. Each block lies in memory of its own while it is in use,
 * so that ASan sees what is read behind it or after it was put, and a buffer never put is a leak.
 */
#ifndef UNIT_FAKE_BUFFER_H
#define UNIT_FAKE_BUFFER_H

#include <stdlib.h>
#include <string.h>

#include "fs/buffer.h"
#include "lib/errno.h"

struct block_device {
	uint8_t *bytes;
	uint64_t size;
	struct buffer_page *pages;
	uint64_t reads_until_error; /* 0: none fails */
};

struct buffer_page {
	struct buffer_page *next;
	struct block_device *device;
	uint64_t offset;
	uint32_t size, users;
	uint8_t *data;
};

static int fake_buffer_get(struct block_device *device, uint64_t block, uint32_t size, bool fresh,
			   struct buffer *buffer)
{
	uint64_t offset = block * size;
	struct buffer_page *page = device->pages;

	if (offset >= device->size || size > device->size - offset)
		return -EIO;
	if (device->reads_until_error && !--device->reads_until_error)
		return -EIO;
	while (page && (page->offset != offset || page->size != size))
		page = page->next;
	if (!page) {
		page = calloc(1, sizeof(*page));
		page->device = device;
		page->offset = offset;
		page->size = size;
		page->data = malloc(size);
		memcpy(page->data, device->bytes + offset, size);
		page->next = device->pages;
		device->pages = page;
	}
	if (fresh)
		memset(page->data, 0, size);
	page->users++;
	*buffer = (struct buffer){ page, page->data, size };
	return 0;
}

int buffer_get(struct block_device *device, uint64_t block, uint32_t size, struct buffer *buffer)
{
	return fake_buffer_get(device, block, size, false, buffer);
}

int buffer_get_new(struct block_device *device, uint64_t block, uint32_t size,
		   struct buffer *buffer)
{
	return fake_buffer_get(device, block, size, true, buffer);
}

void buffer_dirty(const struct buffer *buffer)
{
	(void)buffer;
}

/* The last user writes it back, changed or not. */
void buffer_put(const struct buffer *buffer)
{
	struct buffer_page *page = buffer->page, **at = &page->device->pages;

	memcpy(page->device->bytes + page->offset, page->data, page->size);
	if (--page->users)
		return;
	while (*at != page)
		at = &(*at)->next;
	*at = page->next;
	free(page->data);
	free(page);
}

void buffer_forget(struct block_device *device, uint64_t block, uint32_t size)
{
	(void)device;
	(void)block;
	(void)size;
}

#endif
