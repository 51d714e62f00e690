/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many instructions M-mode retires: the account of <strata/firmware.h>, kept for S-mode in its
 * own memory, as SBI's PMU keeps its snapshots.
 */
#ifndef STRATA_ACCOUNT_H
#define STRATA_ACCOUNT_H

/* Once, on the boot hart: room for each hart's account. Return: 0 or SBI_ENOMEM. */
int strata_account_init(void);
/*
 * From now on the calling hart's account stands at this physical address, which S-mode must be
 * allowed to write; ~0: nowhere, which is how it begins. Return: 0 or SBI_ERR_INVALID_ADDRESS.
 */
int strata_account_set(unsigned long address);

#endif
