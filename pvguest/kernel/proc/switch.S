/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switching kernel stacks: what the psABI lets a called function keep.
 * RISC-V psABI, "Integer Register Convention".
 */
#include <pvguest-offsets.h>

/* clang-format off */
	.section .text
	/* void proc_switch(struct context *save, const struct context *load) */
	.globl	proc_switch
proc_switch:
	sd	ra, 0(a0)
	sd	sp, 8(a0)
	sd	s0, 16(a0)
	sd	s1, 24(a0)
	sd	s2, 32(a0)
	sd	s3, 40(a0)
	sd	s4, 48(a0)
	sd	s5, 56(a0)
	sd	s6, 64(a0)
	sd	s7, 72(a0)
	sd	s8, 80(a0)
	sd	s9, 88(a0)
	sd	s10, 96(a0)
	sd	s11, 104(a0)
	/* A reservation of the old process must not let an SC of the new one succeed. */
	addi	t0, tp, HART_USER_SP
	sc.d	zero, zero, (t0)
	ld	ra, 0(a1)
	ld	sp, 8(a1)
	ld	s0, 16(a1)
	ld	s1, 24(a1)
	ld	s2, 32(a1)
	ld	s3, 40(a1)
	ld	s4, 48(a1)
	ld	s5, 56(a1)
	ld	s6, 64(a1)
	ld	s7, 72(a1)
	ld	s8, 80(a1)
	ld	s9, 88(a1)
	ld	s10, 96(a1)
	ld	s11, 104(a1)
	ret
