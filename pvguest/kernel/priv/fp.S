/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saving and loading the FP registers, which the rest of the kernel never touches.
 * Unprivileged specification, chapters "F" and "D". The kernel is compiled without them, so the
 * instructions are given by encoding: fsd (S-type, 0x27, width 3), fld (I-type, 0x07, width 3).
 */
#include <riscv/csr.h>

/* clang-format off */
.macro fp_each operation
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\operation \n
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\operation \n
	.endr
.endm

.macro fp_store n
	.insn	s 0x27, 3, x\n, (8 * \n)(a0)
.endm

.macro fp_load n
	.insn	i 0x07, 3, x\n, (8 * \n)(a0)
.endm

	.section .text
	/* void priv_fp_save(struct fp_state *state); sstatus.FS is not Off */
	.globl	priv_fp_save
priv_fp_save:
	fp_each	fp_store
	csrr	t0, CSR_FCSR
	sw	t0, 256(a0)
	ret

	/* void priv_fp_load(const struct fp_state *state) */
	.globl	priv_fp_load
priv_fp_load:
	fp_each	fp_load
	lw	t0, 256(a0)
	csrw	CSR_FCSR, t0
	ret
