/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that are illegal for a guest, each right behind one that a hypervisor carries out
 * for it: it must not be taken for that one, whatever the machine says in stval.
 * Privileged specification, "stval"; "Hypervisor Extension".
 */
#include "guest.h"

#define A0		10
#define RET		0x00008067U
#define HLSV(funct7, rs2, rd) \
	((uint32_t)(funct7) << 25 | (uint32_t)(rs2) << 20 | A0 << 15 | FUNCT3_HLSV << 12 | \
	 (uint32_t)(rd) << 7 | OPCODE_SYSTEM)
#define CSR_WORD(csr, funct3, rs1, rd) \
	((uint32_t)(csr) << 20 | (uint32_t)(rs1) << 15 | (uint32_t)(funct3) << 12 | \
	 (uint32_t)(rd) << 7 | OPCODE_SYSTEM)

/* What the hypervisor carries out, in one mode or another. */
static const struct before {
	const char *name;
	uint32_t word;
} befores[] = {
	{ "csrrw a0, sscratch, a0", CSR_WORD(CSR_SSCRATCH, FUNCT3_CSRRW, A0, A0) },
	{ "csrr a0, sscratch", CSR_WORD(CSR_SSCRATCH, FUNCT3_CSRRS, 0, A0) },
	{ "csrci sstatus, 2", CSR_WORD(CSR_SSTATUS, FUNCT3_CSRRC | FUNCT3_CSR_IMM, 2, 0) },
	{ "csrr a0, sie", CSR_WORD(CSR_SIE, FUNCT3_CSRRS, 0, A0) },
	{ "csrw satp, zero", CSR_WORD(CSR_SATP, FUNCT3_CSRRW, 0, 0) },
	{ "csrr a0, instret", CSR_WORD(CSR_INSTRET, FUNCT3_CSRRS, 0, A0) },
	{ "sfence.vma", INSN_SFENCE_VMA },
	{ "nop", 0x00000013 },
};

/* Not MRET: tests/guest/trap.c says why. */
static const struct illegal {
	const char *name;
	uint32_t word;
} illegals[] = {
	{ "hlv.b a1, (a0)", HLSV(0x30, 0, 11) },
	{ "hlv.d a1, (a0)", HLSV(0x36, 0, 11) },
	{ "hlvx.hu a1, (a0)", HLSV(0x32, 3, 11) },
	{ "hsv.b a1, (a0)", HLSV(0x31, 11, 0) },
	{ "hsv.d a1, (a0)", HLSV(0x37, 11, 0) },
	{ "hfence.vvma", (uint32_t)FUNCT7_HFENCE_VVMA << 25 | OPCODE_SYSTEM },
	{ "hfence.gvma", (uint32_t)FUNCT7_HFENCE_GVMA << 25 | OPCODE_SYSTEM },
	{ "sinval.vma", (uint32_t)FUNCT7_SINVAL_VMA << 25 | OPCODE_SYSTEM },
	{ "sfence.w.inval", INSN_SFENCE_W_INVAL },
	{ "mnret", 0x70200073 },
	{ "dret", 0x7b200073 },
	{ "uret", 0x00200073 },
	{ "csrr a0, mstatus", CSR_WORD(0x300, FUNCT3_CSRRS, 0, A0) },
	{ "csrr a0, hstatus", CSR_WORD(CSR_HSTATUS, FUNCT3_CSRRS, 0, A0) },
	{ "csrr a0, vsstatus", CSR_WORD(CSR_VSSTATUS, FUNCT3_CSRRS, 0, A0) },
	{ "unimp", 0xc0001073 },
	{ "0", 0 },
};

static uint32_t code[4];

static void check(const char *before, const struct illegal *illegal, uint64_t pc)
{
	if (trap_last.scause != EXC_ILLEGAL_INST)
		return test_fail("%s, %s: cause %lu", before, illegal->name, trap_last.scause);
	if (trap_last.sepc != pc)
		test_fail("%s, %s: sepc 0x%lx", before, illegal->name, trap_last.sepc);
	if (trap_last.stval != illegal->word && trap_last.stval != 0)
		test_fail("%s, %s: stval 0x%lx", before, illegal->name, trap_last.stval);
}

static void try_supervisor(const struct before *before, const struct illegal *illegal)
{
	code[0] = before->word;
	code[1] = illegal->word;
	code[2] = RET;
	__asm__ volatile("fence.i" : : : "memory");
	TRAP(((void (*)(uint64_t))(uintptr_t)code)((uint64_t)&code[3]));
	check(before->name, illegal, (uintptr_t)&code[1]);
}

/* The kernel's last instruction that was carried out for it is the SRET to there. */
static void test_user(void)
{
	uint64_t *root = page_root(), va = 0x40000000;
	uint32_t *page = page_alloc();

	test_begin("an illegal instruction in U-mode is not taken for the one before it");
	page_map(root, va, (uint64_t)page, PTE_U_RWX, 0);
	page_switch(root, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(illegals); i++) {
		/* The page is the user's: not for the kernel's stores while satp is on. */
		page_off();
		page[0] = illegals[i].word;
		page[1] = INSN_EBREAK;
		__asm__ volatile("fence.i" : : : "memory");
		page_switch(root, 1);
		user_run(va, 0, 0);
		check("SRET", &illegals[i], va);
	}
	page_off();
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	test_begin("an illegal instruction in S-mode is not taken for the one before it");
	if (!sbi_probe(STRATA_EID))
		return test_skip("natively, HLV and its like are legal");
	for (unsigned i = 0; i < ARRAY_SIZE(befores); i++)
		for (unsigned j = 0; j < ARRAY_SIZE(illegals); j++)
			try_supervisor(&befores[i], &illegals[j]);
	test_end();
	test_user();
}
