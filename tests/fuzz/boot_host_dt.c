/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as the machine's device tree.
 * SOURCES: hypervisor/boot/host_dt.c hypervisor/boot/isa.c hypervisor/boot/dt.c
 * SOURCES: hypervisor/boot/host_aia.c hypervisor/boot/host_sswi.c
 * SOURCES: hypervisor/boot/refuse.c hypervisor/lib/string.c
 */
#include "boot/host_dt.h"
#include "fake_kalloc.h"
#include "lib/string.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_info host;
	char why[120] = "";
	void *fdt = malloc(size ? size : 1);

	memcpy(fdt, data, size);
	/* The size of the machine's tree is what its header says: firmware vouches for that. */
	if (size >= 40 && host_dt_size(fdt) <= size) {
		if ((host_dt_parse(fdt, &host, why, sizeof(why)) == 0) != (why[0] == '\0'))
			abort();
		host_dt_free(&host);
	}
	free(fdt);
	if (kalloc_live)
		abort();
	return 0;
}
