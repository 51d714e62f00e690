/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an archive: every file lies inside it, and the walk ends.
 * SOURCES: hypervisor/boot/cpio.c
 */
#include <stdlib.h>

#include "boot/cpio.h"
#include "lib/errno.h"
#include "lib/string.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpio cpio;
	struct cpio_file file, found;
	int more;

	cpio_init(&cpio, data, size);
	while ((more = cpio_next(&cpio, &file)) > 0) {
		const uint8_t *bytes = file.data;

		if (bytes < data || file.size > (size_t)(data + size - bytes))
			abort();
		if (strlen(file.name) >= size)
			abort();
		if (cpio_find(data, size, file.name, &found))
			abort();
	}
	if (more && more != -EILSEQ)
		abort();
	return 0;
}
