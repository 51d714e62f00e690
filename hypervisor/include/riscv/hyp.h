/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions of the hypervisor extension, by encoding: gcc 12 and clang 14 do not know them.
 * RISC-V privileged specification, "Hypervisor Instructions".
 */
#ifndef RISCV_HYP_H
#define RISCV_HYP_H

#include <stdint.h>

/* Guest virtual addresses of the current VMID: all, all of an ASID, one, one of an ASID. */
static inline void hfence_vvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" : : : "memory");
}

static inline void hfence_vvma_asid(uint64_t asid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, %0" : : "r"(asid) : "memory");
}

static inline void hfence_vvma_va(uint64_t va)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, x0" : : "r"(va) : "memory");
}

static inline void hfence_vvma_va_asid(uint64_t va, uint64_t asid)
{
	__asm__ volatile(".insn r 0x73, 0, 0x11, x0, %0, %1" : : "r"(va), "r"(asid) : "memory");
}

/* Guest-physical addresses, all of every VMID. */
static inline void hfence_gvma_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

/* Loads as the guest would do them; assembly text for use with a fixup: rd, (rs1). */
#define HLV_BU(rd, rs1)		".insn r 0x73, 4, 0x30, " rd ", " rs1 ", x1\n"
#define HLVX_HU(rd, rs1)	".insn r 0x73, 4, 0x32, " rd ", " rs1 ", x3\n"
#define HLVX_WU(rd, rs1)	".insn r 0x73, 4, 0x34, " rd ", " rs1 ", x3\n"
#define HLV_D(rd, rs1)		".insn r 0x73, 4, 0x36, " rd ", " rs1 ", x0\n"

#endif
