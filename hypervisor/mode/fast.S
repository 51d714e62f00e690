/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: exits that are answered with two or three registers saved and no C. A vector for
 * each mode, which hands over to vm/enter.S what it does not know, before it has changed anything.
 * SBI 2.0, BASE, IPI, TIME and DBCN; privileged specification, "Supervisor CSRs"; <strata/abi.h>.
 *
 * Each path has a twin in C, which answers the same while the fast path is off (fast=off, a trace,
 * an extension switched off): vsbi_call(), vcsr_emulate_fast(), pv_csr_read(), pv_csr_swap(),
 * vconsole_put().
 * tests/guest/fast.c compares them. All count in v->stat.fast (mode/fast.h), and what fast_stat.c
 * does not know from that: interrupts injected, IPIs received.
 *
 * a0 is the vCPU, sscratch the guest's a0; t0, and where there is need t1 and t2, are in v->regs.
 */
#include <riscv/csr.h>
#include <riscv/insn.h>
#include <sbi/sbi.h>
#include <strata/abi.h>
#include "mode/fast.h"
#include <offsets.h>

#define SAVED_T0	(VCPU_REGS + 5 * 8)
#define SAVED_T1	(VCPU_REGS + 6 * 8)
#define SAVED_T2	(VCPU_REGS + 7 * 8)
/* These differ by 0x1000 in funct3. */
#define CSRCI_SSTATUS_SIE	CSR_SSTATUS << 20 | SSTATUS_SIE << 15 | \
				(FUNCT3_CSRRC | FUNCT3_CSR_IMM) << 12 | OPCODE_SYSTEM
#define CSRSI_BEFORE_CSRCI	((FUNCT3_CSRRC - FUNCT3_CSRRS) << 12)
#define FAST(kind)	(VCPU_FAST + (kind) * 8)

	/* Bytes say how many instructions: fast_insns. */
	.option	norvc

	/* A trap: a0 is the vCPU, t0 the cause minus expected. */
	.macro	vector expected
	csrrw	a0, CSR_SSCRATCH, a0
	beqz	a0, host
	sd	t0, SAVED_T0(a0)
	csrr	t0, CSR_SCAUSE
	addi	t0, t0, -(\expected)
	.endm

	/* Nobody asked for anything meanwhile; the guest's kernel it is. */
	.macro	check_requests with, slow
	ld	\with, VCPU_REQUESTS(a0)
	bnez	\with, \slow
	.endm

	.macro	check_supervisor with, slow
	lbu	\with, VCPU_SUPERVISOR(a0)
	beqz	\with, \slow
	.endm

	.macro	count kind, with, base
	ld	\with, FAST(\kind)(\base)
	addi	\with, \with, 1
	sd	\with, FAST(\kind)(\base)
	.endm

	.macro	step_pc
	csrr	t0, CSR_SEPC
	addi	t0, t0, 4
	csrw	CSR_SEPC, t0
	.endm

	/* Back from an SBI call, a1 is set: a0 = SBI_SUCCESS. */
	.macro	answer
	step_pc
	csrw	CSR_SSCRATCH, a0
	ld	t0, SAVED_T0(a0)
	li	a0, SBI_SUCCESS
	sret
	.endm

	.macro	check_base slow
	li	t0, FAST_BASE_COUNT
	bgeu	a6, t0, \slow
	.endm

	/* BASE's constants, a6 < FAST_BASE_COUNT; a1 is free, for it is the answer. */
	.macro	answer_base kind
	slli	t0, a6, 3
	add	t0, t0, a0
	count	\kind, a1, t0
	slli	t0, a6, 2
	lla	a1, vsbi_base_constants
	add	a1, a1, t0
	lwu	a1, 0(a1)
	answer
	.endm

	/* DBCN: a byte into the ring of vm/conring.h, whose count is kind's. */
	.macro	console_byte kind, slow
	addi	t0, a6, -SBI_DBCN_WRITE_BYTE
	bnez	t0, \slow
	/* The end of a line is to be shown. */
	csrr	t0, CSR_SSCRATCH
	addi	t0, t0, -'\n'
	beqz	t0, \slow
	sd	t1, SAVED_T1(a0)
	ld	t0, FAST(\kind)(a0)
	ld	t1, VCPU_CONSOLE_LIMIT(a0)
	beq	t0, t1, console_full
	andi	t1, t0, CONRING_MASK
	ld	a1, VCPU_CONSOLE_BYTES(a0)
	add	t1, t1, a1
	csrr	a1, CSR_SSCRATCH
	sb	a1, 0(t1)
	addi	t0, t0, 1
	/* Another hart that sees the count sees the byte. */
	fence	w, w
	sd	t0, FAST(\kind)(a0)
	ld	t1, SAVED_T1(a0)
	li	a1, 0
	answer
	.endm

	.section .text.hot, "ax"
console_full:
	ld	t1, SAVED_T1(a0)
	j	vcpu_exit_t0_saved
host:
	csrrw	a0, CSR_SSCRATCH, a0
	j	host_trap

/* ---- hw: all ecalls that come here are VS-mode's ---- */

	.balign	64
	.globl	fast_hw
fast_hw:
	vector	EXC_ECALL_VS
	bnez	t0, hw_other
	check_requests t0, hw_slow
	bnez	a6, hw_function
hw_function_0:
	li	t0, SBI_EXT_BASE
	beq	a7, t0, hw_base
	li	t0, SBI_EXT_IPI
	beq	a7, t0, hw_ipi
	li	t0, SBI_EXT_TIME
	bne	a7, t0, hw_slow
hw_time:
	csrr	t0, CSR_SSCRATCH
	csrw	CSR_VSTIMECMP, t0
	count	FAST_HW_TIME, t0, a0
	li	a1, 0
	answer
hw_time_end:

	/* To oneself alone: it goes where hw_irq_update() would put it. */
hw_ipi:
	csrr	t0, CSR_SSCRATCH
	addi	t0, t0, -1
	bnez	t0, hw_slow
	ld	t0, VCPU_HARTID(a0)
	bne	t0, a1, hw_ipi_other
	csrrsi	a1, CSR_HVIP, HVIP_VSSIP
	andi	a1, a1, HVIP_VSSIP
	bnez	a1, 1f
	ld	t0, VCPU_INJECTED_SOFT(a0)
	addi	t0, t0, 1
	sd	t0, VCPU_INJECTED_SOFT(a0)
1:	count	FAST_HW_IPI, t0, a0
	li	a1, 0
	answer
hw_ipi_end:

	/*
	 * To another one, that runs or sleeps on a hart of its own: vcpu_irq_set(), hart_kick().
	 * The orders are sequentially consistent, as there. t2: the target.
	 */
hw_ipi_other:
	sd	t1, SAVED_T1(a0)
	sd	t2, SAVED_T2(a0)
	ld	t2, VCPU_VM(a0)
	lwu	t0, VM_VCPUS_DIRECT(t2)
	bgeu	a1, t0, hw_slow_t012
	ld	t2, VM_VCPUS(t2)
	slli	t0, a1, 3
	add	t2, t2, t0
	ld	t2, 0(t2)
	ld	t0, VCPU_HARTID(t2)
	bne	t0, a1, hw_slow_t012
	ld	t0, VCPU_HOST_TP(a0)
	lbu	t1, HART_ALONE(t0)
	bnez	t1, hw_ipi_alone
	addi	t1, t2, VCPU_IRQ_PENDING
	li	t0, SIP_SSIP
	amoor.d.aqrl t0, t0, (t1)
	andi	t0, t0, SIP_SSIP
	bnez	t0, 2f
	addi	t1, t2, VCPU_REQUESTS
	li	t0, VCPU_REQ_IRQ
	amoor.d.aqrl zero, t0, (t1)
	lw	t0, VCPU_STATE(t2)
	addi	t0, t0, -VCPU_BLOCKED
	bnez	t0, hw_ipi_not_blocked
	addi	t1, t2, VCPU_ASLEEP
	amoswap.w.aqrl t0, zero, (t1)
	beqz	t0, hw_ipi_not_sent
1:	ld	t0, VCPU_HART(t2)
	ld	t1, HART_KICK_REGISTER(t0)
	lwu	t0, HART_KICK_VALUE(t0)
	fence	rw, ow
	sw	t0, 0(t1)
2:	addi	t1, t2, VCPU_RECEIVED_IPI
	li	t0, 1
	amoadd.d zero, t0, (t1)
	count	FAST_HW_IPI_OTHER, t0, a0
	ld	t1, SAVED_T1(a0)
	ld	t2, SAVED_T2(a0)
	li	a1, 0
	answer
hw_ipi_other_end:
	/* The only hart: it is left to sched_flush_woken(), if this slice has a timer. */
hw_ipi_alone:
	ld	t1, VCPU_ACCOUNT(a0)
	bnez	t1, hw_slow_t012
	lw	t1, VCPU_STATE(t2)
	addi	t1, t1, -VCPU_BLOCKED
	bnez	t1, hw_slow_t012
	ld	t1, VCPU_IRQ_PENDING(t2)
	andi	t1, t1, SIP_SSIP
	bnez	t1, 2b
	ld	t1, HART_WOKEN(t0)
	bnez	t1, hw_slow_t012
	ld	t1, HART_SCHED(t0)
	ld	t1, SCHED_SLICE_END(t1)
	ld	a1, HART_TIMER_PROGRAMMED(t0)
	bltu	t1, a1, hw_slow_a1
	sd	t2, HART_WOKEN(t0)
	csrr	t1, CSR_TIME
	sd	t1, HART_WOKEN_TICKS(t0)
	ld	t1, VCPU_IRQ_PENDING(t2)
	ori	t1, t1, SIP_SSIP
	sd	t1, VCPU_IRQ_PENDING(t2)
	ld	t1, VCPU_REQUESTS(t2)
	ori	t1, t1, VCPU_REQ_IRQ
	sd	t1, VCPU_REQUESTS(t2)
	j	2b

	/* It takes the request before it runs, whenever that is. */
hw_ipi_not_blocked:
	lbu	t0, VCPU_RUNNING(t2)
	bnez	t0, 1b
	j	2b
	/* It is to be queued, or about to sleep: in C, as if not pending. */
hw_ipi_not_sent:
	addi	t1, t2, VCPU_IRQ_PENDING
	li	t0, ~SIP_SSIP
	amoand.d.aqrl zero, t0, (t1)
hw_slow_a1:
	ld	a1, VCPU_HARTID(t2)
hw_slow_t012:
	j	vcpu_exit_t012_saved

	/* The others have no function but 0. */
hw_function:
	li	t0, SBI_EXT_DBCN
	beq	a7, t0, hw_console
	li	t0, SBI_EXT_BASE
	bne	a7, t0, hw_slow
	check_base hw_slow
hw_base:
	answer_base FAST_HW_BASE
hw_base_end:

hw_console:
	console_byte FAST_HW_CONSOLE, hw_slow
hw_console_end:
hw_slow:
	j	vcpu_exit_t0_saved

	/* An access to a device goes through C, by way of vm/light.S, which knows this way. */
hw_other:
	sd	t1, SAVED_T1(a0)
	addi	t0, t0, EXC_ECALL_VS - EXC_LOAD_GUEST_FAULT
	andi	t1, t0, ~(EXC_STORE_GUEST_FAULT - EXC_LOAD_GUEST_FAULT)
	beqz	t1, hw_device
	j	vcpu_exit_t01_saved
hw_device:
	j	vcpu_light_exit

/* ---- te: CSR instructions of virtual S-mode raise 2 or 22 ---- */

	/* The causes count apart. kind: counters of the reads; those of the writes follow. */
	.macro	csr_instruction cause, kind
	sd	t1, SAVED_T1(a0)
	sd	t2, SAVED_T2(a0)
	csrr	t0, CSR_STVAL
	srli	t1, t0, 20
	addi	t1, t1, -CSR_SSCRATCH
	sltiu	t2, t1, 4
	beqz	t2, csr_sstatus_\cause
	check_supervisor t1, csr_slow
	check_requests t1, csr_slow
	li	t1, CSR_SSCRATCH << 20 | FUNCT3_CSRRS << 12 | OPCODE_SYSTEM
	xor	t1, t0, t1
	/* May differ: which of the four CSRs, and rd. */
	li	t2, ~(3 << 20 | 0x1f << 7)
	and	t2, t1, t2
	bnez	t2, csr_write_\cause
	srli	t1, t0, 20 - 3
	andi	t1, t1, 3 << 3
	add	t2, t1, a0
	count	\kind, t1, t2
	sub	t1, t2, a0
	ld	t2, VCPU_VCSR_PAGE(a0)
	add	t1, t1, t2
	ld	t1, STRATA_PAGE_SSCRATCH(t1)
	j	csr_set_rd
csr_write_\cause:
	/* csrrw: funct3 is 1 instead of 2, and rs1 is free. */
	lui	t1, 0x1f << (15 - 12)
	or	t2, t2, t1
	lui	t1, 0x1f << (15 - 12) | (FUNCT3_CSRRW ^ FUNCT3_CSRRS)
	bne	t2, t1, csr_slow
	/* t1 = rs1 */
	srli	t1, t0, 15 - 3
	andi	t1, t1, 0x1f << 3
	lla	t2, fast_get_reg
	add	t1, t1, t2
	jalr	t2, 0(t1)
	srli	t2, t0, 20 - 3
	andi	t2, t2, 3 << 3
	addi	t0, t2, -((CSR_SEPC - CSR_SSCRATCH) << 3)
	bnez	t0, 1f
	/* vcsr_sepc_legal() */
	andi	t1, t1, -2
1:	add	t0, t2, a0
	count	(\kind + 4), t2, t0
	sub	t0, t0, a0
	ld	t2, VCPU_VCSR_PAGE(a0)
	add	t2, t2, t0
	addi	t2, t2, STRATA_PAGE_SSCRATCH
	/* For want of a fourth register; nobody else is there. */
	amoswap.d t1, t1, (t2)
	csrr	t0, CSR_STVAL
	j	csr_set_rd
csr_write_end_\cause:
	/* Masking and unmasking interrupts: csrci and csrsi of sstatus.SIE, without rd. */
csr_sstatus_\cause:
	addi	t1, t1, CSR_SSCRATCH - CSR_SSTATUS
	bnez	t1, csr_slow
	check_supervisor t1, csr_slow
	check_requests t1, csr_slow
	li	t1, CSRCI_SSTATUS_SIE
	sub	t1, t1, t0
	bnez	t1, csr_set_\cause
	ld	t2, VCPU_VCSR_PAGE(a0)
	sd	zero, STRATA_PAGE_SIE_ON(t2)
	count	(\kind + FAST_CSR_SIE), t1, a0
	j	fast_csr_done
csr_sstatus_end_\cause:
csr_set_\cause:
	lui	t2, CSRSI_BEFORE_CSRCI >> 12
	bne	t1, t2, csr_slow
	/* What is pending and enabled has to be delivered: in C. */
	ld	t2, VCPU_VCSR_PAGE(a0)
	ld	t1, VCPU_VCSR_SIP(a0)
	ld	t0, STRATA_PAGE_SIE(t2)
	and	t1, t1, t0
	bnez	t1, csr_slow
	li	t1, 1
	sd	t1, STRATA_PAGE_SIE_ON(t2)
	count	(\kind + FAST_CSR_SIE + 1), t1, a0
	j	fast_csr_done
	.endm

	.balign	64
	.globl	fast_te
fast_te:
	vector	EXC_ILLEGAL_INST
	beqz	t0, te_illegal
	addi	t0, t0, EXC_ILLEGAL_INST - EXC_VIRTUAL_INST
	beqz	t0, te_virtual
	addi	t0, t0, EXC_VIRTUAL_INST - EXC_ECALL_U
	bnez	t0, dep_slow
	/* A call of the guest's user is none of the SBI's: known first. */
dep_sbi:
	check_supervisor t0, dep_slow
	li	t0, SBI_EXT_BASE
	bne	a7, t0, dep_console
dep_sbi_base:
	check_requests t0, dep_slow
	check_base dep_slow
	answer_base FAST_DEP_BASE
dep_sbi_end:
	/* Most others have function 0. */
dep_console:
	beqz	a6, dep_slow
	li	t0, SBI_EXT_DBCN
	bne	a7, t0, dep_slow
	check_requests t0, dep_slow
	console_byte FAST_DEP_CONSOLE, dep_slow
dep_console_end:
dep_slow:
	j	vcpu_exit_t0_saved

te_illegal:
	csr_instruction illegal, FAST_CSR_ILLEGAL
te_virtual:
	/* QEMU 7.2 comes here for HLV, with an older instruction in stval, and never for a CSR. */
	lbu	t0, VCPU_VIRTUAL_CSRS(a0)
	beqz	t0, dep_slow
	csr_instruction virtual, FAST_CSR_VIRTUAL
csr_slow:
	j	vcpu_exit_t012_saved

	/* t0 is the instruction, t1 what goes to its rd. */
csr_set_rd:
	srli	t0, t0, 7 - 3
	andi	t0, t0, 0x1f << 3
	lla	t2, fast_put_reg
	add	t0, t0, t2
	jr	t0
csr_set_rd_end:
	.globl	fast_csr_done
fast_csr_done:
	step_pc
	ld	t0, SAVED_T0(a0)
	ld	t1, SAVED_T1(a0)
	ld	t2, SAVED_T2(a0)
	csrrw	a0, CSR_SSCRATCH, a0
	sret
csr_done_end:

/* ---- pv: the hypercalls of step 0 for the same four CSRs ---- */

	.balign	64
	.globl	fast_pv
fast_pv:
	vector	EXC_ECALL_U
	bnez	t0, dep_slow
	li	t0, STRATA_EID
	bne	a7, t0, dep_sbi
	check_supervisor t0, dep_slow
	check_requests t0, dep_slow
	sd	t1, SAVED_T1(a0)
	sd	t2, SAVED_T2(a0)
	addi	t1, a6, -STRATA_FN_CSR_READ
	sltiu	t0, t1, FAST_PV_FUNCTIONS
	beqz	t0, csr_slow
	csrr	t0, CSR_SSCRATCH
	addi	t0, t0, -CSR_SSCRATCH
	sltiu	t2, t0, 4
	beqz	t2, csr_slow
	slli	t0, t0, 3
	slli	t2, t1, 5
	add	t2, t2, t0
	add	t2, t2, a0
	ld	t0, FAST(FAST_PV)(t2)
	addi	t0, t0, 1
	sd	t0, FAST(FAST_PV)(t2)
	ld	t2, VCPU_VCSR_PAGE(a0)
	csrr	t0, CSR_SSCRATCH
	addi	t0, t0, -CSR_SSCRATCH
	slli	t0, t0, 3
	add	t2, t2, t0
	bnez	t1, pv_write
	ld	a1, STRATA_PAGE_SSCRATCH(t2)
	j	pv_done
pv_write:
	addi	t0, t0, -((CSR_SEPC - CSR_SSCRATCH) << 3)
	bnez	t0, 1f
	andi	a1, a1, -2
1:	ld	t1, STRATA_PAGE_SSCRATCH(t2)
	sd	a1, STRATA_PAGE_SSCRATCH(t2)
	mv	a1, t1
pv_done:
	ld	t1, SAVED_T1(a0)
	ld	t2, SAVED_T2(a0)
	answer
pv_done_end:

/*
 * What the account charges for each: instructions from the vector to SRET; of an IPI that was
 * pending already, of a write of sepc and of BASE's functions but 0 it is some off. In the order of
 * enum fast_path.
 */
	.section .rodata
	.balign	8
	.globl	fast_insns
fast_insns:
	.8byte	(hw_time - fast_hw - 24 + hw_base_end - hw_base) / 4
	.8byte	(hw_time - fast_hw - 12 + hw_ipi_end - hw_ipi) / 4
	.8byte	(hw_time_end - fast_hw) / 4
	.8byte	(hw_time - fast_hw - 12 + 20 + hw_ipi_other_end - hw_ipi_other) / 4
	.8byte	(hw_function_0 - fast_hw + 12 + hw_console_end - hw_console) / 4
	.8byte	(dep_sbi_base - fast_te + dep_console_end - dep_console) / 4
	.8byte	(dep_sbi_end - fast_te) / 4
	.8byte	(pv_write - fast_pv + pv_done_end - pv_done) / 4
	.8byte	(pv_done_end - fast_pv - 8 - 4) / 4
	.8byte	(6 * 4 + csr_write_illegal - te_illegal + csr_set_rd_end - csr_set_rd + 8 + \
		 csr_done_end - fast_csr_done) / 4
	.8byte	(6 * 4 + csr_write_end_illegal - te_illegal - 12 * 4 + 8 + csr_set_rd_end - \
		 csr_set_rd + 8 + csr_done_end - fast_csr_done) / 4
	.8byte	(6 * 4 + 7 * 4 + csr_sstatus_end_illegal - csr_sstatus_illegal + csr_done_end - \
		 fast_csr_done) / 4
	.previous
