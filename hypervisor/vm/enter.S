/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world switch. vcpu_enter(v) runs the guest and calls vcpu_exit(v, scause) for each of its
 * traps; as long as that answers VCPU_RESUME, the host's own registers are not touched.
 * Privileged specification, "Trap Return" and "Hypervisor Status Register".
 *
 * Cost of a round trip, from the trapping instruction to the next: 41 instructions before the
 * call and 42 after it.
 */
#include <riscv/csr.h>
#include <offsets.h>

	/* All but x0, and a0 (x10), which holds the vCPU meanwhile. */
	.macro	for_guest_regs op
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	x\r, (VCPU_REGS + \r * 8)(a0)
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
	.balign	64
	.globl	vcpu_enter
vcpu_enter:
	addi	sp, sp, -112
	for_host_regs sd
	sd	sp, VCPU_HOST_SP(a0)
	sd	tp, VCPU_HOST_TP(a0)
resume:
	ld	t0, VCPU_PC(a0)
	csrw	CSR_SEPC, t0
	lla	t0, guest_trap
	csrw	CSR_STVEC, t0
	csrw	CSR_SSCRATCH, a0
	for_guest_regs ld
	ld	a0, (VCPU_REGS + 10 * 8)(a0)
	sret

	/* Everything that the guest causes arrives here; sscratch holds the vCPU. */
	.balign	64
guest_trap:
	csrrw	a0, CSR_SSCRATCH, a0
	for_guest_regs sd
	csrr	t0, CSR_SSCRATCH
	sd	t0, (VCPU_REGS + 10 * 8)(a0)
	/* From here on a trap is the host's own. */
	ld	tp, VCPU_HOST_TP(a0)
	lla	t0, host_trap
	csrw	CSR_STVEC, t0
	csrr	t0, CSR_SEPC
	sd	t0, VCPU_PC(a0)
	ld	sp, VCPU_HOST_SP(a0)
	mv	s1, a0
	csrr	a1, CSR_SCAUSE
	mv	s0, zero			/* frame pointers end here */
	call	vcpu_exit
	mv	t1, a0
	mv	a0, s1
	beqz	t1, resume
	/* Leave: back to the caller of vcpu_enter. */
	for_host_regs ld
	addi	sp, sp, 112
	ret

/*
 * An SC to nowhere in particular: a reservation that one guest made must not let another's SC
 * succeed. Unprivileged specification, "LR/SC": any SC clears the hart's reservation.
 */
	.globl	vcpu_clear_reservation
vcpu_clear_reservation:
	addi	sp, sp, -16
	sc.d	zero, zero, (sp)
	addi	sp, sp, 16
	ret
