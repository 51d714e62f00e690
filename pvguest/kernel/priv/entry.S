/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry to and exit from the kernel: all registers into a trap frame and back.
 * Privileged specification, "Supervisor Trap Handling"; docs/abi.md for the entries of mode pv.
 */
#include <pvguest-offsets.h>

#include "priv/site.h"
#include "priv/smp.h"
#include "sys/count.h"

/* clang-format off */
.macro frame_save
	sd	ra, FRAME_RA(sp)
	sd	gp, FRAME_GP(sp)
	sd	t0, FRAME_T0(sp)
	sd	t1, FRAME_T1(sp)
	sd	t2, FRAME_T2(sp)
	sd	s0, FRAME_S0(sp)
	sd	s1, FRAME_S1(sp)
	sd	a0, FRAME_A0(sp)
	sd	a1, FRAME_A1(sp)
	sd	a2, FRAME_A2(sp)
	sd	a3, FRAME_A3(sp)
	sd	a4, FRAME_A4(sp)
	sd	a5, FRAME_A5(sp)
	sd	a6, FRAME_A6(sp)
	sd	a7, FRAME_A7(sp)
	sd	s2, FRAME_S2(sp)
	sd	s3, FRAME_S3(sp)
	sd	s4, FRAME_S4(sp)
	sd	s5, FRAME_S5(sp)
	sd	s6, FRAME_S6(sp)
	sd	s7, FRAME_S7(sp)
	sd	s8, FRAME_S8(sp)
	sd	s9, FRAME_S9(sp)
	sd	s10, FRAME_S10(sp)
	sd	s11, FRAME_S11(sp)
	sd	t3, FRAME_T3(sp)
	sd	t4, FRAME_T4(sp)
	sd	t5, FRAME_T5(sp)
	sd	t6, FRAME_T6(sp)
.endm

/* All but ra, and but those that an IRET call loads. */
.macro frame_restore
	ld	gp, FRAME_GP(sp)
	ld	t0, FRAME_T0(sp)
	ld	t1, FRAME_T1(sp)
	ld	t2, FRAME_T2(sp)
	ld	s0, FRAME_S0(sp)
	ld	s1, FRAME_S1(sp)
	ld	a1, FRAME_A1(sp)
	ld	a2, FRAME_A2(sp)
	ld	a3, FRAME_A3(sp)
	ld	a4, FRAME_A4(sp)
	ld	a5, FRAME_A5(sp)
	ld	s2, FRAME_S2(sp)
	ld	s3, FRAME_S3(sp)
	ld	s4, FRAME_S4(sp)
	ld	s5, FRAME_S5(sp)
	ld	s6, FRAME_S6(sp)
	ld	s7, FRAME_S7(sp)
	ld	s8, FRAME_S8(sp)
	ld	s9, FRAME_S9(sp)
	ld	s10, FRAME_S10(sp)
	ld	s11, FRAME_S11(sp)
	ld	t3, FRAME_T3(sp)
	ld	t4, FRAME_T4(sp)
	ld	t5, FRAME_T5(sp)
	ld	t6, FRAME_T6(sp)
.endm

.macro iret_copy offset
	ld	t0, \offset(sp)
	sd	t0, (STRATA_PAGE_IRET + \offset - FRAME_IRET)(tp)
.endm

/*
 * The first instruction of the way out is a site: in pv the rest of it, SRET included, is one
 * IRET call, made from the frame itself (step 0) or from the shared page (step 1).
 */
.macro priv_leave native:vararg
	.option push
	.option norvc
771:	\native
	.pushsection .priv_text, "ax"
772:	ld	ra, FRAME_RA(sp)
	frame_restore
	addi	a0, sp, FRAME_IRET
	priv_hypercall STRATA_FN_IRET
	j	.
773:
774:	iret_copy FRAME_A0
	iret_copy FRAME_A6
	iret_copy FRAME_A7
	iret_copy FRAME_SP
	iret_copy FRAME_TP
	ld	ra, FRAME_RA(sp)
	frame_restore
	li	a0, 0
	priv_hypercall STRATA_FN_IRET
	j	.
775:	.popsection
	priv_site_record
	.option pop
.endm

/* What a program had in tp; natively sscratch becomes 0, the sign that the kernel runs. */
.macro priv_take_user_tp rd
	.option push
	.option norvc
771:	csrrw	\rd, sscratch, zero
	.pushsection .priv_text, "ax"
772:	priv_keep
	li	a0, CSR_SSCRATCH
	priv_hypercall STRATA_FN_CSR_READ
	mv	\rd, a1
	priv_unkeep
	j	771b + 4
773:
774:	ld	\rd, STRATA_PAGE_SSCRATCH(tp)
775:	.popsection
	priv_site_record
	.option pop
.endm

	.section .text
	.balign	4
	.globl	priv_trap_vector
priv_trap_vector:
	csrrw	tp, sscratch, tp
	bnez	tp, priv_trap_from_user
	csrrw	tp, sscratch, tp
	j	priv_trap_from_kernel

	/* From a program: tp is the hart's, the program's is in sscratch. */
	.balign	4
	.globl	priv_trap_from_user
priv_trap_from_user:
	sd	sp, HART_USER_SP(tp)
	ld	sp, HART_FRAME(tp)
	frame_save
	ld	s0, HART_USER_SP(tp)
	priv_take_user_tp s1
	PRIV_CSRR(s2, sepc)
	PRIV_CSRR(s3, sstatus)
	PRIV_CSRR(s4, scause)
	sd	s0, FRAME_SP(sp)
	sd	s1, FRAME_TP(sp)
	sd	s3, FRAME_SSTATUS(sp)
	sd	s4, FRAME_CAUSE(sp)
	/* From here on the kernel is alone; with one hart it always is. */
	smp_site li t0, EXC_ECALL_U
	bne	s4, t0, .Lother

	.pushsection .priv_text, "ax"
782:	call	klock_enter
	ld	a0, FRAME_A0(sp)
	ld	a1, FRAME_A1(sp)
	ld	a2, FRAME_A2(sp)
	ld	a3, FRAME_A3(sp)
	ld	a4, FRAME_A4(sp)
	ld	a5, FRAME_A5(sp)
	ld	a7, FRAME_A7(sp)
	li	t0, EXC_ECALL_U
	j	781b + 4
	.popsection

	/* A system call: arguments are still where they came in. */
	addi	s2, s2, 4
	sd	s2, FRAME_SEPC(sp)
	sd	a0, FRAME_ORIG_A0(sp)
	li	t0, SYSCALL_COUNT
	bgeu	a7, t0, .Lprivate
	lla	t1, syscall_table
	slli	t0, a7, 3
	add	t1, t1, t0
	ld	t1, 0(t1)
	beqz	t1, .Lprivate
	jalr	t1
.Lanswer:
	sd	a0, FRAME_A0(sp)

	.globl	priv_return_to_user
priv_return_to_user:
	ld	t0, HART_CURRENT(tp)
	lw	t1, PROC_WORK(t0)
	bnez	t1, .Lwork
	/* What follows touches this process's own frame and this hart's page only. */
	smp_site ld t0, FRAME_SEPC(sp)
	ld	t1, FRAME_SSTATUS(sp)
	PRIV_CSRW(sepc, t0)
	PRIV_CSRW(sstatus, t1)
	priv_leave csrw sscratch, tp
	ld	ra, FRAME_RA(sp)
	frame_restore
	ld	a0, FRAME_A0(sp)
	ld	a6, FRAME_A6(sp)
	ld	a7, FRAME_A7(sp)
	ld	tp, FRAME_TP(sp)
	ld	sp, FRAME_SP(sp)
	sret

	.pushsection .priv_text, "ax"
782:	call	klock_leave
	ld	t0, FRAME_SEPC(sp)
	j	781b + 4
	.popsection

.Lprivate:
	call	syscall_private
	j	.Lanswer

.Lother:
	sd	s2, FRAME_SEPC(sp)
	mv	a0, sp
	mv	a1, s4
	call	trap_user
	j	priv_return_to_user

	/* _Noreturn void priv_enter_user(struct trap_frame *frame) */
	.globl	priv_enter_user
priv_enter_user:
	mv	sp, a0
	j	priv_return_to_user

.Lwork:
	mv	a0, sp
	call	trap_work
	j	priv_return_to_user

	/* From the kernel: nothing has changed. */
	.balign	4
	.globl	priv_trap_from_kernel
priv_trap_from_kernel:
	addi	sp, sp, -FRAME_SIZE
	frame_save
	addi	s0, sp, FRAME_SIZE
	PRIV_CSRR(s2, sepc)
	PRIV_CSRR(s3, sstatus)
	PRIV_CSRR(s4, scause)
	sd	s0, FRAME_SP(sp)
	sd	tp, FRAME_TP(sp)
	sd	s2, FRAME_SEPC(sp)
	sd	s3, FRAME_SSTATUS(sp)
	mv	a0, sp
	mv	a1, s4
	call	trap_kernel
	ld	t0, FRAME_SEPC(sp)
	ld	t1, FRAME_SSTATUS(sp)
	PRIV_CSRW(sepc, t0)
	PRIV_CSRW(sstatus, t1)
	priv_leave ld ra, FRAME_RA(sp)
	frame_restore
	ld	a0, FRAME_A0(sp)
	ld	a6, FRAME_A6(sp)
	ld	a7, FRAME_A7(sp)
	ld	sp, FRAME_SP(sp)
	sret
