/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of harts as SBI calls name them: a mask and the hart id of its bit 0.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 3.1 (hart list parameter).
 */
#ifndef VSBI_HARTMASK_H
#define VSBI_HARTMASK_H

#include "vm/vcpu.h"

/* hart_mask_base: every hart, whatever hart_mask is. */
#define HARTMASK_ALL		UINT64_MAX

/* Does every hart that is named exist in the VM? */
bool hartmask_is_valid(struct vm *vm, uint64_t mask, uint64_t base);
/* An IPI to one vCPU. */
static inline void hartmask_send_one(struct vcpu *target)
{
	stat_receive(&target->stat, STAT_IPI);
	vcpu_irq_set(target, IRQ_S_SOFT);
}

/* Raise the software interrupt of every hart named. */
void hartmask_send_ipi(struct vm *vm, uint64_t mask, uint64_t base);

#endif
