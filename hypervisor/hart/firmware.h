/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware below can tell beyond SBI: M-mode entries, if it is Strata's own platform.
 */
#ifndef HART_FIRMWARE_H
#define HART_FIRMWARE_H

#include "lib/types.h"

/* Look once, on the boot hart, whether the firmware counts its entries. */
void firmware_probe(void);
bool firmware_counts(void);
/* M-mode entries of this hart since reset; 0 if the firmware does not count them. */
uint64_t firmware_entries(void);
/*
 * Have the firmware keep this hart's struct strata_fw_account at this address, from the next trap
 * to M-mode on; false: it cannot.
 */
bool firmware_account(hpa_t at);

/*
 * Does the firmware pass misaligned accesses on, as SBI FWFT tells? If it has no FWFT it emulates
 * them.
 */
bool firmware_delegates_misaligned(void);

#endif
