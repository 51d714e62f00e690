/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts entries to M-mode by cause, in front of OpenSBI's trap entry.
 * Privileged specification, "Machine Trap-Vector Base-Address Register", "Machine Cause Register".
 *
 * Cost: 24 instructions on each exception that enters M-mode (25 on an interrupt), none elsewhere:
 * what M-mode handles costs that much more than with the distribution's OpenSBI, what is delegated
 * costs nothing.
 *
 * mscratch holds the hart's sbi_scratch, as OpenSBI's entry expects, and holds it again when we
 * leave. The tmp0 field there belongs to OpenSBI's entry, which has not begun, so it is free. The
 * counters lie in the same scratch space, strata_counts_offset bytes in, followed by room for two
 * registers. Nothing interrupts this code: a trap to M-mode has cleared mstatus.MIE.
 */
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_scratch.h>
#include "trap_count.h"

	.macro	COUNT_ENTRY handler
	csrrw	tp, CSR_MSCRATCH, tp
	sd	t0, SBI_SCRATCH_TMP0_OFFSET(tp)
	ld	t0, strata_counts_offset
	add	t0, t0, tp
	sd	t1, STRATA_COUNT_SAVE0(t0)
	sd	t2, STRATA_COUNT_SAVE1(t0)

	csrr	t1, CSR_MCAUSE
	bgez	t1, 1f
	ori	t1, t1, STRATA_COUNT_CAUSES	/* interrupts: the upper half of the slots */
1:	andi	t1, t1, STRATA_COUNT_SLOTS - 1
	slli	t1, t1, 3
	add	t1, t1, t0
	ld	t2, 0(t1)
	addi	t2, t2, 1
	sd	t2, 0(t1)

	ld	t2, STRATA_COUNT_SAVE1(t0)
	ld	t1, STRATA_COUNT_SAVE0(t0)
	ld	t0, SBI_SCRATCH_TMP0_OFFSET(tp)
	csrrw	tp, CSR_MSCRATCH, tp
	j	\handler
	.endm

	/* The same section as the handlers, within reach of a jump. mtvec: aligned, direct mode. */
	.section .entry, "ax", %progbits
	.align	3
	.globl	strata_trap_entry
strata_trap_entry:
	COUNT_ENTRY _trap_handler

	.align	3
	.globl	strata_trap_entry_hyp
strata_trap_entry_hyp:
	COUNT_ENTRY _trap_handler_hyp

/*
 * OpenSBI's entries call this instead of sbi_trap_handler (objects.mk): straight on, 4 instructions
 * later, unless some hart has asked for an account.
 */
	.text
	.globl	__wrap_sbi_trap_handler
__wrap_sbi_trap_handler:
	lw	t0, strata_accounts
	bnez	t0, 1f
	tail	__real_sbi_trap_handler
1:	tail	strata_account_trap
