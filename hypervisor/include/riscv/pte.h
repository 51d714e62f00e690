/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page table entries and address split of Sv39 and Sv39x4.
 * RISC-V privileged specification, "Sv39" and "Two-Stage Address Translation".
 */
#ifndef RISCV_PTE_H
#define RISCV_PTE_H

#include <riscv/csr.h>

#define PAGE_SHIFT		12
#define PAGE_SIZE		(RISCV_UL(1) << PAGE_SHIFT)
#define PAGE_MASK		(PAGE_SIZE - 1)
#define PAGE_2M_SHIFT		21
#define PAGE_2M_SIZE		(RISCV_UL(1) << PAGE_2M_SHIFT)
#define PAGE_1G_SHIFT		30
#define PAGE_1G_SIZE		(RISCV_UL(1) << PAGE_1G_SHIFT)

#define PTE_V			(RISCV_UL(1) << 0)
#define PTE_R			(RISCV_UL(1) << 1)
#define PTE_W			(RISCV_UL(1) << 2)
#define PTE_X			(RISCV_UL(1) << 3)
#define PTE_U			(RISCV_UL(1) << 4)
#define PTE_G			(RISCV_UL(1) << 5)
#define PTE_A			(RISCV_UL(1) << 6)
#define PTE_D			(RISCV_UL(1) << 7)
#define PTE_RSW			(RISCV_UL(3) << 8)
#define PTE_RESERVED		(RISCV_UL(0x7f) << 54)
#define PTE_PBMT		(RISCV_UL(3) << 61)
#define PTE_N			(RISCV_UL(1) << 63)
#define PTE_PPN_SHIFT		10
#define PTE_PPN_MASK		(((RISCV_UL(1) << 44) - 1) << PTE_PPN_SHIFT)
#define PTE_TO_PA(pte)		((((pte) & PTE_PPN_MASK) >> PTE_PPN_SHIFT) << PAGE_SHIFT)
#define PA_TO_PTE(pa)		(((pa) >> PAGE_SHIFT) << PTE_PPN_SHIFT)
#define PTE_IS_LEAF(pte)	(((pte) & (PTE_R | PTE_W | PTE_X)) != 0)

#define SV39_LEVELS		3
#define SV39_ENTRIES		512
#define SV39_VA_BITS		39
#define SV39X4_GPA_BITS		41
#define SV39X4_ROOT_ENTRIES	2048
#define SV39X4_ROOT_SIZE	(4 * PAGE_SIZE)
#define SV39_SHIFT(level)	(PAGE_SHIFT + 9 * (level))
#define SV39_INDEX(va, level)	(((va) >> SV39_SHIFT(level)) & (SV39_ENTRIES - 1))

#endif
