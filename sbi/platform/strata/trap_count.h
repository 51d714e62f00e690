/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layout of a hart's M-mode entry counters: shared by the code that counts and the call that reads.
 * One 8-byte slot for each cause below 64, exceptions first, then interrupts.
 */
#ifndef STRATA_TRAP_COUNT_H
#define STRATA_TRAP_COUNT_H

#define STRATA_COUNT_CAUSES	64
#define STRATA_COUNT_SLOTS	(2 * STRATA_COUNT_CAUSES)
#define STRATA_COUNT_SAVE0	(STRATA_COUNT_SLOTS * 8)
#define STRATA_COUNT_SAVE1	(STRATA_COUNT_SAVE0 + 8)
#define STRATA_COUNT_SIZE	(STRATA_COUNT_SAVE1 + 8)

#endif
