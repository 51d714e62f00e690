/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trap to inject into a guest: what the specification's trap entry writes into its CSRs.
 * RISC-V privileged specification, "Supervisor-Level ISA" and "Hypervisor extension" (traps).
 */
#ifndef LIB_GUEST_TRAP_H
#define LIB_GUEST_TRAP_H

#include "lib/types.h"

struct guest_trap {
	uint64_t cause, tval;
	uint64_t tval2, tinst;		/* htval and htinst of a guest-page fault; 0 otherwise */
};

#endif
