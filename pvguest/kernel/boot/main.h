/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which the kernel comes to life.
 * Called from boot.S.
 */
#ifndef BOOT_MAIN_H
#define BOOT_MAIN_H

#include "lib/types.h"

_Noreturn void main_boot(uint64_t hart_id, uint64_t tree_pa, uint64_t features, bool has_strata);
/* Another hart, on its own stack, tp set, interrupts off, on the first tables. */
_Noreturn void main_secondary(void);

#endif
