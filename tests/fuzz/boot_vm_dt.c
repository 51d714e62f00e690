/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a VM tree: refused with a line, or accepted and turned into a valid guest tree.
 * SOURCES: hypervisor/boot/vm_dt_virtio.c
 * SOURCES: hypervisor/boot/vm_dt_sched.c hypervisor/boot/vm_dt_sbi.c hypervisor/vsbi/names.c
 * SOURCES: hypervisor/boot/vm_dt_aia.c hypervisor/boot/isa.c
 * SOURCES: hypervisor/boot/vm_dt.c hypervisor/boot/vm_dt_soc.c hypervisor/boot/guest_dt.c
 * SOURCES: hypervisor/boot/dt.c hypervisor/boot/refuse.c hypervisor/vm/config.c
 * SOURCES: hypervisor/lib/string.c
 */
#include "boot/dt.h"
#include "boot/guest_dt.h"
#include "boot/vm_dt.h"
#include "fake_kalloc.h"
#include "lib/errno.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void build(const struct vm_config *config, const void *fdt)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vm_config config;
	char why[120] = "";
	int err = vm_dt_parse(data, size, "fuzz", &config, why, sizeof(why));

	if ((err == 0) != (why[0] == '\0'))
		abort();
	if (err == 0)
		build(&config, data);
	vm_config_free(&config);
	if (kalloc_live)
		abort();
	return 0;
}
