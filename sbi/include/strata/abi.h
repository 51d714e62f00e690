/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The paravirtual contract between Strata and its guests: call numbers, feature bits and the
 * shared virtual-CSR page. Self-contained: a guest kernel needs this file and nothing else.
 *
 * Calls follow the SBI convention (SBI 2.0, chapter 3): a7 = STRATA_EID, a6 = function,
 * a0.. = arguments; a0 = SBI error code, a1 = value on return; every other register is kept.
 * All of it is written up in docs/abi.md.
 */
#ifndef STRATA_ABI_H
#define STRATA_ABI_H

/* SBI experimental extension space, 0x08000000-0x08FFFFFF; the low bytes spell "STR". */
#define STRATA_EID			0x08535452

#define STRATA_ABI_VERSION		0x00010000	/* major << 16 | minor */

/* Functions that every mode has. */
#define STRATA_FN_VERSION		0	/* () -> STRATA_ABI_VERSION */
#define STRATA_FN_FEATURES		1	/* () -> feature word; 0 outside mode pv */
#define STRATA_FN_COUNTER_READ		2	/* (STRATA_COUNTER_*) -> value */
#define STRATA_FN_ACCOUNT		3	/* (STRATA_ACCOUNT_*, ...): where instructions go */

/* Functions of mode pv; SBI_ERR_NOT_SUPPORTED where the feature word lacks STRATA_F_HYPERCALL. */
#define STRATA_FN_CSR_READ		16	/* (csr) -> value */
#define STRATA_FN_CSR_WRITE		17	/* (csr, value) */
#define STRATA_FN_CSR_SWAP		18	/* (csr, value) -> old value: csrrw */
#define STRATA_FN_CSR_SET		19	/* (csr, mask)  -> old value: csrrs */
#define STRATA_FN_CSR_CLEAR		20	/* (csr, mask)  -> old value: csrrc */
#define STRATA_FN_IRET			21	/* (va of struct strata_iret, or 0): SRET */
#define STRATA_FN_SFENCE		22	/* (va, asid, STRATA_SFENCE_*): SFENCE.VMA */
#define STRATA_FN_BLOCK			23	/* (): WFI */
#define STRATA_FN_EVENT_CHECK		24	/* (): take pending interrupts now */
#define STRATA_FN_SET_TRAP_TABLE	25	/* (entry from U, entry from S) */
#define STRATA_FN_MAP_VCPU_PAGE		26	/* (va): page-aligned; needs STRATA_F_SHARED_PAGE */

/* Feature word: each bit is one step of mode pv and needs the bits below it. */
#define STRATA_F_HYPERCALL		(1UL << 0)	/* step 0: one hypercall per CSR access */
#define STRATA_F_SHARED_PAGE		(1UL << 1)	/* step 1: CSRs in a shared page */
#define STRATA_F_MULTICALL		(1UL << 2)	/* step 2 */
#define STRATA_F_DIRECT_PAGING		(1UL << 3)	/* step 3 */
#define STRATA_F_FAST_ENTRY		(1UL << 4)	/* step 4 */

/* STRATA_FN_COUNTER_READ: what is counted, since the VM was built (M-mode: since reset). */
#define STRATA_COUNTER_TRAPS		0	/* synchronous traps of this vCPU to HS-mode */
#define STRATA_COUNTER_INTERRUPTS	1	/* exits of this vCPU for host interrupts */
#define STRATA_COUNTER_MTRAPS		2	/* M-mode entries of the hart; see docs/abi.md */

/*
 * STRATA_FN_ACCOUNT, in VMs whose tree says strata,accounting. A window is what happens on the
 * calling vCPU between two calls; windows are added up, or subtracted.
 */
#define STRATA_ACCOUNT_RESET		0	/* (): all sums are 0 */
#define STRATA_ACCOUNT_ADD		1	/* (): a window begins, to be added */
#define STRATA_ACCOUNT_SUBTRACT		2	/* (): a window begins, to be subtracted */
#define STRATA_ACCOUNT_END		3	/* (): it ends */
#define STRATA_ACCOUNT_READ		4	/* (pa of an entry, index) -> number of entries */
#define STRATA_ACCOUNT_NAME_SIZE	48

/* STRATA_FN_SFENCE, third argument: which of the operands are given (rs1, rs2 not x0). */
#define STRATA_SFENCE_VA		(1UL << 0)
#define STRATA_SFENCE_ASID		(1UL << 1)

/* The page-relative offsets are fixed: patched guest code addresses the fields directly. */
#define STRATA_PAGE_SIZE		4096
#define STRATA_PAGE_SSTATUS		0
#define STRATA_PAGE_SIE_ON		8
#define STRATA_PAGE_SIE			16
#define STRATA_PAGE_SIP			24
#define STRATA_PAGE_STVEC		32
#define STRATA_PAGE_SSCRATCH		40
#define STRATA_PAGE_SEPC		48
#define STRATA_PAGE_SCAUSE		56
#define STRATA_PAGE_STVAL		64
#define STRATA_PAGE_SATP		72
#define STRATA_PAGE_SCOUNTEREN		80
#define STRATA_PAGE_SENVCFG		88
#define STRATA_PAGE_IRET		128

#ifndef __ASSEMBLER__
#include <stdint.h>

/*
 * What STRATA_FN_IRET loads beside what SRET itself does: the registers that the call occupies,
 * and sp and tp, which the kernel still needs up to the call. With SPP = U, the hypervisor first
 * puts the kernel's tp in sscratch (the reverse of what happens at entry).
 */
struct strata_iret {
	uint64_t a0, a6, a7, sp, tp;
};

/*
 * The virtual CSR page of a vCPU. In te only the hypervisor touches it; in pv with
 * STRATA_F_SHARED_PAGE the guest kernel reads and writes it at the address that it chose with
 * STRATA_FN_MAP_VCPU_PAGE. The hypervisor trusts nothing in it: fields are made legal (WARL)
 * whenever they are used. satp, scounteren and senvcfg are copies for reading: write them by
 * hypercall. sip is the hypervisor's pending set, refreshed at each entry: after unmasking (sie_on
 * or sie), a guest that finds (sip & sie) != 0 makes a STRATA_FN_EVENT_CHECK call.
 */
struct strata_vcpu_page {
	uint64_t sstatus;	/* SPIE, SPP, FS, SUM, MXR; all else, SIE too, is 0 here */
	uint8_t sie_on;		/* sstatus.SIE: 0 or 1 */
	uint8_t reserved0[7];
	uint64_t sie;
	uint64_t sip;
	uint64_t stvec;
	uint64_t sscratch;
	uint64_t sepc;
	uint64_t scause;
	uint64_t stval;
	uint64_t satp;
	uint64_t scounteren;
	uint64_t senvcfg;
	uint64_t reserved1[4];
	struct strata_iret iret;	/* used by STRATA_FN_IRET(0) */
};

/* What STRATA_ACCOUNT_READ writes: a cause and the sums of the windows; no name: ignore it. */
struct strata_account_entry {
	char name[STRATA_ACCOUNT_NAME_SIZE];
	int64_t exits;
	int64_t insns;
};
_Static_assert(sizeof(struct strata_account_entry) == 64, "strata_account_entry has grown");

#define STRATA_ABI_OFFSET(field, offset)                                                          \
	_Static_assert(__builtin_offsetof(struct strata_vcpu_page, field) == (offset),             \
		       "strata_vcpu_page." #field " has moved")
STRATA_ABI_OFFSET(sstatus, STRATA_PAGE_SSTATUS);
STRATA_ABI_OFFSET(sie_on, STRATA_PAGE_SIE_ON);
STRATA_ABI_OFFSET(sie, STRATA_PAGE_SIE);
STRATA_ABI_OFFSET(sip, STRATA_PAGE_SIP);
STRATA_ABI_OFFSET(stvec, STRATA_PAGE_STVEC);
STRATA_ABI_OFFSET(sscratch, STRATA_PAGE_SSCRATCH);
STRATA_ABI_OFFSET(sepc, STRATA_PAGE_SEPC);
STRATA_ABI_OFFSET(scause, STRATA_PAGE_SCAUSE);
STRATA_ABI_OFFSET(stval, STRATA_PAGE_STVAL);
STRATA_ABI_OFFSET(satp, STRATA_PAGE_SATP);
STRATA_ABI_OFFSET(scounteren, STRATA_PAGE_SCOUNTEREN);
STRATA_ABI_OFFSET(senvcfg, STRATA_PAGE_SENVCFG);
STRATA_ABI_OFFSET(iret, STRATA_PAGE_IRET);
_Static_assert(sizeof(struct strata_iret) == 40, "strata_iret has grown");
_Static_assert(sizeof(struct strata_vcpu_page) <= STRATA_PAGE_SIZE, "strata_vcpu_page > 1 page");
#endif

#endif
