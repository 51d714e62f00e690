/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IMSICs of a VM: a software interrupt file for each vCPU, its page in a window and its CSRs.
 * RISC-V Advanced Interrupt Architecture 1.0, chapters 2 and 3.
 */
#ifndef VDEV_VIMSIC_DEV_H
#define VDEV_VIMSIC_DEV_H

#include "emul/insn.h"
#include "vm/vm.h"

/* -ENOMEM, -EINVAL. Each vCPU's v->imsic is set. */
int vimsic_dev_create(struct vm *vm, const struct vdev_config *config);

/*
 * An MSI for the file in page index of the VM's window; from any hart. A page or an identity that
 * does not exist, and a VM without IMSICs: nothing.
 */
void vimsic_dev_send(struct vm *vm, unsigned index, uint32_t identity);

/*
 * CSR instructions of v on stopei, and on sireg while siselect is select. Return: false if there is
 * no such register for this guest; else the value before is in *old.
 */
bool vimsic_stopei(struct vcpu *v, bool writes, uint64_t *old);
bool vimsic_sireg(struct vcpu *v, uint64_t select, enum csr_op op, bool writes, uint64_t operand,
		  uint64_t *old);

#endif
