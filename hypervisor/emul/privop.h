/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual privileged operations of a deprivileged hart: SRET, trap entry, interrupt selection.
 * RISC-V privileged specification, "Supervisor-Level ISA" and "Machine-Level ISA" (trap entry).
 */
#ifndef EMUL_PRIVOP_H
#define EMUL_PRIVOP_H

#include "emul/vcsr.h"
#include "lib/types.h"

/*
 * The virtual privilege is the bool "supervisor": S if true, else U. It is private state of the
 * vCPU, never in the shared page.
 */

/*
 * SRET: the privilege becomes SPP, SIE becomes SPIE, SPIE 1, SPP U, the PC sepc. Returns
 * VCSR_FX_IRQ if an interrupt can be taken after it, else 0; or -EINVAL from virtual U-mode:
 * illegal instruction, nothing changed.
 */
int privop_sret(struct vcsr *v, bool *supervisor, uint64_t *pc);

/*
 * Trap entry to virtual S-mode: sepc = pc, scause, stval, SPP = privilege, SPIE = SIE, SIE = 0;
 * the PC becomes stvec.BASE, plus 4 x cause for an interrupt in Vectored mode. cause is a whole
 * scause, with its interrupt bit.
 */
void privop_trap(struct vcsr *v, bool *supervisor, uint64_t *pc, uint64_t cause, uint64_t tval);

/*
 * The interrupt that a hart in this privilege takes now: the highest of SEI > SSI > STI that is
 * pending and enabled in sie, if sstatus.SIE or the privilege is below S. Returns the interrupt's
 * number (IRQ_S_*), or -1.
 */
int privop_pending_irq(const struct vcsr *v, bool supervisor);

/* Does WFI complete at once? A pending and sie-enabled interrupt, whatever sstatus.SIE says. */
static inline bool privop_wfi_wakes(const struct vcsr *v)
{
	return (v->sip & READ_ONCE(v->page->sie) & VCSR_IRQ_MASK) != 0;
}

#endif
