/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses that may fault: an instruction between FIXUP_BEGIN and FIXUP_END that traps in HS-mode
 * continues at the label behind it with the cause in hart->fault_cause.
 */
#ifndef HART_FIXUP_H
#define HART_FIXUP_H

#include "lib/types.h"

/* Record that a trap at label `at` resumes at label `resume` (both local to the asm statement). */
#define FIXUP_ENTRY(at, resume)                                                                   \
	".pushsection .fixup_table, \"a\"\n"                                                      \
	".balign 8\n"                                                                             \
	".quad " #at ", " #resume "\n"                                                            \
	".popsection\n"

struct fixup {
	uint64_t at, resume;
};

/* Where to resume for a trap at pc; 0 if it is not one of the recorded instructions. */
uint64_t fixup_find(uint64_t pc);

#endif
