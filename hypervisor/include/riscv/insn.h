/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction words: fields, opcodes and the whole words of the privileged instructions.
 * RISC-V unprivileged specification, chapter "RV32/64G Instruction Set Listings".
 */
#ifndef RISCV_INSN_H
#define RISCV_INSN_H

/* Fields of a 32-bit instruction word */
#define INSN_OPCODE(w)		((w) & 0x7f)
#define INSN_RD(w)		(((w) >> 7) & 0x1f)
#define INSN_FUNCT3(w)		(((w) >> 12) & 7)
#define INSN_RS1(w)		(((w) >> 15) & 0x1f)
#define INSN_RS2(w)		(((w) >> 20) & 0x1f)
#define INSN_FUNCT7(w)		(((w) >> 25) & 0x7f)
#define INSN_FUNCT5(w)		(((w) >> 27) & 0x1f)
#define INSN_CSR(w)		(((w) >> 20) & 0xfff)

/* A word whose two low bits are not both set is 16 bits long (the C extension). */
#define INSN_IS_16BIT(w)	(((w) & 3) != 3)
/* Lengths beyond 32 bits are reserved: bits 4:2 are then all set. */
#define INSN_IS_32BIT(w)	(((w) & 3) == 3 && ((w) & 0x1c) != 0x1c)

/* Major opcodes, with the two low bits */
#define OPCODE_LOAD		0x03
#define OPCODE_LOAD_FP		0x07
#define OPCODE_MISC_MEM		0x0f
#define OPCODE_STORE		0x23
#define OPCODE_STORE_FP		0x27
#define OPCODE_AMO		0x2f
#define OPCODE_SYSTEM		0x73

/* LOAD, funct3: bits 1:0 the width, bit 2 zero extension; STORE without that */
#define FUNCT3_LW		2
#define FUNCT3_LBU		4

/* SYSTEM, funct3: bit 2 marks the immediate form, bits 1:0 the operation */
#define FUNCT3_PRIV		0
#define FUNCT3_CSRRW		1
#define FUNCT3_CSRRS		2
#define FUNCT3_CSRRC		3
#define FUNCT3_HLSV		4
#define FUNCT3_CSR_IMM		4

/* MISC-MEM, funct3 */
#define FUNCT3_CBO		2

/* AMO, funct5 */
#define FUNCT5_LR		0x02
#define FUNCT5_SC		0x03

/* Whole words */
#define INSN_ECALL		0x00000073
#define INSN_ECALL_BYTES	4
#define INSN_EBREAK		0x00100073
#define INSN_SRET		0x10200073
#define INSN_MRET		0x30200073
#define INSN_WFI		0x10500073
#define INSN_SFENCE_W_INVAL	0x18000073
#define INSN_SFENCE_INVAL_IR	0x18100073
#define INSN_C_EBREAK		0x9002

/* SYSTEM with funct3 = PRIV and rd = x0, funct7 */
#define FUNCT7_SFENCE_VMA	0x09
#define FUNCT7_SINVAL_VMA	0x0b
#define FUNCT7_HFENCE_VVMA	0x11
#define FUNCT7_HINVAL_VVMA	0x13
#define FUNCT7_HFENCE_GVMA	0x31
#define FUNCT7_HINVAL_GVMA	0x33

/* Whole words but for the register fields named */
#define INSN_RD_MASK		(0x1fU << 7)
#define INSN_RS1_MASK		(0x1fU << 15)
#define INSN_RS2_MASK		(0x1fU << 20)
/* sfence.vma rs1, rs2 */
#define INSN_SFENCE_VMA		((uint32_t)FUNCT7_SFENCE_VMA << 25 | OPCODE_SYSTEM)
/* csrw csr, rs1 */
#define INSN_CSRW(csr)		((uint32_t)(csr) << 20 | FUNCT3_CSRRW << 12 | OPCODE_SYSTEM)

#endif
