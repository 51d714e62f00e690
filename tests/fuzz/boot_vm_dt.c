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
#include "vm_dt_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return vm_dt_try(data, size);
}
