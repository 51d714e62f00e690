/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the tree that a guest reads out of its VM tree. Pure.
 * Devicetree Specification 0.4, chapter 3; Linux, Documentation/arch/riscv/boot.rst.
 */
#ifndef BOOT_GUEST_DT_H
#define BOOT_GUEST_DT_H

#include "vm/config.h"

#define GUEST_DT_SEED_SIZE	32
/* Room that the properties filled in here may need, beyond the VM tree itself. */
#define GUEST_DT_EXTRA		4096
#define GUEST_DT_EXTRA_PER_CPU	1024

/* What the tree tells the guest and only the hypervisor knows. */
struct guest_dt_facts {
	uint64_t timebase_hz;		/* ticks of `time` per second */
	uint64_t isa;			/* of every cpu: isa_guest() */
	uint64_t initrd_gpa, initrd_size;	/* size 0: none */
	uint8_t seed[GUEST_DT_SEED_SIZE];
};

/*
 * Bytes to give guest_dt_build for this VM. A tree that uses a few long names very often may need
 * more; it is then refused with -ENOSPC.
 */
size_t guest_dt_size(const struct vm_config *config, const void *vm_fdt);

/*
 * Write the guest's tree for config to out (8-byte aligned): the VM tree at vm_fdt (accepted by
 * vm_dt_parse, any alignment) without strata,* properties and disabled nodes, with what facts
 * holds.
 * Return: bytes of the finished tree; -ENOSPC if out_size is too small; -ENOMEM; -EINVAL.
 */
int guest_dt_build(const struct vm_config *config, const void *vm_fdt, void *out, size_t out_size,
		   const struct guest_dt_facts *facts);

#endif
