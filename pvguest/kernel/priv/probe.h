/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading what may not be there, and the counters of hypervisor and firmware.
 * docs/abi.md, STRATA_FN_COUNTER_READ; sbi/include/strata/firmware.h.
 */
#ifndef PRIV_PROBE_H
#define PRIV_PROBE_H

#include "lib/types.h"

/* Read a CSR into *value; 0 if that traps. */
int priv_probe_stimecmp(uint64_t *value);
int priv_probe_instret(uint64_t *value);

/* What stands for a number that nobody counts. */
#define PRIV_COUNT_UNKNOWN	(~0UL)

/* Traps of this hart to the hypervisor; 0 without one. */
uint64_t priv_count_traps(void);
/* Entries to M-mode, or PRIV_COUNT_UNKNOWN. */
uint64_t priv_count_mtraps(void);
/* Finds out who counts. */
void priv_count_init(void);

#endif
