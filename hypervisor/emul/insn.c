/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction decoder: one function for each major opcode and compressed quadrant.
 * RISC-V unprivileged specification, "Instruction Set Listings" and "C Extension"; pure.
 */
#include "emul/insn.h"

#include <riscv/csr.h>
#include <riscv/insn.h>

static int32_t imm_i(uint32_t raw)
{
	return (int32_t)raw >> 20;
}

static int32_t imm_s(uint32_t raw)
{
	return ((int32_t)raw >> 25) * 32 + (int32_t)INSN_RD(raw);
}

/* LOAD: lb lh lw ld lbu lhu lwu; funct3 = 7 is reserved. */
static void decode_load(struct insn *insn, uint32_t raw)
{
	unsigned int funct3 = INSN_FUNCT3(raw);

	if (funct3 == 7)
		return;
	insn->kind = INSN_KIND_LOAD;
	insn->size = (uint8_t)(1U << (funct3 & 3));
	insn->sign_extend = funct3 < 3;
	insn->rd = INSN_RD(raw);
	insn->rs1 = INSN_RS1(raw);
	insn->imm = imm_i(raw);
}

static void decode_store(struct insn *insn, uint32_t raw)
{
	unsigned int funct3 = INSN_FUNCT3(raw);

	if (funct3 > 3)
		return;
	insn->kind = INSN_KIND_STORE;
	insn->size = (uint8_t)(1U << funct3);
	insn->rs1 = INSN_RS1(raw);
	insn->rs2 = INSN_RS2(raw);
	insn->imm = imm_s(raw);
}

/* flh flw fld and their stores; other widths are quad precision or vectors. */
static void decode_fp(struct insn *insn, uint32_t raw, bool store)
{
	unsigned int funct3 = INSN_FUNCT3(raw);

	if (funct3 < 1 || funct3 > 3)
		return;
	insn->kind = store ? INSN_KIND_FP_STORE : INSN_KIND_FP_LOAD;
	insn->size = (uint8_t)(1U << funct3);
	insn->rs1 = INSN_RS1(raw);
	if (store) {
		insn->rs2 = INSN_RS2(raw);
		insn->imm = imm_s(raw);
	} else {
		insn->rd = INSN_RD(raw);
		insn->imm = imm_i(raw);
	}
}

static void decode_amo(struct insn *insn, uint32_t raw)
{
	/* amoadd swap (lr sc) xor or and min max minu maxu, by funct5 */
	static const uint32_t known = 1U << 0x00 | 1U << 0x01 | 1U << FUNCT5_LR | 1U << FUNCT5_SC |
				      1U << 0x04 | 1U << 0x08 | 1U << 0x0c | 1U << 0x10 |
				      1U << 0x14 | 1U << 0x18 | 1U << 0x1c;
	unsigned int funct3 = INSN_FUNCT3(raw), funct5 = INSN_FUNCT5(raw);

	if ((funct3 != 2 && funct3 != 3) || !(known >> funct5 & 1))
		return;
	if (funct5 == FUNCT5_LR && INSN_RS2(raw) != 0)
		return;
	insn->kind = funct5 == FUNCT5_LR ? INSN_KIND_LR :
		     funct5 == FUNCT5_SC ? INSN_KIND_SC : INSN_KIND_AMO;
	insn->size = (uint8_t)(1U << funct3);
	insn->sign_extend = funct3 == 2;
	insn->rd = INSN_RD(raw);
	insn->rs1 = INSN_RS1(raw);
	insn->rs2 = INSN_RS2(raw);
}

static void decode_misc_mem(struct insn *insn, uint32_t raw)
{
	unsigned int op = raw >> 20;

	if (INSN_FUNCT3(raw) != FUNCT3_CBO || INSN_RD(raw) != 0)
		return;
	/* cbo.inval, clean, flush, zero */
	if (op == 0 || op == 1 || op == 2 || op == 4) {
		insn->kind = INSN_KIND_CBO;
		insn->rs1 = INSN_RS1(raw);
	}
}

/* SYSTEM, funct3 = PRIV: the words without operands, then the fences. */
static void decode_priv(struct insn *insn, uint32_t raw)
{
	static const struct {
		uint32_t word;
		uint8_t kind;
	} words[] = {
		{ INSN_SRET, INSN_KIND_SRET },
		{ INSN_WFI, INSN_KIND_WFI },
		{ INSN_ECALL, INSN_KIND_ECALL },
		{ INSN_EBREAK, INSN_KIND_EBREAK },
		{ INSN_MRET, INSN_KIND_MRET },
		{ INSN_SFENCE_W_INVAL, INSN_KIND_SINVAL },
		{ INSN_SFENCE_INVAL_IR, INSN_KIND_SINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (raw == words[i].word) {
			insn->kind = words[i].kind;
			return;
		}
	}
	if (INSN_RD(raw) != 0)
		return;
	switch (INSN_FUNCT7(raw)) {
	case FUNCT7_SFENCE_VMA:
		insn->kind = INSN_KIND_SFENCE_VMA;
		break;
	case FUNCT7_SINVAL_VMA:
		insn->kind = INSN_KIND_SINVAL;
		break;
	case FUNCT7_HFENCE_VVMA:
	case FUNCT7_HFENCE_GVMA:
	case FUNCT7_HINVAL_VVMA:
	case FUNCT7_HINVAL_GVMA:
		insn->kind = INSN_KIND_HYPERVISOR;
		break;
	default:
		return;
	}
	insn->rs1 = INSN_RS1(raw);
	insn->rs2 = INSN_RS2(raw);
}

static void decode_system(struct insn *insn, uint32_t raw)
{
	unsigned int funct3 = INSN_FUNCT3(raw);

	if (funct3 == FUNCT3_PRIV) {
		decode_priv(insn, raw);
	} else if (funct3 == FUNCT3_HLSV) {
		/* hlv, hlvx and hsv are funct7 0x30 to 0x37 */
		if (INSN_FUNCT7(raw) >> 3 == 6)
			insn->kind = INSN_KIND_HYPERVISOR;
	} else {
		insn->kind = INSN_KIND_CSR;
		insn->csr = (uint16_t)INSN_CSR(raw);
		insn->csr_op = funct3 & 3;
		insn->csr_imm = (funct3 & FUNCT3_CSR_IMM) != 0;
		insn->rd = INSN_RD(raw);
		insn->rs1 = INSN_RS1(raw);
	}
}

static void decode_32(struct insn *insn, uint32_t raw)
{
	switch (INSN_OPCODE(raw)) {
	case OPCODE_SYSTEM:
		decode_system(insn, raw);
		break;
	case OPCODE_LOAD:
		decode_load(insn, raw);
		break;
	case OPCODE_STORE:
		decode_store(insn, raw);
		break;
	case OPCODE_LOAD_FP:
		decode_fp(insn, raw, false);
		break;
	case OPCODE_STORE_FP:
		decode_fp(insn, raw, true);
		break;
	case OPCODE_AMO:
		decode_amo(insn, raw);
		break;
	case OPCODE_MISC_MEM:
		decode_misc_mem(insn, raw);
		break;
	default:
		break;
	}
}

/* Bits high..low of a compressed word, moved to bit position at. */
static int32_t bits(uint32_t raw, unsigned int high, unsigned int low, unsigned int at)
{
	return (int32_t)((raw >> low & ((1U << (high - low + 1)) - 1)) << at);
}

/*
 * Loads and stores of quadrants 0 (a base register) and 2 (sp) by funct3: 1 fld, 2 lw, 3 ld,
 * 5 fsd, 6 sw, 7 sd. Bits 1:0 of funct3 give the register file and the width.
 */
static void decode_c_kind(struct insn *insn, unsigned int funct3)
{
	bool fp = (funct3 & 3) == 1, store = funct3 >= 4;

	if (store)
		insn->kind = fp ? INSN_KIND_FP_STORE : INSN_KIND_STORE;
	else
		insn->kind = fp ? INSN_KIND_FP_LOAD : INSN_KIND_LOAD;
	insn->size = (funct3 & 3) == 2 ? 4 : 8;
	insn->sign_extend = insn->kind == INSN_KIND_LOAD && insn->size == 4;
}

/* Zcb: c.lbu, c.lhu, c.lh, c.sb, c.sh. */
static void decode_zcb(struct insn *insn, uint32_t raw)
{
	unsigned int op = raw >> 10 & 7;
	bool half = op & 1;
	uint8_t reg = (uint8_t)(8 + bits(raw, 4, 2, 0));

	if (op > 3 || (op == 3 && raw >> 6 & 1))
		return;
	insn->kind = op & 2 ? INSN_KIND_STORE : INSN_KIND_LOAD;
	insn->size = half ? 2 : 1;
	insn->sign_extend = op == 1 && raw >> 6 & 1;
	insn->rs1 = (uint8_t)(8 + bits(raw, 9, 7, 0));
	insn->imm = bits(raw, 5, 5, 1) | (half ? 0 : bits(raw, 6, 6, 0));
	if (op & 2)
		insn->rs2 = reg;
	else
		insn->rd = reg;
}

static void decode_quadrant0(struct insn *insn, uint32_t raw)
{
	unsigned int funct3 = raw >> 13 & 7;
	uint8_t reg = (uint8_t)(8 + bits(raw, 4, 2, 0));

	if (funct3 == 4)
		decode_zcb(insn, raw);
	/* Zcb's are decoded, c.addi4spn accesses nothing */
	if ((funct3 & 3) == 0)
		return;
	decode_c_kind(insn, funct3);
	insn->rs1 = (uint8_t)(8 + bits(raw, 9, 7, 0));
	insn->imm = bits(raw, 12, 10, 3);
	if (insn->size == 4)
		insn->imm |= bits(raw, 6, 6, 2) | bits(raw, 5, 5, 6);
	else
		insn->imm |= bits(raw, 6, 5, 6);
	if (funct3 >= 4)
		insn->rs2 = reg;
	else
		insn->rd = reg;
}

static void decode_quadrant2(struct insn *insn, uint32_t raw)
{
	unsigned int funct3 = raw >> 13 & 7;
	uint8_t rd = INSN_RD(raw);

	if ((raw & 0xffff) == INSN_C_EBREAK) {
		insn->kind = INSN_KIND_EBREAK;
		return;
	}
	/* c.slli, the moves and jumps; then c.lwsp and c.ldsp to x0, which are reserved */
	if ((funct3 & 3) == 0 || (funct3 < 4 && funct3 != 1 && rd == 0))
		return;
	decode_c_kind(insn, funct3);
	insn->rs1 = 2;
	if (funct3 >= 4) {
		insn->rs2 = (uint8_t)bits(raw, 6, 2, 0);
		if (insn->size == 4)
			insn->imm = bits(raw, 12, 9, 2) | bits(raw, 8, 7, 6);
		else
			insn->imm = bits(raw, 12, 10, 3) | bits(raw, 9, 7, 6);
		return;
	}
	insn->rd = rd;
	if (insn->size == 4)
		insn->imm = bits(raw, 12, 12, 5) | bits(raw, 6, 4, 2) | bits(raw, 3, 2, 6);
	else
		insn->imm = bits(raw, 12, 12, 5) | bits(raw, 6, 5, 3) | bits(raw, 4, 2, 6);
}

struct insn insn_decode(uint32_t raw)
{
	struct insn insn = { 0 };

	if (!INSN_IS_16BIT(raw)) {
		insn.len = 4;
		decode_32(&insn, raw);
		return insn;
	}
	insn.len = 2;
	if ((raw & 3) == 0)
		decode_quadrant0(&insn, raw);
	else if ((raw & 3) == 2)
		decode_quadrant2(&insn, raw);
	return insn;
}

const char *insn_kind_name(unsigned int kind)
{
	static const char *const names[INSN_KIND_COUNT] = {
		[INSN_KIND_OTHER] = "other",
		[INSN_KIND_CSR] = "csr",
		[INSN_KIND_SRET] = "sret",
		[INSN_KIND_MRET] = "mret",
		[INSN_KIND_WFI] = "wfi",
		[INSN_KIND_ECALL] = "ecall",
		[INSN_KIND_EBREAK] = "ebreak",
		[INSN_KIND_SFENCE_VMA] = "sfence.vma",
		[INSN_KIND_SINVAL] = "sinval",
		[INSN_KIND_HYPERVISOR] = "hypervisor",
		[INSN_KIND_CBO] = "cbo",
		[INSN_KIND_LOAD] = "load",
		[INSN_KIND_STORE] = "store",
		[INSN_KIND_FP_LOAD] = "fp-load",
		[INSN_KIND_FP_STORE] = "fp-store",
		[INSN_KIND_LR] = "lr",
		[INSN_KIND_SC] = "sc",
		[INSN_KIND_AMO] = "amo",
	};

	return kind < INSN_KIND_COUNT ? names[kind] : "?";
}
