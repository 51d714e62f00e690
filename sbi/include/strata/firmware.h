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
/*
 * (physical address, aligned to 8, of a struct strata_fw_account in the caller's memory) -> 0.
 * From the next trap on the firmware keeps it up to date for the calling hart, and then costs more
 * itself; STRATA_FW_ACCOUNT_OFF ends it. SBI_ERR_INVALID_ADDRESS for memory that S-mode may not
 * write.
 */
#define STRATA_FW_FN_ACCOUNT		2
#define STRATA_FW_ACCOUNT_OFF		(~0UL)

#ifndef __ASSEMBLER__
#include <stdint.h>

/*
 * insns are the instructions of the handling in C; what stands around it takes the same for each
 * entry, and is found by comparing with a call that does nothing.
 */
struct strata_fw_account {
	uint64_t entries;	/* traps to M-mode that have been handled */
	uint64_t insns;		/* instructions retired in handling them */
};
_Static_assert(sizeof(struct strata_fw_account) == 16, "strata_fw_account has grown");
#endif

#endif
