/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every S-mode CSR with csrrw, csrrs, csrrc and their immediate forms, rd and rs1 zero and not.
 * Privileged specification, "Supervisor-Level ISA"; unprivileged specification, "Zicsr".
 *
 * Lines that begin with "T:" are the transcript: the same natively, in te and in pv, and compared
 * by tests/system. Values in it are limited to the bits that the specification leaves no choice
 * about. Where the Strata feature word offers hypercalls (pv), the same matrix is made of them.
 */
#include "guest.h"

enum form { RW, RS, RC, RWI, RSI, RCI };

/* One access: the operation on a CSR that holds init, with rd and rs1 zero or not. */
struct access {
	unsigned int csr;
	enum form form;
	bool rd, rs1;		/* not x0; of an immediate form rs1 is "the immediate is not 0" */
	uint64_t init, operand;
};

struct outcome {
	uint64_t old;		/* what rd has; UNTOUCHED if rd is x0 */
	uint64_t after;		/* what the CSR reads then */
	uint64_t cause, tval;	/* NO_TRAP, 0 if none */
};

struct csr {
	unsigned int number;
	const char *name;
	uint64_t stored;	/* bits that keep any value written */
	uint64_t compared;	/* bits that the specification leaves no choice about */
	uint64_t home;		/* value that the test library needs; 0 elsewhere */
	uint64_t operands[8];	/* and initial values; ends with END */
};

#define UNTOUCHED	0x756e746f75636865UL
#define END		0x454e44454e44UL
#define IMMEDIATE	0x13UL
#define A0		10
#define A1		11

#define SSTATUS_BITS                                                                              \
	(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR)
#define ALL		(~0UL)
#define ALTERNATING	0x5aa5a55a0ff0c33cUL
/* Without bits 2, 6 and 10, which QEMU's VS-mode takes in sie and sip for bits 1, 5 and 9. */
#define ALTERNATING_IRQ	0x5aa5a55a0ff0cb28UL

/*
 * Operands avoid what kills the test itself: sstatus has no VS, XS and UXL bits (natively they may
 * be writable), satp is filled in by csr_prepare with a root that maps this image to itself.
 */
static struct csr csrs[] = {
	{ CSR_SSTATUS, "sstatus", SSTATUS_BITS, SSTATUS_BITS | SSTATUS_SD, SSTATUS_FS_DIRTY,
	  { 0, SSTATUS_BITS, SSTATUS_SIE, SSTATUS_SPIE | SSTATUS_FS_INITIAL,
	    SSTATUS_SUM | SSTATUS_SPP, SSTATUS_MXR | SSTATUS_FS_CLEAN,
	    ALL & ~(SSTATUS_VS | SSTATUS_XS | SSTATUS_UXL), END } },
	{ CSR_SIE, "sie", 0x222, ALL, 0, { 0, ALL, 2, 0x20, 0x200, ALTERNATING_IRQ, END } },
	{ CSR_STVEC, "stvec", ~2UL, ALL, 0,
	  { 0, 0x80201000, 0x80201001, 0xffffffc000000001, ALTERNATING & ~3UL, END } },
	{ CSR_SCOUNTEREN, "scounteren", 7, 7, 7, { 0, ALL, 1, 2, 4, ALTERNATING, END } },
	{ CSR_SENVCFG, "senvcfg", 1, 1, 0, { 0, ALL, 1, ALTERNATING, END } },
	{ CSR_SSCRATCH, "sscratch", ALL, ALL, 0, { 0, ALL, 1, ALTERNATING, ~ALTERNATING, END } },
	{ CSR_SEPC, "sepc", ~1UL, ~1UL, 0, { 0, ALL, 2, ALTERNATING, ~ALTERNATING, END } },
	{ CSR_SCAUSE, "scause", ALL, ALL, 0, { 0, 15, SCAUSE_INTERRUPT | 9, 2, END } },
	{ CSR_STVAL, "stval", ALL, ALL, 0, { 0, ALL, 1, ALTERNATING, ~ALTERNATING, END } },
	{ CSR_SIP, "sip", 2, ALL, 0, { 0, ALL, 2, 0x222, ALTERNATING_IRQ, END } },
	{ CSR_SATP, "satp", ALL, ALL, 0, { 0, END } },
};

static const char *const form_names[] = { "csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci" };
static uint32_t code[16] __attribute__((aligned(64)));
static bool by_hypercall, silent;

static void csr_prepare(void)
{
	struct csr *stvec = &csrs[2], *satp = &csrs[ARRAY_SIZE(csrs) - 1];
	uint64_t root = (uintptr_t)page_root() >> PAGE_SHIFT;
	uint64_t sv39 = SATP_MODE_SV39 << SATP_MODE_SHIFT;

	stvec->home = (uintptr_t)trap_vector;
	satp->operands[1] = sv39 | root;
	satp->operands[2] = sv39 | 0xa5UL << SATP_ASID_SHIFT | root;
	satp->operands[3] = 1UL << SATP_MODE_SHIFT | 0x1234;
	satp->operands[4] = 15UL << SATP_MODE_SHIFT | root;
	satp->operands[5] = END;
}

/* The instruction of an access, with a0 for rd and a1 for rs1. */
static uint32_t access_word(const struct access *a)
{
	uint32_t funct3 = (uint32_t)a->form % 3 + 1 + (a->form >= RWI ? FUNCT3_CSR_IMM : 0);
	uint32_t rs1 = !a->rs1 ? 0 : a->form >= RWI ? (uint32_t)IMMEDIATE : A1;

	return a->csr << 20 | rs1 << 15 | funct3 << 12 | (a->rd ? A0 : 0U) << 7 | OPCODE_SYSTEM;
}

static uint64_t access_operand(const struct access *a)
{
	return !a->rs1 ? 0 : a->form >= RWI ? IMMEDIATE : a->operand;
}

static bool access_writes(const struct access *a)
{
	return a->rs1 || a->form % 3 == RW;
}

/* What code[] left in a0 and a2. */
static uint64_t code_a0, code_a2;

/* Run code[]: a1 = operand, a3 = initial value, a4 = value to leave behind. */
static __attribute__((noinline)) void code_run(uint64_t operand, uint64_t init, uint64_t home)
{
	register uint64_t a0 __asm__("a0") = UNTOUCHED;
	register uint64_t a1 __asm__("a1") = operand;
	register uint64_t a2 __asm__("a2") = 0;
	register uint64_t a3 __asm__("a3") = init;
	register uint64_t a4 __asm__("a4") = home;

	/* fence.i: the words were stored just now */
	__asm__ volatile("fence.i\n\tjalr ra, 0(%5)"
			 : "+r"(a0), "+r"(a2)
			 : "r"(a1), "r"(a3), "r"(a4), "r"(code)
			 : "ra", "memory");
	code_a0 = a0;
	code_a2 = a2;
}

static void by_instruction(const struct access *a, uint64_t home, struct outcome *out)
{
	code[0] = a->csr << 20 | 13 << 15 | FUNCT3_CSRRW << 12 | OPCODE_SYSTEM;
	code[1] = access_word(a);
	code[2] = a->csr << 20 | FUNCT3_CSRRS << 12 | 12 << 7 | OPCODE_SYSTEM;
	code[3] = a->csr << 20 | 14 << 15 | FUNCT3_CSRRW << 12 | OPCODE_SYSTEM;
	code[4] = 0x00008067;	/* ret */
	TRAP(code_run(a->operand, a->init, home));
	*out = (struct outcome){ code_a0, code_a2, trap_last.scause, 0 };
	if (trap_last.scause != NO_TRAP)
		out->tval = trap_last.stval;
}

static uint64_t hypercall(unsigned int fn, unsigned int csr, uint64_t value, int64_t *error)
{
	struct sbi_ret ret = sbi_call(STRATA_EID, fn, csr, value, 0, 0, 0);

	if (ret.error && !*error)
		*error = ret.error;
	return ret.value;
}

static void with_hypercalls(const struct access *a, uint64_t home, struct outcome *out)
{
	static const unsigned int swap[] = { STRATA_FN_CSR_SWAP, STRATA_FN_CSR_SET,
					     STRATA_FN_CSR_CLEAR };
	int64_t error = 0;

	*out = (struct outcome){ UNTOUCHED, 0, NO_TRAP, 0 };
	hypercall(STRATA_FN_CSR_WRITE, a->csr, a->init, &error);
	if (!access_writes(a))
		out->old = hypercall(STRATA_FN_CSR_READ, a->csr, 0, &error);
	else if (!a->rd && a->form % 3 == RW)
		hypercall(STRATA_FN_CSR_WRITE, a->csr, access_operand(a), &error);
	else
		out->old = hypercall(swap[a->form % 3], a->csr, access_operand(a), &error);
	if (!a->rd)
		out->old = UNTOUCHED;
	out->after = hypercall(STRATA_FN_CSR_READ, a->csr, 0, &error);
	hypercall(STRATA_FN_CSR_WRITE, a->csr, home, &error);
	if (error) {
		out->cause = EXC_ILLEGAL_INST;
		out->tval = (uint64_t)error;
	}
}

/* The specification's answer: what the CSR holds after value has been written over old. */
static uint64_t legal(const struct csr *csr, uint64_t old, uint64_t value)
{
	uint64_t mode = SATP_MODE(value);

	if (csr->number == CSR_SATP && mode != SATP_MODE_BARE && mode != SATP_MODE_SV39)
		return old;
	if (csr->number == CSR_STVEC && (value & STVEC_MODE_MASK) > STVEC_MODE_VECTORED)
		return old;
	value &= csr->stored;
	if (csr->number == CSR_SSTATUS && (value & SSTATUS_FS) == SSTATUS_FS_DIRTY)
		value |= SSTATUS_SD;
	return value;
}

static void access_check(const struct csr *csr, const struct access *a)
{
	uint64_t operand = access_operand(a), before, value;
	struct outcome out;

	if (by_hypercall)
		with_hypercalls(a, csr->home, &out);
	else
		by_instruction(a, csr->home, &out);
	if (out.cause != NO_TRAP) {
		printf("T: %s %s rd=%d rs1=%d trap %lx %lx\n", form_names[a->form], csr->name,
		       a->rd, a->rs1, out.cause, out.tval);
		test_fail("%s %s traps: cause %lu tval 0x%lx", form_names[a->form], csr->name,
			  out.cause, out.tval);
		return;
	}
	if (!silent)
		printf("T: %s %s rd=%d rs1=%d init=%lx operand=%lx old=%lx after=%lx\n",
		       form_names[a->form], csr->name, a->rd, a->rs1, a->init, operand,
		       a->rd ? out.old & csr->compared : 0, out.after & csr->compared);
	before = legal(csr, 0, a->init);
	value = a->form % 3 == RW ? operand : a->form % 3 == RS ? before | operand :
								    before & ~operand;
	if (access_writes(a))
		value = legal(csr, before, value);
	else
		value = before;
	if (a->rd)
		expect_eq(out.old & csr->compared, before & csr->compared, "rd");
	else
		expect_eq(out.old, UNTOUCHED, "a0, which is not rd");
	expect_eq(out.after & csr->compared, value & csr->compared, "the CSR after");
}

/*
 * Would the access load a satp that does not map this image: another PPN, or a mode that is
 * supported natively and not here?
 */
static bool satp_kills(const struct access *a)
{
	uint64_t operand = access_operand(a), value = operand;

	if (a->form % 3 == RS)
		value = a->init | operand;
	else if (a->form % 3 == RC)
		value = a->init & ~operand;
	if (SATP_MODE(a->init) != SATP_MODE_SV39 || !access_writes(a))
		return false;
	if (SATP_MODE(value) == SATP_MODE_SV48 || SATP_MODE(value) == SATP_MODE_SV57)
		return true;
	return SATP_MODE(value) == SATP_MODE_SV39 && ((value ^ a->init) & SATP_PPN_MASK);
}

/* All forms, rd and rs1, initial values and operands of one CSR. */
static void matrix(const struct csr *csr)
{
	for (unsigned int n = 0; n < 24; n++) {
		struct access a = { .csr = csr->number, .form = (enum form)(n / 4), .rd = n & 1,
				    .rs1 = n & 2 };

		for (unsigned int i = 0; csr->operands[i] != END; i++) {
			unsigned int last = a.rs1 && a.form < RWI ? ARRAY_SIZE(csr->operands) : 1;

			a.init = csr->operands[i];
			for (unsigned int j = 0; j < last && csr->operands[j] != END; j++) {
				a.operand = csr->operands[j];
				if (csr->number == CSR_SATP && satp_kills(&a))
					continue;
				access_check(csr, &a);
			}
		}
	}
}

static void matrices(void)
{
	static const char *const by[] = { "an instruction", "a hypercall" };

	for (unsigned int i = 0; i < ARRAY_SIZE(csrs); i++) {
		char name[96], *p = name;
		const char *parts[] = { csrs[i].name,
					" keeps and returns what the specification says, by ",
					by[by_hypercall] };

		for (unsigned int k = 0; k < ARRAY_SIZE(parts); k++)
			for (const char *s = parts[k]; *s; s++)
				*p++ = *s;
		*p = '\0';
		test_begin(name);
		matrix(&csrs[i]);
		test_end();
	}
}

/* One word with a1 = value; the trap is in trap_last. */
static void word_run(uint32_t word, uint64_t value)
{
	code[0] = word;
	code[1] = 0x00008067;	/* ret */
	TRAP(code_run(value, 0, 0));
}

static bool traps_as_illegal(uint32_t word)
{
	return trap_last.scause == EXC_ILLEGAL_INST && trap_last.sepc == (uintptr_t)code &&
	       (trap_last.stval == word || trap_last.stval == 0);
}

/* Which numbers there are is a choice of the machine outside of these. */
static bool is_required(unsigned int number)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(csrs); i++)
		if (csrs[i].number == number)
			return true;
	return false;
}

static void test_numbers(void)
{
	test_begin("a CSR number that does not exist is an illegal instruction, named in stval");
	printf("T: legal:");
	for (unsigned int n = 0; n < 4096; n++) {
		uint32_t word = n << 20 | FUNCT3_CSRRS << 12 | A0 << 7 | OPCODE_SYSTEM;

		word_run(word, 0);
		if (trap_last.scause == NO_TRAP) {
			/* Sstc, counters and the H extension are the machine's choice. */
			if (CSR_PRIV(n) == 1 && n != CSR_STIMECMP)
				printf(" %x", n);
			expect(CSR_PRIV(n) != 3, "an M-mode CSR traps");
		} else {
			expect(traps_as_illegal(word), "cause 2, sepc and stval");
			expect(!is_required(n), "an S-mode CSR does not trap");
		}
	}
	printf("\n");
	test_end();

	test_begin("an M-mode CSR is an illegal instruction in every form");
	for (unsigned int n = 0; n < 4096; n++) {
		uint32_t word = n << 20 | A1 << 15 | (n % 3 + 1) << 12 | OPCODE_SYSTEM;

		if (CSR_PRIV(n) != 3)
			continue;
		word_run(word, 0);
		expect(traps_as_illegal(word), "cause 2, sepc and stval");
	}
	test_end();
}

static void test_read_only(void)
{
	static const unsigned int numbers[] = { CSR_CYCLE, CSR_TIME, CSR_INSTRET };

	test_begin("a write to a read-only CSR is an illegal instruction in every form");
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (uint32_t funct3 = 1; funct3 < 8; funct3++) {
			uint32_t word = (uint32_t)numbers[i] << 20 | A1 << 15 | funct3 << 12 |
					OPCODE_SYSTEM;

			if (funct3 == FUNCT3_HLSV)
				continue;
			/* not 0, which QEMU takes for no write */
			word_run(word, 1);
			expect(traps_as_illegal(word), "cause 2");
		}
	}
	test_end();

	test_begin("csrrs with rs1=x0 reads a read-only CSR");
	for (uint32_t funct3 = FUNCT3_CSRRS; funct3 < 8; funct3++) {
		word_run((uint32_t)CSR_TIME << 20 | funct3 << 12 | A0 << 7 | OPCODE_SYSTEM, 0);
		if (funct3 != FUNCT3_HLSV && (funct3 & 3) != FUNCT3_CSRRW)
			EXPECT_EQ(trap_last.scause, NO_TRAP);
	}
	test_end();
}

static void test_same_register(void)
{
	uint64_t value = 0x1122334455667788;

	test_begin("csrrw with rd = rs1 swaps register and CSR");
	csr_write(CSR_SSCRATCH, 0x99);
	__asm__ volatile("csrrw %0, sscratch, %0" : "+r"(value));
	EXPECT_EQ(value, 0x99);
	EXPECT_EQ(csr_read(CSR_SSCRATCH), 0x1122334455667788);
	value = 0x18;
	__asm__ volatile("csrrc %0, sscratch, %0" : "+r"(value));
	EXPECT_EQ(value, 0x1122334455667788);
	EXPECT_EQ(csr_read(CSR_SSCRATCH), 0x1122334455667780);
	test_end();
}

/* sstatus fields whose choice is limited: every value read must be one of the legal ones. */
static void test_sstatus_legal(void)
{
	uint64_t home = csr_read(CSR_SSTATUS), value;

	test_begin("sstatus.UBE, XS and the reserved bits read 0 and UXL a legal value");
	csr_write(CSR_SSTATUS, ALL & ~(SSTATUS_SIE | SSTATUS_VS | SSTATUS_UXL));
	value = csr_read(CSR_SSTATUS);
	csr_write(CSR_SSTATUS, home);
	EXPECT_EQ(value & ~(SSTATUS_BITS | SSTATUS_SD | SSTATUS_UXL), 0);
	EXPECT((value & SSTATUS_UXL) != 0);
	test_end();
}

static void test_user(void)
{
	static uint32_t page[1024] __attribute__((aligned(4096)));
	uint64_t va = 0x40000000;
	uint64_t *root = page_root();

	test_begin("every S-mode CSR, SRET, SFENCE.VMA is an illegal instruction in U-mode");
	page_map(root, va, (uintptr_t)page, PTE_U_RWX, 0);
	page_switch(root, 1);
	for (unsigned int i = 0; i < 24 * ARRAY_SIZE(csrs) + 2; i++) {
		struct access a = { .csr = csrs[i / 24 % ARRAY_SIZE(csrs)].number,
				    .form = (enum form)(i / 4 % 6), .rd = i & 1, .rs1 = i & 2 };
		uint32_t word = access_word(&a);

		if (i == 24 * ARRAY_SIZE(csrs))
			word = INSN_SRET;
		if (i == 24 * ARRAY_SIZE(csrs) + 1)
			word = (uint32_t)FUNCT7_SFENCE_VMA << 25 | OPCODE_SYSTEM;
		page[0] = word;
		page[1] = INSN_EBREAK;
		__asm__ volatile("fence.i" : : : "memory");
		user_run(va, 0, 0);
		EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
		EXPECT_EQ(trap_last.sepc, va);
		EXPECT_EQ(trap_last.sstatus & SSTATUS_SPP, 0);
		EXPECT(trap_last.stval == word || trap_last.stval == 0);
	}
	page_off();
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	struct sbi_ret features = sbi_call(STRATA_EID, STRATA_FN_FEATURES, 0, 0, 0, 0, 0);

	(void)hartid;
	(void)dtb;
	csr_write(CSR_SSTATUS, SSTATUS_FS_DIRTY);
	csr_prepare();
	by_hypercall = sbi_probe(STRATA_EID) && !features.error &&
		       (features.value & STRATA_F_HYPERCALL);
	matrices();
	/* In pv an instruction still traps and is emulated: the same without a transcript. */
	silent = by_hypercall;
	by_hypercall = false;
	if (silent)
		matrices();
	test_same_register();
	test_sstatus_legal();
	test_read_only();
	test_numbers();
	test_user();
}
