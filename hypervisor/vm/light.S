/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Light exits: C keeps its caller's s0 to s11, so for a handler that is about no such register the
 * guest's stay where they are. Privileged specification, "Trap Return"; RISC-V calling convention.
 *
 * v->light has such handlers for accesses to devices (vm/mmio.c). They have a twin, the handler in
 * v->exit_table, which does the same with all registers at hand, and which is called if a light one
 * says VCPU_WHOLE, or if there is none. Light ones count for themselves what they do, in
 * v->stat.light_load and light_store.
 */
#include <riscv/csr.h>
#include <offsets.h>

#define REG(r)		(VCPU_REGS + (r) * 8)

	/* Bytes say how many instructions: vcpu_light_bytes. */
	.option	norvc

	/* What C may change, but for t0 to t2, a0 and a1; sp and tp, which are the host's in C. */
	.macro	for_light_regs op, v
	.irp	r, 1, 2, 4, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
	\op	x\r, REG(\r)(\v)
	.endr
	.endm

	/* And what it keeps, or does not know (gp). */
	.macro	for_other_regs op, v
	.irp	r, 3, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
	\op	x\r, REG(\r)(\v)
	.endr
	.endm

	.section .text.hot, "ax"
	/*
	 * From mode/fast.S: a0 is the vCPU, sscratch the guest's a0, t0 the cause less
	 * EXC_LOAD_GUEST_FAULT; t0 and t1 are in v->regs.
	 */
	.globl	vcpu_light_exit
vcpu_light_exit:
	slli	t0, t0, 3
	add	t0, t0, a0
	ld	t1, VCPU_LIGHT(t0)
	beqz	t1, none
	sd	t2, REG(7)(a0)
	for_light_regs sd, a0
	sd	a1, REG(11)(a0)
	/* From here on a trap is the host's own. */
	csrrw	t0, CSR_SSCRATCH, zero
	sd	t0, REG(10)(a0)
	csrr	t0, CSR_SEPC
	sd	t0, VCPU_PC(a0)
	ld	tp, VCPU_HOST_TP(a0)
	ld	sp, VCPU_HOST_SP(a0)
	jalr	t1
handled:
	ld	a1, HART_LOADED(tp)
	ld	t0, VCPU_REQUESTS(a1)
	or	t0, t0, a0
	bnez	t0, complete
resume:
	ld	t0, VCPU_PC(a1)
	csrw	CSR_SEPC, t0
	csrw	CSR_SSCRATCH, a1
	for_light_regs ld, a1
	ld	t0, REG(5)(a1)
	ld	t1, REG(6)(a1)
	ld	t2, REG(7)(a1)
	ld	a0, REG(10)(a1)
	ld	a1, REG(11)(a1)
	sret
resumed:
none:
	j	vcpu_exit_t01_saved

	/* It is an exit like others from here on. */
complete:
	for_other_regs sd, a1
	mv	s1, a1
	addi	t0, a0, -VCPU_WHOLE
	bnez	t0, 1f
	mv	a0, s1
	csrr	t0, CSR_SCAUSE
	slli	t0, t0, 3
	add	t0, t0, s1
	ld	t1, VCPU_EXCEPTIONS(t0)
	addi	t1, t1, 1
	sd	t1, VCPU_EXCEPTIONS(t0)
	ld	t1, VCPU_EXIT_TABLE(t0)
	jalr	t1
completed:
1:	j	vcpu_exit_handled

/*
 * For vm/account_exit.c: the way out of the guest, back into it, and from the light handler to the
 * exit's own. The first one begins in mode/fast.S.
 */
#define FAST_INSNS	11
	.section .rodata
	.balign	8
	.globl	vcpu_light_bytes
vcpu_light_bytes:
	.8byte	FAST_INSNS * 4 + handled - vcpu_light_exit, resumed - handled
	.8byte	resume - handled + completed - complete
	.previous
