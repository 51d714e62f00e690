/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What boot.S needs of the privileged layer, MMU off, without a stack and before sites are patched.
 * SBI specification, "Base extension"; docs/abi.md, STRATA_FN_FEATURES and STRATA_FN_CSR_WRITE.
 */
#include <riscv/csr.h>
#include <sbi/sbi.h>
#include <strata/abi.h>

/* clang-format off */
	.section .text
	/* Returns a0 = feature word (STRATA_F_*), a1 = whether the Strata extension answers. */
	.globl	priv_early_features
priv_early_features:
	li	a0, STRATA_EID
	li	a6, SBI_BASE_PROBE_EXTENSION
	li	a7, SBI_EXT_BASE
	ecall
	bnez	a0, 2f
	beqz	a1, 2f
	li	a6, STRATA_FN_FEATURES
	li	a7, STRATA_EID
	ecall
	bnez	a0, 1f
	mv	a0, a1
	li	a1, 1
	ret
1:	li	a0, 0
	li	a1, 1
	ret
2:	li	a0, 0
	li	a1, 0
	ret

	/* a0 = satp, a1 = feature word; returns on the new tables: they map this code in place. */
	.globl	priv_early_write_satp
priv_early_write_satp:
	andi	a1, a1, STRATA_F_HYPERCALL
	bnez	a1, 1f
	/* Whatever the firmware's tables may have left behind. */
	sfence.vma
	csrw	satp, a0
	ret
1:	mv	a1, a0
	li	a0, CSR_SATP
	li	a6, STRATA_FN_CSR_WRITE
	li	a7, STRATA_EID
	ecall
	ret
