/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the guest by their number, for mode/fast.S, which has a0, t0, t1 and t2 for itself:
 * a0 is the vCPU, sscratch the guest's a0. Unprivileged specification, "RV32I Base Integer ISA".
 */
#include <riscv/csr.h>
#include <offsets.h>

	/* Two instructions of 4 bytes for each. */
	.option	norvc
	.section .text.hot, "ax"

	/* t1 = the register; called with jalr t2. */
	.balign	8
	.globl	fast_get_reg
fast_get_reg:
	.irp	r, 0, 1, 2, 3, 4
	mv	t1, x\r
	jr	t2
	.endr
	.irp	r, 5, 6, 7
	ld	t1, (VCPU_REGS + \r * 8)(a0)
	jr	t2
	.endr
	.irp	r, 8, 9
	mv	t1, x\r
	jr	t2
	.endr
	csrr	t1, CSR_SSCRATCH
	jr	t2
	.irp	r, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
	mv	t1, x\r
	jr	t2
	.endr
	.irp	r, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	mv	t1, x\r
	jr	t2
	.endr

	/* The register = t1, and back to the guest. */
	.globl	fast_put_reg
fast_put_reg:
	.irp	r, 0, 1, 2, 3, 4
	mv	x\r, t1
	j	fast_csr_done
	.endr
	.irp	r, 5, 6, 7
	sd	t1, (VCPU_REGS + \r * 8)(a0)
	j	fast_csr_done
	.endr
	.irp	r, 8, 9
	mv	x\r, t1
	j	fast_csr_done
	.endr
	csrw	CSR_SSCRATCH, t1
	j	fast_csr_done
	.irp	r, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
	mv	x\r, t1
	j	fast_csr_done
	.endr
	.irp	r, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	mv	x\r, t1
	j	fast_csr_done
	.endr
