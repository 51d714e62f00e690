/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every CSR number with every CSR instruction, in S-mode and in U-mode: it has a value, or the
 * instruction is illegal; no other register changes. Unprivileged specification, "Zicsr".
 */
#include "hostile.h"

#define CSRS		4096U
#define A0		10
#define A1		11
#define RESTORE_STVEC	12	/* the registers that hold what must be there again */
#define RESTORE_SATP	13
#define VA_CODE		0x40000000UL

static bool in_strata;
static uint64_t root_satp;

/* The instruction number form (1 to 3: registers, 5 to 7: immediates) with these operands. */
static uint32_t csr_word(unsigned int csr, unsigned int form, unsigned int rd, unsigned int rs1)
{
	return csr << 20 | rs1 << 15 | form << 12 | rd << 7 | OPCODE_SYSTEM;
}

/* Natively S-mode is HS-mode, whose own CSRs would end more than the test. */
static bool is_ours(unsigned int csr)
{
	return in_strata || CSR_PRIV(csr) != 2;
}

/* satp takes what keeps this image mapped, and modes that there are not. */
static uint64_t operand(unsigned int csr)
{
	static const uint64_t any[] = { 0, 1, ~0UL, 0x5555555555555555, 0x8000000000000000 };
	const uint64_t satps[] = { 0, root_satp, 1UL << SATP_MODE_SHIFT | 77,
				   15UL << SATP_MODE_SHIFT | (root_satp & 0xfff) };
	uint64_t r = hostile_random() >> 20;

	if (csr == CSR_SATP)
		return satps[r % ARRAY_SIZE(satps)];
	return r % 6 < ARRAY_SIZE(any) ? any[r % 6] : hostile_random();
}

static void registers_set_up(unsigned int csr)
{
	for (unsigned int i = 1; i < 32; i++)
		hostile_frame.x[i] = hostile_random();
	hostile_frame.x[A1] = operand(csr);
	hostile_frame.x[RESTORE_STVEC] = (uintptr_t)trap_vector;
	hostile_frame.x[RESTORE_SATP] = 0;
}

static void registers_check(uint32_t word)
{
	for (unsigned int i = 1; i < 32; i++)
		if (i != A0 && trap_last.x[i] != hostile_frame.x[i])
			test_fail("0x%x changed x%u", word, i);
	if (trap_last.scause != EXC_BREAKPOINT && trap_last.scause != EXC_ILLEGAL_INST)
		test_fail("0x%x: scause 0x%lx", word, trap_last.scause);
	else if (trap_last.scause == EXC_ILLEGAL_INST && trap_last.x[A0] != hostile_frame.x[A0])
		test_fail("0x%x is illegal and changed a0", word);
}

static void one(unsigned int csr, unsigned int form, unsigned int rd, unsigned int rs1)
{
	uint32_t words[] = { csr_word(csr, form, rd, rs1),
			     csr_word(CSR_STVEC, FUNCT3_CSRRW, 0, RESTORE_STVEC),
			     csr_word(CSR_SATP, FUNCT3_CSRRW, 0, RESTORE_SATP) };

	registers_set_up(csr);
	hostile_run(words, ARRAY_SIZE(words));
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SIP, 0);
	csr_write(CSR_SSTATUS, SSTATUS_FS_DIRTY);
	registers_check(words[0]);
}

/*
 * The vector of a batch: what is illegal is counted in s10 and skipped; another cause stays in s9.
 * Few CSR accesses, for each is an exit in te.
 */
extern char skip_vector[];
__asm__(".balign 4\n"
	"skip_vector:\n\t"
	"csrr	s11, scause\n\t"
	"addi	s11, s11, -2\n\t"
	"beqz	s11, 1f\n\t"
	"addi	s9, s11, 2\n"
	"1:\n\t"
	"csrr	s11, sepc\n\t"
	"addi	s11, s11, 4\n\t"
	"csrw	sepc, s11\n\t"
	"addi	s10, s10, 1\n\t"
	"sret\n");

/* All six forms on one CSR at once; how many of them are illegal. */
static uint64_t batch(unsigned int csr)
{
	register uint64_t a0 __asm__("a0") = 0;
	register uint64_t a1 __asm__("a1") = operand(csr);
	register uint64_t a2 __asm__("a2") = (uintptr_t)trap_vector;
	register uint64_t a3 __asm__("a3") = SSTATUS_FS_DIRTY;
	register uint64_t s9 __asm__("s9") = 0;
	register uint64_t s10 __asm__("s10") = 0;

	for (unsigned int i = 0; i < 6; i++)
		((volatile uint32_t *)hostile_code)[i] =
			csr_word(csr, i / 3 * 4 + i % 3 + 1, A0, i < 3 ? A1 : 5);
	csr_write(CSR_STVEC, (uintptr_t)skip_vector);
	/* The last words put back what the first ones may have changed. */
	__asm__ volatile("fence.i\n\tjalr ra, 0(%5)"
			 : "+r"(a0), "+r"(s9), "+r"(s10)
			 : "r"(a1), "r"(a2), "r"(hostile_code), "r"(a3)
			 : "ra", "s11", "memory");
	csr_write(CSR_SIP, 0);
	if (s9 != 0)
		test_fail("CSR 0x%x: scause 0x%lx", csr, s9);
	return s10;
}

static void batch_set_up(void)
{
	hostile_code[6] = csr_word(CSR_STVEC, FUNCT3_CSRRW, 0, RESTORE_STVEC);
	hostile_code[7] = csr_word(CSR_SATP, FUNCT3_CSRRW, 0, 0);
	hostile_code[8] = csr_word(CSR_SIE, FUNCT3_CSRRW, 0, 0);
	hostile_code[9] = csr_word(CSR_SSTATUS, FUNCT3_CSRRW, 0, 13);
	hostile_code[10] = 0x00008067;	/* ret */
}

static void sweep(void)
{
	test_begin("every CSR instruction on every number has a value or is illegal, in S-mode");
	for (unsigned int csr = 0; csr < CSRS; csr++) {
		batch_set_up();
		/* A CSR that there is gets each form with each kind of operand, one by one. */
		if (!is_ours(csr) || batch(csr) == 6)
			continue;
		for (unsigned int i = 0; i < 24; i++)
			one(csr, i % 6 / 3 * 4 + i % 3 + 1, i / 6 & 1 ? A0 : 0,
			    i < 12 ? (i % 6 < 3 ? A1 : 31 - i) : 0);
	}
	test_end();
}

/* One form on each number that S-mode may have, and on every step-th other one. */
static void sweep_user(unsigned int step)
{
	test_begin("in U-mode only unprivileged CSRs have a value");
	page_switch((const uint64_t *)((root_satp & 0xfffffffffffUL) << PAGE_SHIFT), 0);
	for (unsigned int csr = 0; csr < CSRS; csr += CSR_PRIV(csr) < 2 ? 1 : step) {
		uint32_t word = csr_word(csr, csr % 3 + 1, A0, csr & 4 ? A1 : 0);

		registers_set_up(csr);
		hostile_run_user(word, VA_CODE);
		registers_check(word);
		if (CSR_PRIV(csr) != 0 && trap_last.scause == EXC_BREAKPOINT)
			test_fail("U-mode has CSR 0x%x", csr);
	}
	page_off();
	test_end();
}

/* The same numbers by hypercall, and such as are none. */
static void sweep_hypercalls(void)
{
	struct sbi_ret features = sbi_call(STRATA_EID, STRATA_FN_FEATURES, 0, 0, 0, 0, 0);

	test_begin("a hypercall for any CSR number succeeds, or errs by the ABI");
	if (!in_strata || !(features.value & STRATA_F_HYPERCALL))
		return test_skip("not mode pv");
	for (uint64_t csr = 0; csr < CSRS + CSRS / 4; csr++) {
		/* These would pull the rug; every other one takes what comes. */
		bool kills = csr == CSR_STVEC || csr == CSR_SATP || csr == CSR_SSTATUS;
		uint64_t number = csr < CSRS ? csr : hostile_random();

		for (uint64_t fn = STRATA_FN_CSR_READ; fn <= STRATA_FN_CSR_CLEAR; fn++) {
			uint64_t value = fn >= STRATA_FN_CSR_SET && kills ? 0 : operand(CSRS);
			struct sbi_ret ret;

			if (kills && (fn == STRATA_FN_CSR_WRITE || fn == STRATA_FN_CSR_SWAP))
				continue;
			ret = sbi_call(STRATA_EID, fn, number, value, 0, 0, 0);
			expect(ret.error <= 0 && ret.error >= SBI_ERR_LAST, "an SBI error");
			if (ret.error)
				expect_eq(ret.value, 0, "the value with an error");
		}
	}
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SIP, 0);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t *root = page_root();

	(void)hartid;
	(void)dtb;
	in_strata = sbi_probe(STRATA_EID);
	hostile_state ^= hostile_number("seed", 1) * 0x100000001b3;
	page_map(root, VA_CODE, (uintptr_t)hostile_code, PTE_U_RWX, 0);
	root_satp = SATP_MODE_SV39 << SATP_MODE_SHIFT | (uintptr_t)root >> PAGE_SHIFT;
	for (uint64_t round = hostile_number("rounds", 1); round > 0; round--) {
		sweep();
		sweep_user(boot_arg("full") ? 1 : 7);
		sweep_hypercalls();
	}
	csr_write(CSR_SENVCFG, 0);
	csr_write(CSR_SCOUNTEREN, 7);
	sbi_set_timer(~0UL);
}
