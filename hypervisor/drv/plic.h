/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's PLIC, from one context: which source interrupts the hypervisor.
 * RISC-V Platform-Level Interrupt Controller Specification 1.0.
 */
#ifndef DRV_PLIC_H
#define DRV_PLIC_H

#include "lib/types.h"

/*
 * Take over the PLIC whose registers are mapped at base, for the S-mode context given: no source
 * enabled, threshold 0. Called once, by boot, with the boot hart's context.
 */
void plic_init(void *base, unsigned ndev, unsigned context);

#endif
