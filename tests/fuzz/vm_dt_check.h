/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM tree for the parser: refused with a line, or accepted and turned into a valid guest tree.
 */
#ifndef FUZZ_VM_DT_CHECK_H
#define FUZZ_VM_DT_CHECK_H

#include "boot/dt.h"
#include "boot/guest_dt.h"
#include "boot/vm_dt.h"
#include "fake_kalloc.h"
#include "lib/errno.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void vm_dt_build(const struct vm_config *config, const void *fdt)
{
	static const struct guest_dt_facts facts = { .timebase_hz = 10000000, .isa = 1,
						     .initrd_gpa = 0x83000000, .initrd_size = 1 };
	size_t room = guest_dt_size(config, fdt);
	void *out = malloc(room);
	int built = guest_dt_build(config, fdt, out, room, &facts);

	if (built > 0 ? dt_check(out, (size_t)built) != 0 : built != -EINVAL && built != -ENOSPC)
		abort();
	free(out);
}

static inline int vm_dt_try(const void *data, size_t size)
{
	struct vm_config config;
	char why[120] = "";
	int err = vm_dt_parse(data, size, "fuzz", &config, why, sizeof(why));

	if ((err == 0) != (why[0] == '\0'))
		abort();
	if (err == 0)
		vm_dt_build(&config, data);
	vm_config_free(&config);
	if (kalloc_live)
		abort();
	return 0;
}

#endif
