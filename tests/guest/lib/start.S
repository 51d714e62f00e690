/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of a bare test guest, its trap vector, and the way back out of an expected trap.
 * SBI 3.0, "Hart state management" (state at start); privileged specification, "Trap entry".
 */
#include <riscv/csr.h>
#include "trap_frame.h"

	/* a0 = hart id, a1 = device tree, in S-mode with satp = 0 and sstatus.SIE = 0 */
	.section .text.start, "ax"
	.globl _start
_start:
	la	t0, guest_bss_start
	la	t1, guest_bss_end
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	la	sp, guest_stack_top
	la	t0, trap_vector
	csrw	stvec, t0
	csrw	sie, zero
	call	guest_start
2:	wfi
	j	2b

	.macro	each_register_but_x0_t0_t1 insn, base
	.irp	n, 1,2,3,4,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\insn	x\n, (\n * 8)(\base)
	.endr
	.endm

	/* The first halves of both vectors: t1 is saved, then holds the slot that was entered. */
	.macro	trap_begin slot
	csrw	sscratch, t0
	la	t0, trap_frame
	sd	t1, TRAP_FRAME_T1(t0)
	li	t1, \slot
	j	trap_common
	.endm

	/*
	 * Every register goes to one frame in memory: a test guest takes traps on one hart and
	 * never inside the handler. t0 passes through sscratch, so a test of sscratch must not trap
	 * in between.
	 */
	.text
	.balign	4
	.globl trap_vector
trap_vector:
	trap_begin -1

	/* A table for Vectored mode: interrupt n enters at 4 x n. */
	.balign	256
	.globl trap_vector_table
trap_vector_table:
	.option	push
	.option	norvc
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	j	vector_slot_\n
	.endr
	.option	pop
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
vector_slot_\n:
	trap_begin \n
	.endr

trap_common:
	sd	t1, TRAP_FRAME_SLOT(t0)
	each_register_but_x0_t0_t1 sd, t0
	csrr	t1, sscratch
	sd	t1, TRAP_FRAME_T0(t0)
	csrr	t1, sstatus
	sd	t1, TRAP_FRAME_SSTATUS(t0)
	csrr	t1, sepc
	sd	t1, TRAP_FRAME_SEPC(t0)
	csrr	t1, scause
	sd	t1, TRAP_FRAME_SCAUSE(t0)
	csrr	t1, stval
	sd	t1, TRAP_FRAME_STVAL(t0)
	la	sp, trap_stack_top
	mv	a0, t0
	call	trap_handle
	la	t0, trap_frame
	/* t0 = the frame: everything from it, by SRET */
trap_return:
	ld	t1, TRAP_FRAME_SEPC(t0)
	csrw	sepc, t1
	ld	t1, TRAP_FRAME_SSTATUS(t0)
	csrw	sstatus, t1
	each_register_but_x0_t0_t1 ld, t0
	ld	t1, TRAP_FRAME_T1(t0)
	ld	t0, TRAP_FRAME_T0(t0)
	sret

	/* int trap_try(void): 0; then, after a trap, control comes back here once more with 1. */
	.globl trap_try
trap_try:
	la	t0, trap_resume
	sd	ra, 0(t0)
	sd	sp, 8(t0)
	sd	gp, 16(t0)
	sd	tp, 24(t0)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, (32 + \n * 8)(t0)
	.endr
	la	t0, trap_armed
	li	t1, 1
	sd	t1, 0(t0)
	li	a0, 0
	ret

	/* void trap_enter(const struct trap_frame *) */
	.globl trap_enter
trap_enter:
	mv	t0, a0
	j	trap_return

	.bss
	.balign	4096
	.skip	32768
guest_stack_top:
	.skip	16384
trap_stack_top:
