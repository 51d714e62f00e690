/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Privileged-operation sites: one native instruction of 4 bytes each, with an alternative for
 * each step of mode pv. docs/abi.md; patched once by priv_patch(), as Linux's alternatives are.
 *
 * An alternative of 4 bytes replaces the instruction; a longer one is a body in .priv_text that the
 * site then jumps to and that ends with a jump back; an empty one leaves the site alone.
 */
#ifndef PRIV_SITE_H
#define PRIV_SITE_H

#include <riscv/csr.h>
#include <strata/abi.h>

/* A CSR's number and, if it has one, its place in the shared page. */
#define PRIV_NUM_sstatus	CSR_SSTATUS
#define PRIV_NUM_sie		CSR_SIE
#define PRIV_NUM_sip		CSR_SIP
#define PRIV_NUM_stvec		CSR_STVEC
#define PRIV_NUM_sscratch	CSR_SSCRATCH
#define PRIV_NUM_sepc		CSR_SEPC
#define PRIV_NUM_scause		CSR_SCAUSE
#define PRIV_NUM_stval		CSR_STVAL
#define PRIV_NUM_satp		CSR_SATP
#define PRIV_NUM_scounteren	CSR_SCOUNTEREN
#define PRIV_PAGE_sstatus	STRATA_PAGE_SSTATUS
#define PRIV_PAGE_sie		STRATA_PAGE_SIE
#define PRIV_PAGE_sip		STRATA_PAGE_SIP
#define PRIV_PAGE_stvec		STRATA_PAGE_STVEC
#define PRIV_PAGE_sscratch	STRATA_PAGE_SSCRATCH
#define PRIV_PAGE_sepc		STRATA_PAGE_SEPC
#define PRIV_PAGE_scause	STRATA_PAGE_SCAUSE
#define PRIV_PAGE_stval		STRATA_PAGE_STVAL
#define PRIV_PAGE_satp		STRATA_PAGE_SATP
#define PRIV_PAGE_scounteren	STRATA_PAGE_SCOUNTEREN

#ifdef __ASSEMBLER__

/* clang-format off */
/* The site's record; 771 is the site, 772 and 774 the alternatives, 773 and 775 their ends. */
.macro priv_site_record
	.pushsection .priv_sites, "a"
	.dword	771b, 772b, 774b
	.half	4, 773b - 772b, 775b - 774b, 0
	.popsection
.endm

.macro priv_hypercall function
	li	a6, \function
	li	a7, STRATA_EID
	ecall
.endm

/* In assembly the bodies keep a0, a1, a6 and a7 in t3-t6: system call arguments live there. */
.macro priv_keep
	mv	t3, a0
	mv	t4, a1
	mv	t5, a6
	mv	t6, a7
.endm

.macro priv_unkeep
	mv	a0, t3
	mv	a1, t4
	mv	a6, t5
	mv	a7, t6
.endm

/* rd: not a0, a1, a6, a7, t3-t6 */
.macro priv_csrr rd, csr, number, offset
	.option push
	.option norvc
771:	csrr	\rd, \csr
	.pushsection .priv_text, "ax"
772:	priv_keep
	li	a0, \number
	priv_hypercall STRATA_FN_CSR_READ
	mv	\rd, a1
	priv_unkeep
	j	771b + 4
773:
774:	ld	\rd, \offset(tp)
775:	.popsection
	priv_site_record
	.option pop
.endm

.macro priv_csrw csr, rs, number, offset
	.option push
	.option norvc
771:	csrw	\csr, \rs
	.pushsection .priv_text, "ax"
772:	priv_keep
	li	a0, \number
	mv	a1, \rs
	priv_hypercall STRATA_FN_CSR_WRITE
	priv_unkeep
	j	771b + 4
773:
774:	sd	\rs, \offset(tp)
775:	.popsection
	priv_site_record
	.option pop
.endm

#define PRIV_CSRR(rd, csr)	priv_csrr rd, csr, PRIV_NUM_##csr, PRIV_PAGE_##csr
#define PRIV_CSRW(csr, rs)	priv_csrw csr, rs, PRIV_NUM_##csr, PRIV_PAGE_##csr
/* clang-format on */

#else

#define PRIV_STR(x)		CSR_STR(x)

/* native: one instruction; pv0, pv1: an instruction, a body that ends with PRIV_BACK, or "" */
#define PRIV_SITE(native, pv0, pv1)                                                                \
	".option push\n\t.option norvc\n"                                                          \
	"771:\t" native "\n\t"                                                                     \
	".pushsection .priv_text, \"ax\"\n"                                                        \
	"772:\t" pv0 "\n773:\n"                                                                    \
	"774:\t" pv1 "\n775:\n\t"                                                                  \
	".popsection\n\t"                                                                          \
	".pushsection .priv_sites, \"a\"\n\t"                                                      \
	".dword 771b, 772b, 774b\n\t"                                                              \
	".half 4, 773b - 772b, 775b - 774b, 0\n\t"                                                 \
	".popsection\n\t.option pop\n"
#define PRIV_BACK		"\n\tj 771b + 4"
#define PRIV_HYPERCALL(function)                                                                   \
	"li a6, " PRIV_STR(function) "\n\tli a7, " PRIV_STR(STRATA_EID) "\n\tecall\n\t"
/* What a hypercall may change, and what a body may use. */
#define PRIV_CLOBBER		"a0", "a1", "a6", "a7", "memory"

#define PRIV_CALL_CSR(function, csr)                                                               \
	"li a0, " PRIV_STR(PRIV_NUM_##csr) "\n\t" PRIV_HYPERCALL(function)
#define PRIV_OFFSET(csr)	PRIV_STR(PRIV_PAGE_##csr) "(tp)"

/* A CSR that the shared page holds. */
#define priv_csr_read(csr)                                                                         \
	({                                                                                         \
		uint64_t priv_value_;                                                              \
		__asm__ volatile(                                                                  \
			PRIV_SITE("csrr %0, " #csr,                                                \
				  PRIV_CALL_CSR(STRATA_FN_CSR_READ, csr) "mv %0, a1" PRIV_BACK,    \
				  "ld %0, " PRIV_OFFSET(csr))                                      \
			: "=r"(priv_value_)                                                        \
			:                                                                          \
			: PRIV_CLOBBER);                                                           \
		priv_value_;                                                                       \
	})

/* The same; not sie or sstatus.SIE while interrupts are on: nothing looks for a pending one. */
#define priv_csr_write(csr, value)                                                                 \
	({                                                                                         \
		uint64_t priv_value_ = (value);                                                    \
		__asm__ volatile(PRIV_SITE("csrw " #csr ", %0",                                    \
					   "mv a1, %0\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_WRITE, csr) \
						   PRIV_BACK,                                      \
					   "sd %0, " PRIV_OFFSET(csr))                             \
				 :                                                                 \
				 : "r"(priv_value_)                                                \
				 : PRIV_CLOBBER);                                                  \
	})

#define priv_csr_set(csr, mask)                                                                    \
	({                                                                                         \
		uint64_t priv_value_ = (mask);                                                     \
		__asm__ volatile(PRIV_SITE("csrs " #csr ", %0",                                    \
					   "mv a1, %0\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_SET, csr)   \
						   PRIV_BACK,                                      \
					   "ld a0, " PRIV_OFFSET(csr) "\n\tor a0, a0, %0\n\t"      \
					   "sd a0, " PRIV_OFFSET(csr) PRIV_BACK)                   \
				 :                                                                 \
				 : "r"(priv_value_)                                                \
				 : PRIV_CLOBBER);                                                  \
	})

#define priv_csr_clear(csr, mask)                                                                  \
	({                                                                                         \
		uint64_t priv_value_ = (mask);                                                     \
		__asm__ volatile(PRIV_SITE("csrc " #csr ", %0",                                    \
					   "mv a1, %0\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_CLEAR, csr) \
						   PRIV_BACK,                                      \
					   "ld a0, " PRIV_OFFSET(csr) "\n\tnot a1, %0\n\t"         \
					   "and a0, a0, a1\n\tsd a0, " PRIV_OFFSET(csr) PRIV_BACK) \
				 :                                                                 \
				 : "r"(priv_value_)                                                \
				 : PRIV_CLOBBER);                                                  \
	})

/* CSRs that only the hypervisor writes: a call in both steps. op: write, set or clear. */
#define PRIV_CSR_CALL(native, function, csr, value)                                                \
	({                                                                                         \
		uint64_t priv_value_ = (value);                                                    \
		__asm__ volatile(                                                                  \
			PRIV_SITE(native " " #csr ", %0",                                          \
				  "mv a1, %0\n\t" PRIV_CALL_CSR(function, csr) PRIV_BACK,          \
				  "mv a1, %0\n\t" PRIV_CALL_CSR(function, csr) PRIV_BACK)          \
			:                                                                          \
			: "r"(priv_value_)                                                         \
			: PRIV_CLOBBER);                                                           \
	})
#define priv_csr_write_call(csr, value)	PRIV_CSR_CALL("csrw", STRATA_FN_CSR_WRITE, csr, value)
#define priv_csr_clear_call(csr, value)	PRIV_CSR_CALL("csrc", STRATA_FN_CSR_CLEAR, csr, value)

#endif
#endif
