/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vcpu_fp_save(struct fp_state *), vcpu_fp_save_fcsr (fcsr alone) and vcpu_fp_load: the
 * floating-point registers of a vCPU, and the only FP instructions in the hypervisor. The caller
 * has set sstatus.FS. Unprivileged specification, "F" and "D".
 */
#include <riscv/csr.h>
#include <offsets.h>

	.attribute arch, "rv64imafdc_zicsr"
	.option	arch, +f, +d

	.macro	for_fp_regs op
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	f\r, (\r * 8)(a0)
	.endr
	.irp	r, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	f\r, (\r * 8)(a0)
	.endr
	.endm

	.text
	.globl	vcpu_fp_save
vcpu_fp_save:
	for_fp_regs fsd
	.globl	vcpu_fp_save_fcsr
vcpu_fp_save_fcsr:
	csrr	t0, CSR_FCSR
	sd	t0, FP_FCSR(a0)
	ret

	.globl	vcpu_fp_load
vcpu_fp_load:
	for_fp_regs fld
	ld	t0, FP_FCSR(a0)
	csrw	CSR_FCSR, t0
	ret
