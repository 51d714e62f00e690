/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own address space: image, direct map of RAM, devices, stacks with guard pages.
 * Sv39; U=0 and G=1 everywhere; nothing is both writable and executable.
 */
#ifndef MEM_HVMAP_H
#define MEM_HVMAP_H

#include <riscv/layout.h>
#include "lib/types.h"

static inline void *hva_from_hpa(hpa_t hpa)
{
	return (void *)(hpa.v + HV_OFFSET);
}

static inline hpa_t hpa_from_hva(const void *hva)
{
	return HPA((uint64_t)hva - HV_OFFSET);
}

/*
 * Start the final tables with the image's sections in them; kalloc must work. Return: 0, -ENOMEM.
 */
int hvmap_init(void);
/* Map RAM [base, base + size) into the direct map, read-write, apart from the image's pages. */
int hvmap_add_ram(hpa_t base, uint64_t size);
/* Map a device's registers; return where, NULL without memory or beyond the direct map. */
void *hvmap_device(hpa_t base, uint64_t size);
/* A new stack of HART_STACK_SIZE between two unmapped pages; returns its top, 0 without memory. */
uint64_t hvmap_stack(void);
/* The value of satp for the final tables. */
uint64_t hvmap_satp(void);

#endif
