/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's APLIC, its supervisor-level domain: which source interrupts the hypervisor.
 * RISC-V Advanced Interrupt Architecture 1.0, chapter 4.
 */
#ifndef DRV_APLIC_H
#define DRV_APLIC_H

#include "lib/types.h"

/*
 * Take over the domain whose registers are mapped at base: no source active. On the boot hart,
 * once. With msi, hart is its hart index, and a source's identity in its IMSIC is its number, which
 * is below ipi: that is for the harts' interrupts to each other (hart_kick). Without, hart is the
 * number of its IDC structure.
 */
void aplic_init(void *base, unsigned sources, bool msi, unsigned hart, unsigned ipi);

#endif
