/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vector for traps that HS-mode itself takes. Guests exit through vm/enter.S instead.
 * Everything is saved in the hart's own structure: a bad stack pointer is no obstacle.
 */
#include <riscv/csr.h>
#include <offsets.h>

	.macro	for_all_regs op
	.irp	r, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	\op	x\r, (HART_TRAP_REGS + \r * 8)(tp)
	.endr
	.irp	r, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	x\r, (HART_TRAP_REGS + \r * 8)(tp)
	.endr
	.endm

	.text
	.balign	4
	.globl	host_trap
host_trap:
	for_all_regs sd
	sd	tp, (HART_TRAP_REGS + 4 * 8)(tp)
	csrr	t0, CSR_SEPC
	sd	t0, HART_TRAP_SEPC(tp)
	csrr	t0, CSR_SCAUSE
	sd	t0, HART_TRAP_SCAUSE(tp)
	csrr	t0, CSR_STVAL
	sd	t0, HART_TRAP_STVAL(tp)
	csrr	t0, CSR_SSTATUS
	sd	t0, HART_TRAP_SSTATUS(tp)
	/* A fixup needs no stack of its own; if this is no fixup, the handler never returns. */
	ld	t0, HART_TRAP_DEPTH(tp)
	addi	t1, t0, 1
	sd	t1, HART_TRAP_DEPTH(tp)
	bnez	t0, 1f
	addi	sp, sp, -16
	mv	a0, tp
	call	host_trap_handle
	sd	zero, HART_TRAP_DEPTH(tp)
	ld	t0, HART_TRAP_SEPC(tp)
	csrw	CSR_SEPC, t0
	ld	t0, HART_TRAP_SSTATUS(tp)
	csrw	CSR_SSTATUS, t0
	for_all_regs ld
	sret
	/* A trap inside the trap handler: the stack may be the reason, so take another. */
1:	la	sp, boot_stack_top
	mv	a0, tp
	call	host_trap_nested
