/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control and status registers of S-mode and of the hypervisor extension: numbers, fields, access.
 * RISC-V privileged specification, chapters 2 (CSR listing), 10 (supervisor), 15 (H extension).
 */
#ifndef RISCV_CSR_H
#define RISCV_CSR_H

#ifdef __ASSEMBLER__
#define RISCV_UL(x)		x
#else
#define RISCV_UL(x)		x##UL
#endif

/* Numbers: user level */
#define CSR_FFLAGS		0x001
#define CSR_FRM			0x002
#define CSR_FCSR		0x003
#define CSR_CYCLE		0xc00
#define CSR_TIME		0xc01
#define CSR_INSTRET		0xc02
#define CSR_HPMCOUNTER31	0xc1f

/* Numbers: supervisor level */
#define CSR_SSTATUS		0x100
#define CSR_SIE			0x104
#define CSR_STVEC		0x105
#define CSR_SCOUNTEREN		0x106
#define CSR_SENVCFG		0x10a
#define CSR_SSCRATCH		0x140
#define CSR_SEPC		0x141
#define CSR_SCAUSE		0x142
#define CSR_STVAL		0x143
#define CSR_SIP			0x144
#define CSR_STIMECMP		0x14d
#define CSR_SISELECT		0x150	/* Ssaia */
#define CSR_SIREG		0x151	/* Ssaia */
#define CSR_STOPEI		0x15c	/* Ssaia */
#define CSR_SATP		0x180
#define CSR_STOPI		0xdb0	/* Ssaia */

/* Numbers: hypervisor extension */
#define CSR_HSTATUS		0x600
#define CSR_HEDELEG		0x602
#define CSR_HIDELEG		0x603
#define CSR_HIE			0x604
#define CSR_HTIMEDELTA		0x605
#define CSR_HCOUNTEREN		0x606
#define CSR_HGEIE		0x607
#define CSR_HVIEN		0x608	/* Ssaia */
#define CSR_HVICTL		0x609	/* Ssaia */
#define CSR_HENVCFG		0x60a
#define CSR_HSTATEEN0		0x60c	/* Smstateen */
#define CSR_HTVAL		0x643
#define CSR_HIP			0x644
#define CSR_HVIP		0x645
#define CSR_HVIPRIO1		0x646	/* Ssaia */
#define CSR_HVIPRIO2		0x647	/* Ssaia */
#define CSR_HTINST		0x64a
#define CSR_HGATP		0x680
#define CSR_HGEIP		0xe12
#define CSR_VSSTATUS		0x200
#define CSR_VSIE		0x204
#define CSR_VSTVEC		0x205
#define CSR_VSSCRATCH		0x240
#define CSR_VSEPC		0x241
#define CSR_VSCAUSE		0x242
#define CSR_VSTVAL		0x243
#define CSR_VSIP		0x244
#define CSR_VSTIMECMP		0x24d
#define CSR_VSISELECT		0x250	/* Ssaia */
#define CSR_VSIREG		0x251	/* Ssaia */
#define CSR_VSATP		0x280

/* The privilege level that a CSR number needs (bits 9:8) and its read-only mark (bits 11:10). */
#define CSR_PRIV(csr)		(((csr) >> 8) & 3)
#define CSR_IS_READ_ONLY(csr)	((((csr) >> 10) & 3) == 3)

/* sstatus, and vsstatus which has the same layout */
#define SSTATUS_SIE		(RISCV_UL(1) << 1)
#define SSTATUS_SPIE		(RISCV_UL(1) << 5)
#define SSTATUS_UBE		(RISCV_UL(1) << 6)
#define SSTATUS_SPP		(RISCV_UL(1) << 8)
#define SSTATUS_VS		(RISCV_UL(3) << 9)
#define SSTATUS_FS		(RISCV_UL(3) << 13)
#define SSTATUS_FS_SHIFT	13
#define SSTATUS_FS_OFF		(RISCV_UL(0) << 13)
#define SSTATUS_FS_INITIAL	(RISCV_UL(1) << 13)
#define SSTATUS_FS_CLEAN	(RISCV_UL(2) << 13)
#define SSTATUS_FS_DIRTY	(RISCV_UL(3) << 13)
#define SSTATUS_XS		(RISCV_UL(3) << 15)
#define SSTATUS_SUM		(RISCV_UL(1) << 18)
#define SSTATUS_MXR		(RISCV_UL(1) << 19)
#define SSTATUS_UXL		(RISCV_UL(3) << 32)
#define SSTATUS_UXL_64		(RISCV_UL(2) << 32)
#define SSTATUS_SD		(RISCV_UL(1) << 63)

/* hstatus */
#define HSTATUS_GVA		(RISCV_UL(1) << 6)
#define HSTATUS_SPV		(RISCV_UL(1) << 7)
#define HSTATUS_SPVP		(RISCV_UL(1) << 8)
#define HSTATUS_HU		(RISCV_UL(1) << 9)
#define HSTATUS_VGEIN_SHIFT	12
#define HSTATUS_VGEIN		(RISCV_UL(0x3f) << HSTATUS_VGEIN_SHIFT)
#define HSTATUS_VTVM		(RISCV_UL(1) << 20)
#define HSTATUS_VTW		(RISCV_UL(1) << 21)
#define HSTATUS_VTSR		(RISCV_UL(1) << 22)
#define HSTATUS_VSXL_64		(RISCV_UL(2) << 32)

/* htinst: a pseudoinstruction for an implicit read or write of a page table (0x3000, 0x3020) */
#define HTINST_IS_WALK(htinst)	(((htinst) & ~RISCV_UL(0x20)) == 0x3000)

/* Interrupts: numbers, and bits of sip/sie, hip/hie/hvip */
#define SCAUSE_INTERRUPT	(RISCV_UL(1) << 63)
#define IRQ_S_SOFT		1
#define IRQ_VS_SOFT		2
#define IRQ_S_TIMER		5
#define IRQ_VS_TIMER		6
#define IRQ_S_EXT		9
#define IRQ_VS_EXT		10
#define IRQ_S_GEXT		12
#define SIP_SSIP		(RISCV_UL(1) << IRQ_S_SOFT)
#define SIP_STIP		(RISCV_UL(1) << IRQ_S_TIMER)
#define SIP_SEIP		(RISCV_UL(1) << IRQ_S_EXT)
#define HIE_SGEIE		(RISCV_UL(1) << IRQ_S_GEXT)
#define HVIP_VSSIP		(RISCV_UL(1) << IRQ_VS_SOFT)
#define HVIP_VSTIP		(RISCV_UL(1) << IRQ_VS_TIMER)
#define HVIP_VSEIP		(RISCV_UL(1) << IRQ_VS_EXT)

/* Exceptions: scause */
#define EXC_INST_MISALIGNED	0
#define EXC_INST_ACCESS		1
#define EXC_ILLEGAL_INST	2
#define EXC_BREAKPOINT		3
#define EXC_LOAD_MISALIGNED	4
#define EXC_LOAD_ACCESS		5
#define EXC_STORE_MISALIGNED	6
#define EXC_STORE_ACCESS	7
#define EXC_ECALL_U		8	/* from U-mode and VU-mode */
#define EXC_ECALL_S		9	/* from HS-mode */
#define EXC_ECALL_VS		10
#define EXC_INST_PAGE_FAULT	12
#define EXC_LOAD_PAGE_FAULT	13
#define EXC_STORE_PAGE_FAULT	15
#define EXC_INST_GUEST_FAULT	20
#define EXC_LOAD_GUEST_FAULT	21
#define EXC_VIRTUAL_INST	22
#define EXC_STORE_GUEST_FAULT	23
#define EXC_COUNT		24

/* satp, vsatp, hgatp */
#define SATP_MODE_SHIFT		60
#define SATP_MODE_BARE		RISCV_UL(0)
#define SATP_MODE_SV39		RISCV_UL(8)
#define SATP_MODE_SV48		RISCV_UL(9)
#define SATP_MODE_SV57		RISCV_UL(10)
#define SATP_MODE(satp)		((satp) >> SATP_MODE_SHIFT)
#define SATP_ASID_SHIFT		44
#define SATP_ASID_MASK		RISCV_UL(0xffff)
#define SATP_ASID(satp)		(((satp) >> SATP_ASID_SHIFT) & SATP_ASID_MASK)
#define SATP_PPN_MASK		((RISCV_UL(1) << 44) - 1)
#define HGATP_VMID_SHIFT	44
#define HGATP_VMID_MASK		RISCV_UL(0x3fff)
#define HGATP_MODE_SV39X4	RISCV_UL(8)

/* stvec */
#define STVEC_MODE_MASK		RISCV_UL(3)
#define STVEC_MODE_DIRECT	RISCV_UL(0)
#define STVEC_MODE_VECTORED	RISCV_UL(1)

/* scounteren, hcounteren */
#define COUNTEREN_CY		(RISCV_UL(1) << 0)
#define COUNTEREN_TM		(RISCV_UL(1) << 1)
#define COUNTEREN_IR		(RISCV_UL(1) << 2)

/* senvcfg, henvcfg */
#define ENVCFG_FIOM		(RISCV_UL(1) << 0)
#define ENVCFG_CBIE		(RISCV_UL(3) << 4)
#define ENVCFG_CBIE_FLUSH	(RISCV_UL(1) << 4)
#define ENVCFG_CBCFE		(RISCV_UL(1) << 6)
#define ENVCFG_CBZE		(RISCV_UL(1) << 7)
#define HSTATEEN0_ENVCFG	(RISCV_UL(1) << 62)
#define HSTATEEN0_IMSIC		(RISCV_UL(1) << 58)
#define HSTATEEN0_AIA		(RISCV_UL(1) << 59)
#define HSTATEEN0_CSRIND	(RISCV_UL(1) << 60)
#define HENVCFG_ADUE		(RISCV_UL(1) << 61)
#define HENVCFG_PBMTE		(RISCV_UL(1) << 62)
#define HENVCFG_STCE		(RISCV_UL(1) << 63)

#ifndef __ASSEMBLER__
#include <stdint.h>

/*
 * Access by number: the assembler of gcc 12 does not know the names of the H extension. The
 * memory clobber keeps the compiler from moving loads and stores across a change of state.
 */
#define CSR_STR_(x)		#x
#define CSR_STR(x)		CSR_STR_(x)

#define csr_read(csr)                                                                             \
	({                                                                                        \
		uint64_t csr_read_;                                                               \
		__asm__ volatile("csrr %0, " CSR_STR(csr) : "=r"(csr_read_) : : "memory");        \
		csr_read_;                                                                        \
	})

#define csr_write(csr, value)                                                                     \
	({                                                                                        \
		uint64_t csr_value_ = (uint64_t)(value);                                          \
		__asm__ volatile("csrw " CSR_STR(csr) ", %0" : : "rK"(csr_value_) : "memory");    \
	})

#define csr_swap(csr, value)                                                                      \
	({                                                                                        \
		uint64_t csr_value_ = (uint64_t)(value);                                          \
		__asm__ volatile("csrrw %0, " CSR_STR(csr) ", %1"                                 \
				 : "=r"(csr_value_)                                               \
				 : "rK"(csr_value_)                                               \
				 : "memory");                                                     \
		csr_value_;                                                                       \
	})

#define csr_set(csr, mask)                                                                        \
	({                                                                                        \
		uint64_t csr_mask_ = (uint64_t)(mask);                                            \
		__asm__ volatile("csrs " CSR_STR(csr) ", %0" : : "rK"(csr_mask_) : "memory");     \
	})

#define csr_clear(csr, mask)                                                                      \
	({                                                                                        \
		uint64_t csr_mask_ = (uint64_t)(mask);                                            \
		__asm__ volatile("csrc " CSR_STR(csr) ", %0" : : "rK"(csr_mask_) : "memory");     \
	})

#define csr_read_clear(csr, mask)                                                                 \
	({                                                                                        \
		uint64_t csr_mask_ = (uint64_t)(mask), csr_old_;                                  \
		__asm__ volatile("csrrc %0, " CSR_STR(csr) ", %1"                                 \
				 : "=r"(csr_old_)                                                 \
				 : "rK"(csr_mask_)                                                \
				 : "memory");                                                     \
		csr_old_;                                                                         \
	})
#endif

#endif
