/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps that HS-mode itself takes: either an access that was allowed to fault, or the end.
 * Privileged specification, "Supervisor Cause Register".
 */
#include "hart/fixup.h"
#include "hart/hart.h"
#include "hart/panic.h"

extern const struct fixup fixup_table_start[], fixup_table_end[];

void host_trap_handle(struct hart *hart);
void host_trap_nested(struct hart *hart) __attribute__((noreturn));

uint64_t fixup_find(uint64_t pc)
{
	for (const struct fixup *f = fixup_table_start; f < fixup_table_end; f++)
		if (f->at == pc)
			return f->resume;
	return 0;
}

/* From hart/vector.S with everything saved in hart->trap. Returns only if the trap was expected. */
void host_trap_handle(struct hart *hart)
{
	struct host_trap_frame *frame = &hart->trap;
	uint64_t resume = fixup_find(frame->sepc);

	if (frame->scause & SCAUSE_INTERRUPT || resume == 0)
		panic_trap(frame);
	hart->fault_cause = frame->scause;
	hart->fault_value = frame->stval;
	frame->sepc = resume;
}

void host_trap_nested(struct hart *hart)
{
	panic_nested(&hart->trap);
}
