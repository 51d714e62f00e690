/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction decoder: what a trapped guest instruction is and what its operands are.
 * RISC-V unprivileged specification (I, A, F, D, C, Zicsr) and privileged instructions.
 */
#ifndef EMUL_INSN_H
#define EMUL_INSN_H

#include "lib/types.h"

/* Operations of the CSR instructions: the two low bits of funct3. */
enum csr_op {
	CSR_OP_RW = 1,
	CSR_OP_RS = 2,
	CSR_OP_RC = 3,
};

/* What a CSR instruction writes, before any of it is made legal. */
static inline uint64_t csr_op_apply(enum csr_op op, uint64_t before, uint64_t operand)
{
	return op == CSR_OP_RW ? operand : op == CSR_OP_RS ? before | operand : before & ~operand;
}

enum insn_kind {
	INSN_KIND_OTHER,	/* nothing that a hypervisor emulates: reflect the trap */
	INSN_KIND_CSR,		/* csr, csr_op, csr_imm, rd, rs1 (or uimm) */
	INSN_KIND_SRET,
	INSN_KIND_MRET,
	INSN_KIND_WFI,
	INSN_KIND_ECALL,
	INSN_KIND_EBREAK,	/* c.ebreak too */
	INSN_KIND_SFENCE_VMA,	/* rs1 = va or x0, rs2 = asid or x0 */
	INSN_KIND_SINVAL,	/* sinval.vma, sfence.w.inval, sfence.inval.ir: Svinval */
	INSN_KIND_HYPERVISOR,	/* hfence.*, hinval.*, hlv*, hlvx*, hsv*: the H extension */
	INSN_KIND_CBO,		/* cbo.*: Zicbom, Zicboz; rs1 */
	INSN_KIND_LOAD,		/* rd, rs1, imm, size, sign_extend */
	INSN_KIND_STORE,	/* rs2, rs1, imm, size */
	INSN_KIND_FP_LOAD,	/* rd is a floating-point register */
	INSN_KIND_FP_STORE,	/* rs2 is a floating-point register */
	INSN_KIND_LR,		/* rd, rs1, size */
	INSN_KIND_SC,		/* rd, rs1, rs2, size */
	INSN_KIND_AMO,		/* rd, rs1, rs2, size */
	INSN_KIND_COUNT
};

/* One decoded instruction. Fields that its kind does not name above are 0. */
struct insn {
	uint8_t kind;		/* enum insn_kind */
	uint8_t len;		/* bytes: 2 or 4 */
	uint8_t rd, rs1, rs2;
	uint8_t size;		/* bytes accessed: 1, 2, 4, 8; 0 = no memory access */
	bool sign_extend;	/* a load smaller than a register extends its sign */
	uint8_t csr_op;		/* enum csr_op */
	bool csr_imm;		/* rs1 is the 5-bit immediate itself */
	uint16_t csr;
	int32_t imm;		/* address offset of a load or store */
};

/*
 * Decode the instruction that begins in the low bits of raw; of a 16-bit instruction the upper
 * half of raw is ignored. Never fails: what is not recognised is INSN_KIND_OTHER of the right
 * length.
 */
struct insn insn_decode(uint32_t raw);

/* Does this CSR instruction write? csrrs and csrrc with rs1 = x0 (or uimm = 0) do not (Zicsr). */
static inline bool insn_csr_writes(const struct insn *insn)
{
	return insn->csr_op == CSR_OP_RW || insn->rs1 != 0;
}

/* The operand of a CSR instruction; regs[0] must be 0. */
static inline uint64_t insn_csr_operand(const struct insn *insn, const uint64_t regs[32])
{
	return insn->csr_imm ? insn->rs1 : regs[insn->rs1];
}

/* The effective address of a load or store; regs[0] must be 0. */
static inline uint64_t insn_address(const struct insn *insn, const uint64_t regs[32])
{
	return regs[insn->rs1] + (uint64_t)(int64_t)insn->imm;
}

/* A short name for statistics and the trace: "csr", "sret", "load"... Never NULL. */
const char *insn_kind_name(unsigned int kind);

#endif
