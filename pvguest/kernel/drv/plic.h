/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller, for the one interrupt that the console uses.
 * RISC-V PLIC specification 1.0.0.
 */
#ifndef DRV_PLIC_H
#define DRV_PLIC_H

#include "lib/types.h"

/* Maps the PLIC and lets the UART's interrupt through to the boot hart; false if it cannot. */
bool plic_init(void);
/* Claims, handles and completes what is pending. */
void plic_handle(void);

#endif
