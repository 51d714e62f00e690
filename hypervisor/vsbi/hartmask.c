/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of harts as SBI calls name them.
 * RISC-V Supervisor Binary Interface Specification 2.0, chapter 3.1 (hart list parameter).
 */
#include <riscv/csr.h>
#include "vsbi/hartmask.h"

bool hartmask_is_valid(struct vm *vm, uint64_t mask, uint64_t base)
{
	if (base == HARTMASK_ALL)
		return true;
	for (; mask != 0; mask &= mask - 1) {
		uint64_t hartid = base + (uint64_t)__builtin_ctzl(mask);

		/* hartid < base: the sum has wrapped around. */
		if (hartid < base || vm_vcpu_by_hartid(vm, hartid) == NULL)
			return false;
	}
	return true;
}

void hartmask_send_ipi(struct vm *vm, uint64_t mask, uint64_t base)
{
	if (base == HARTMASK_ALL) {
		for (unsigned i = 0; i < vm->vcpu_count; i++)
			vcpu_irq_set(vm->vcpus[i], IRQ_S_SOFT);
		return;
	}
	for (; mask != 0; mask &= mask - 1) {
		struct vcpu *target = vm_vcpu_by_hartid(vm, base + (uint64_t)__builtin_ctzl(mask));

		if (target != NULL)
			vcpu_irq_set(target, IRQ_S_SOFT);
	}
}
