/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SRET, trap entry and interrupt selection on the virtual CSR file; no machine state is touched.
 * RISC-V privileged specification, "Supervisor-Level ISA"; pure.
 */
#include "emul/privop.h"

#include "lib/errno.h"

int privop_sret(struct vcsr *v, bool *supervisor, uint64_t *pc)
{
	struct strata_vcpu_page *page = v->page;
	uint64_t sstatus;

	if (!*supervisor)
		return -EINVAL;
	sstatus = READ_ONCE(page->sstatus);
	*supervisor = (sstatus & SSTATUS_SPP) != 0;
	*pc = vcsr_sepc_legal(READ_ONCE(page->sepc));
	WRITE_ONCE(page->sie_on, (sstatus & SSTATUS_SPIE) != 0);
	WRITE_ONCE(page->sstatus, (sstatus & ~SSTATUS_SPP) | SSTATUS_SPIE);
	return privop_pending_irq(v, *supervisor) >= 0 ? VCSR_FX_IRQ : 0;
}

void privop_trap(struct vcsr *v, bool *supervisor, uint64_t *pc, uint64_t cause, uint64_t tval)
{
	struct strata_vcpu_page *page = v->page;
	uint64_t sstatus = READ_ONCE(page->sstatus) & ~(SSTATUS_SPP | SSTATUS_SPIE);
	uint64_t stvec = vcsr_stvec_legal(READ_ONCE(page->stvec));

	if (*supervisor)
		sstatus |= SSTATUS_SPP;
	if (READ_ONCE(page->sie_on) & 1)
		sstatus |= SSTATUS_SPIE;
	WRITE_ONCE(page->sstatus, sstatus);
	WRITE_ONCE(page->sie_on, 0);
	WRITE_ONCE(page->sepc, vcsr_sepc_legal(*pc));
	WRITE_ONCE(page->scause, cause);
	WRITE_ONCE(page->stval, tval);
	*supervisor = true;
	*pc = stvec & ~STVEC_MODE_MASK;
	if ((stvec & STVEC_MODE_MASK) == STVEC_MODE_VECTORED && (cause & SCAUSE_INTERRUPT))
		*pc += (cause & ~SCAUSE_INTERRUPT) * 4;
}

int privop_pending_irq(const struct vcsr *v, bool supervisor)
{
	uint64_t ready = v->sip & READ_ONCE(v->page->sie) & VCSR_IRQ_MASK;

	if (likely(ready == 0) || (supervisor && !(READ_ONCE(v->page->sie_on) & 1)))
		return -1;
	if (ready & SIP_SEIP)
		return IRQ_S_EXT;
	return ready & SIP_SSIP ? IRQ_S_SOFT : IRQ_S_TIMER;
}
