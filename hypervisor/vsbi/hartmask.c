/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of harts as SBI calls name them.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 3.1 (hart list parameter).
 */
#include <riscv/csr.h>
#include "vsbi/hartmask.h"

bool hartmask_is_valid(struct vm *vm, uint64_t mask, uint64_t base)
{
	if (base == HARTMASK_ALL)
		return true;
	/* Bit by bit: without Zbb, finding the lowest one costs more than most masks have. */
	for (uint64_t hartid = base; mask != 0; mask >>= 1, hartid++)
		/* hartid < base: the sum has wrapped around. */
		if (mask & 1 && (hartid < base || vm_vcpu_by_hartid(vm, hartid) == NULL))
			return false;
	return true;
}

void hartmask_send_ipi(struct vm *vm, uint64_t mask, uint64_t base)
{
	if (base == HARTMASK_ALL) {
		for (unsigned i = 0; i < vm->vcpu_count; i++)
			hartmask_send_one(vm->vcpus[i]);
		return;
	}
	for (uint64_t hartid = base; mask != 0; mask >>= 1, hartid++) {
		struct vcpu *target = mask & 1 ? vm_vcpu_by_hartid(vm, hartid) : NULL;

		if (target != NULL)
			hartmask_send_one(target);
	}
}
