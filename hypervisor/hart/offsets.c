/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets of the structures of this room that assembly uses; the Makefile makes <offsets.h> of it.
 */
#include "hart/hart.h"

#define OFFSET(name, type, member)                                                                \
	__asm__ volatile(".ascii \"->" #name " %0\"" : : "i"(offsetof(type, member)))

void hart_offsets(void);
void hart_offsets(void)
{
	OFFSET(HART_STACK_TOP, struct hart, stack_top);
	OFFSET(HART_SATP, struct hart, satp);
	OFFSET(HART_LOADED, struct hart, loaded);
	OFFSET(HART_TRAP_REGS, struct hart, trap.regs);
	OFFSET(HART_TRAP_SEPC, struct hart, trap.sepc);
	OFFSET(HART_TRAP_SCAUSE, struct hart, trap.scause);
	OFFSET(HART_TRAP_STVAL, struct hart, trap.stval);
	OFFSET(HART_TRAP_SSTATUS, struct hart, trap.sstatus);
	OFFSET(HART_ALONE, struct hart, alone);
	OFFSET(HART_SCHED, struct hart, sched);
	OFFSET(HART_WOKEN, struct hart, woken);
	OFFSET(HART_WOKEN_TICKS, struct hart, woken_ticks);
	OFFSET(HART_TIMER_PROGRAMMED, struct hart, timer_programmed);
	OFFSET(HART_TRAP_DEPTH, struct hart, trap_depth);
	OFFSET(HART_KICK_REGISTER, struct hart, kick_register);
	OFFSET(HART_KICK_VALUE, struct hart, kick_value);
}
