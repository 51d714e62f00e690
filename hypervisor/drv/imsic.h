/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hart's own supervisor-level interrupt file. RISC-V Advanced Interrupt Architecture 1.0,
 * chapter 3.
 */
#ifndef DRV_IMSIC_H
#define DRV_IMSIC_H

#include "lib/types.h"

/* On the hart that is to be interrupted: let its file deliver, with the identity ipi enabled. */
void imsic_init(unsigned ipi);
/* Let an identity interrupt this hart. */
void imsic_enable(unsigned identity);
/* The identity to be served, claimed, or 0. */
unsigned imsic_claim(void);
/* It was another hart's: what that stored before is seen from here on. */
void imsic_see_ipi(void);

#endif
