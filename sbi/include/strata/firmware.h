/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one vendor call of the Strata OpenSBI platform (sbi/platform/strata): M-mode entry counts.
 * SBI 2.0, "vendor-specific extension space": base + mvendorid, which is 0 on QEMU virt.
 */
#ifndef STRATA_FIRMWARE_H
#define STRATA_FIRMWARE_H

#define STRATA_FW_EID			0x09000000

/*
 * (cause) -> entries of the calling hart to M-mode, since reset, for that mcause:
 * the cause number, STRATA_FW_INTERRUPT | number for interrupts, or STRATA_FW_ALL for the sum.
 * SBI_ERR_INVALID_PARAM for a cause above 63.
 */
#define STRATA_FW_FN_ENTRIES		0
#define STRATA_FW_INTERRUPT		0x100
#define STRATA_FW_ALL			(~0UL)
/* () -> STRATA_FW_MAGIC: tells this firmware from another vendor's. */
#define STRATA_FW_FN_MAGIC		1
#define STRATA_FW_MAGIC			0x5354524154410001UL

#endif
