/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world switch. vcpu_enter(v) runs the guest and calls v->exits[scause](v) for each of its
 * traps; as long as that answers VCPU_RESUME and nobody requests anything, the host's own registers
 * are not touched. Privileged specification, "Trap Return" and "Hypervisor Status Register".
 *
 * One vector serves guest exits and, once vcpu_enter has run, the host's own traps, which keep
 * apart by sscratch: the vCPU while a guest runs, 0 while the host does. Their frames differ.
 */
#include <riscv/csr.h>
#include <offsets.h>

	/*
	 * All but x0; s1 (x9) and a0 (x10), which hold the vCPU on the way in and out; and t0, t1
	 * and t2 (x5 to x7), which go first, as mode/fast.S needs them.
	 */
	.macro	for_guest_regs op, v
	.irp	r, 1, 2, 3, 4, 8, 11, 12, 13, 14, 15, 16, 17
	\op	x\r, (VCPU_REGS + \r * 8)(\v)
	.endr
	.irp	r, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	x\r, (VCPU_REGS + \r * 8)(\v)
	.endr
	.endm

	.macro	for_host_regs op
	\op	ra, 0(sp)
	\op	s0, 8(sp)
	\op	s1, 16(sp)
	\op	s2, 24(sp)
	\op	s3, 32(sp)
	\op	s4, 40(sp)
	\op	s5, 48(sp)
	\op	s6, 56(sp)
	\op	s7, 64(sp)
	\op	s8, 72(sp)
	\op	s9, 80(sp)
	\op	s10, 88(sp)
	\op	s11, 96(sp)
	.endm

	.section .text.hot, "ax"
	/* Bytes say how many instructions: vcpu_switch_bytes. */
	.option	norvc
	.balign	64
	.globl	vcpu_enter
vcpu_enter:
	addi	sp, sp, -112
	for_host_regs sd
	sd	sp, VCPU_HOST_SP(a0)
	sd	tp, VCPU_HOST_TP(a0)
	ld	t0, VCPU_VECTOR(a0)
	csrw	CSR_STVEC, t0
	mv	s1, a0
resume:
	ld	t0, VCPU_PC(s1)
	csrw	CSR_SEPC, t0
	csrw	CSR_SSCRATCH, s1
	for_guest_regs ld, s1
	ld	t0, (VCPU_REGS + 5 * 8)(s1)
	ld	t1, (VCPU_REGS + 6 * 8)(s1)
	ld	t2, (VCPU_REGS + 7 * 8)(s1)
	ld	a0, (VCPU_REGS + 10 * 8)(s1)
	ld	s1, (VCPU_REGS + 9 * 8)(s1)
	sret
resumed:

	.balign	64
	.globl	vcpu_trap_vector
vcpu_trap_vector:
guest_trap:
	csrrw	a0, CSR_SSCRATCH, a0
	beqz	a0, from_host
	sd	t0, (VCPU_REGS + 5 * 8)(a0)
	/* Where the vectors of mode/fast.S go on with what they do not know. */
	.globl	vcpu_exit_t0_saved
vcpu_exit_t0_saved:
	sd	t1, (VCPU_REGS + 6 * 8)(a0)
	.globl	vcpu_exit_t01_saved
vcpu_exit_t01_saved:
	sd	t2, (VCPU_REGS + 7 * 8)(a0)
	.globl	vcpu_exit_t012_saved
vcpu_exit_t012_saved:
	for_guest_regs sd, a0
	sd	s1, (VCPU_REGS + 9 * 8)(a0)
	/* From here on a trap is the host's own. */
	csrrw	t0, CSR_SSCRATCH, zero
	sd	t0, (VCPU_REGS + 10 * 8)(a0)
	csrr	t0, CSR_SEPC
	sd	t0, VCPU_PC(a0)
	ld	tp, VCPU_HOST_TP(a0)
	ld	sp, VCPU_HOST_SP(a0)
	mv	s1, a0
	csrr	t0, CSR_SCAUSE
	bltz	t0, interrupt
	/* v->stat.exceptions[scause]++, v->exit_table[scause](v); scause < 64: the specification */
	slli	t0, t0, 3
	add	t1, a0, t0
	ld	t2, VCPU_EXCEPTIONS(t1)
	addi	t2, t2, 1
	sd	t2, VCPU_EXCEPTIONS(t1)
	ld	t1, VCPU_EXIT_TABLE(t1)
	jalr	t1
	/* s1 is the vCPU, whose registers are in v->regs; a0 is what to do next. */
	.globl	vcpu_exit_handled
vcpu_exit_handled:
handled:
	ld	t0, VCPU_REQUESTS(s1)
	or	t0, t0, a0
	beqz	t0, resume
not_resumed:
	/* Something was requested, or it is to leave. */
	mv	a1, a0
	mv	a0, s1
	call	vcpu_exit_end
	beqz	a0, 1f
	/* Another one, perhaps. */
	mv	s1, a0
	j	resume
1:
	for_host_regs ld
	addi	sp, sp, 112
	ret
interrupt:
	call	vcpu_exit_interrupt
	j	handled
from_host:
	csrrw	a0, CSR_SSCRATCH, a0
	j	host_trap

/* For vm/account_exit.c: a handler of two instructions, and what this file takes. */
	.globl	vcpu_exit_nothing
vcpu_exit_nothing:
	li	a0, 0
	ret

	.section .rodata
	.balign	8
	.globl	vcpu_switch_bytes
vcpu_switch_bytes:
	.8byte	resume - vcpu_enter, resumed - resume, handled - guest_trap, not_resumed - handled
	.previous
