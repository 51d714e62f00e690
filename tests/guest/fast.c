/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hypervisor may answer on a fast path: SBI calls, CSR accesses and those to devices, with
 * every register as source and destination, and what they leave everywhere else. SBI 3.0; Zicsr.
 *
 * Lines that begin with "T:" are the transcript, which tests/system compares between a hypervisor
 * with and one without its fast path (fast=off).
 */
#include "guest.h"

#define A0		10
#define A1		11
#define A6		16
#define A7		17
#define X(n)		(1U << (n))

/* Where code[] finds and leaves registers, and keeps those of its caller. */
struct registers {
	uint64_t in[32], out[32], kept[32];
};

static struct registers set;
static uint32_t code[160] __attribute__((aligned(64)));
static unsigned code_length;
static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return random_state ^ random_state >> 33;
}

static void emit(uint32_t word)
{
	code[code_length++] = word;
}

static void emit_ld(uint32_t rd, uint32_t base, uint64_t offset)
{
	emit((uint32_t)offset << 20 | base << 15 | 3 << 12 | rd << 7 | OPCODE_LOAD);
}

static void emit_sd(uint32_t rs, uint32_t base, uint64_t offset)
{
	emit((uint32_t)(offset >> 5) << 25 | rs << 20 | base << 15 | 3 << 12 |
	     (uint32_t)(offset & 31) << 7 | OPCODE_STORE);
}

/* The instructions between those of code_make(): words, of which the second may be 0. */
static uint32_t second_word;

/*
 * One instruction between loads of all registers from set.in and stores of all to set.out, but for
 * base, which holds their address. Called with that in a0.
 */
static void code_make(uint32_t word, uint32_t base)
{
	code_length = 0;
	for (uint32_t r = 1; r < 32; r++)
		emit_sd(r, A0, offsetof(struct registers, kept) + r * 8);
	emit(A0 << 15 | base << 7 | 0x13);	/* mv base, a0 */
	for (uint32_t r = 1; r < 32; r++)
		if (r != base)
			emit_ld(r, base, offsetof(struct registers, in) + r * 8);
	emit(word);
	if (second_word != 0)
		emit(second_word);
	for (uint32_t r = 1; r < 32; r++)
		if (r != base)
			emit_sd(r, base, offsetof(struct registers, out) + r * 8);
	for (uint32_t r = 1; r < 32; r++)
		if (r != base)
			emit_ld(r, base, offsetof(struct registers, kept) + r * 8);
	emit_ld(base, base, offsetof(struct registers, kept) + base * 8);
	emit(0x00008067);			/* ret */
}

static __attribute__((noinline)) void code_run(uint32_t word, uint32_t base)
{
	register struct registers *a0 __asm__("a0") = &set;

	code_make(word, base);
	/* fence.i: the words were stored just now */
	__asm__ volatile("fence.i\n\tjalr ra, 0(%1)" : "+r"(a0) : "r"(code) : "ra", "memory");
}

static void randomize(void)
{
	for (unsigned r = 1; r < 32; r++)
		set.in[r] = set.out[r] = random_next();
}

/* Registers but those of changed are what they were; a digest of all goes into the transcript. */
static void check_kept(uint32_t base, uint32_t changed, const char *what)
{
	uint64_t digest = 0;

	for (uint32_t r = 1; r < 32; r++) {
		if (r == base)
			continue;
		digest = (digest ^ set.out[r]) * 0x100000001b3UL;
		if (!(changed & X(r)) && set.out[r] != set.in[r])
			test_fail("%s: x%u is 0x%lx, was 0x%lx", what, r, set.out[r], set.in[r]);
	}
	printf("T: %s base x%u a0=%lx a1=%lx digest=%lx\n", what, base, set.out[A0], set.out[A1],
	       digest);
}

/* ---- CSR instructions ---- */

static uint64_t csr_get(unsigned index)
{
	switch (index) {
	case 0:
		return csr_read(CSR_SSCRATCH);
	case 1:
		return csr_read(CSR_SEPC);
	case 2:
		return csr_read(CSR_SCAUSE);
	default:
		return csr_read(CSR_STVAL);
	}
}

static void csr_put(unsigned index, uint64_t value)
{
	switch (index) {
	case 0:
		csr_write(CSR_SSCRATCH, value);
		break;
	case 1:
		csr_write(CSR_SEPC, value);
		break;
	case 2:
		csr_write(CSR_SCAUSE, value);
		break;
	default:
		csr_write(CSR_STVAL, value);
		break;
	}
}

static void csr_once(unsigned index, uint32_t funct3, uint32_t rd, uint32_t rs1)
{
	uint32_t base = rd != 31 && rs1 != 31 ? 31 : rd != 8 && rs1 != 8 ? 8 : 18;
	uint32_t word = (CSR_SSCRATCH + index) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 |
			OPCODE_SYSTEM;
	/* scause natively keeps few bits. */
	uint64_t mask = index == 1 ? ~1UL : index == 2 ? SCAUSE_INTERRUPT | 15 : ~0UL;
	uint64_t before, after;

	randomize();
	set.in[rs1] &= mask;
	set.in[0] = 0;
	csr_put(index, random_next() & mask);
	before = csr_get(index);
	code_run(word, base);
	after = csr_get(index);
	check_kept(base, X(rd), funct3 == FUNCT3_CSRRW ? "csrrw" : "csrr");
	if (rd != 0)
		expect_eq(set.out[rd], before, "rd");
	expect_eq(after, funct3 == FUNCT3_CSRRW ? set.in[rs1] : before, "the CSR after");
}

static void test_csrs(void)
{
	static const char *const names[] = {
		"sscratch can be read and exchanged by way of every register",
		"sepc can be read and exchanged by way of every register",
		"scause can be read and exchanged by way of every register",
		"stval can be read and exchanged by way of every register",
	};

	for (unsigned index = 0; index < 4; index++) {
		test_begin(names[index]);
		for (uint32_t r = 0; r < 32; r++) {
			csr_once(index, FUNCT3_CSRRS, r, 0);
			csr_once(index, FUNCT3_CSRRW, r, r);
			csr_once(index, FUNCT3_CSRRW, 0, r);
			csr_once(index, FUNCT3_CSRRW, r, (uint32_t)random_next() % 32);
		}
		test_end();
	}

	test_begin("a write of sepc keeps what can be an address");
	randomize();
	set.in[7] = 0x1235;
	code_run(CSR_SEPC << 20 | 7 << 15 | FUNCT3_CSRRW << 12 | OPCODE_SYSTEM, 31);
	check_kept(31, 0, "csrw sepc");
	printf("T: sepc=%lx\n", csr_read(CSR_SEPC));
	/* Natively, QEMU 7.2 keeps bit 0. */
	EXPECT_EQ(csr_read(CSR_SEPC) & ~1UL, 0x1234);
	test_end();
}

/* sstatus.SIE by csrsi and csrci; an interrupt that waits is taken at once. */
static void test_masking(void)
{
	const uint32_t csrsi = CSR_SSTATUS << 20 | 2 << 15 | 6 << 12 | OPCODE_SYSTEM;
	const uint32_t csrci = CSR_SSTATUS << 20 | 2 << 15 | 7 << 12 | OPCODE_SYSTEM;

	test_begin("csrsi and csrci of sstatus.SIE change nothing else");
	for (unsigned i = 0; i < 8; i++) {
		uint64_t before = csr_read(CSR_SSTATUS);

		randomize();
		code_run(i & 1 ? csrci : csrsi, 8 + (i & 2) * 5);
		check_kept(8 + (i & 2) * 5, 0, i & 1 ? "csrci sstatus" : "csrsi sstatus");
		EXPECT_EQ(csr_read(CSR_SSTATUS) & ~SSTATUS_SIE, before & ~SSTATUS_SIE);
		EXPECT_EQ(csr_read(CSR_SSTATUS) & SSTATUS_SIE, i & 1 ? 0 : SSTATUS_SIE);
	}
	test_end();

	test_begin("csrsi of sstatus.SIE takes an interrupt that is pending");
	csr_write(CSR_SIE, SIP_SSIP);
	csr_write(CSR_SIP, SIP_SSIP);
	TRAP(__asm__ volatile("csrsi sstatus, 2\n\tnop\n\tnop"));
	csr_write(CSR_SIP, 0);
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	csr_write(CSR_SIE, 0);
	test_end();
}

/* ---- Calls ---- */

static void call_once(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1, uint32_t base)
{
	randomize();
	set.in[A0] = a0;
	set.in[A1] = a1;
	set.in[A6] = fid;
	set.in[A7] = eid;
	code_run(INSN_ECALL, base);
	check_kept(base, X(A0) | X(A1), "ecall");
}

static void test_calls(uint64_t self)
{
	static const uint64_t eids[] = { SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, 0x100000010,
					 SBI_EXT_DBCN };

	test_begin("SBI calls keep every register but a0 and a1");
	for (unsigned i = 0; i < ARRAY_SIZE(eids); i++)
		for (uint64_t fid = i == 4 ? 3 : 0; fid < 5; fid++)
			for (unsigned base = 0; base < 3; base++)
				call_once(eids[i], fid, ~0UL, ~0UL, 7 + base * 12);
	call_once(SBI_EXT_BASE, 1UL << 32, 0, 0, 31);
	call_once(SBI_EXT_BASE, ~0UL, 0, 0, 31);
	csr_write(CSR_SIP, 0);
	test_end();

	test_begin("an IPI to oneself is pending once, and can be sent again");
	for (unsigned i = 0; i < 4; i++) {
		call_once(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, self, 31);
		EXPECT_EQ(set.out[A0], SBI_SUCCESS);
		EXPECT_EQ(csr_read(CSR_SIP) & SIP_SSIP, SIP_SSIP);
		if (i & 1)
			csr_write(CSR_SIP, 0);
		call_once(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 3, self, 31);
		call_once(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, self + 100, 31);
	}
	csr_write(CSR_SIP, 0);
	test_end();
}

/* A line of the transcript, byte by byte; the argument's higher bits mean nothing. */
static void test_bytes(void)
{
	static const char begin[] = "T: ";

	test_begin("bytes of the console are written with every register kept");
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t random = random_next();
		char byte = i < 3 ? begin[i] : (char)('!' + random % 94);

		randomize();
		set.in[A0] = (random & ~0xffUL) | (uint8_t)(i == 999 ? '\n' : byte);
		set.in[A6] = SBI_DBCN_WRITE_BYTE;
		set.in[A7] = SBI_EXT_DBCN;
		code_run(INSN_ECALL, 1 + i % 9);
		EXPECT_EQ(set.out[A0], SBI_SUCCESS);
		EXPECT_EQ(set.out[A1], 0);
		for (uint32_t r = 1; r < 32; r++)
			if (r != 1 + i % 9 && r != A0 && r != A1)
				EXPECT_EQ(set.out[r], set.in[r]);
	}
	test_end();
}

/* ---- Devices ---- */

#define PLIC_ENABLES	0x0c002080UL	/* of hart 0's S-mode context: 31 bits that are kept */
#define UART_SCRATCH	0x10000007UL	/* 8 bits that are kept */
#define C_NOP		1U

static uint64_t device_get(uint64_t device)
{
	return device == UART_SCRATCH ? *(volatile uint8_t *)device : *(volatile uint32_t *)device;
}

static void device_put(uint64_t device, uint64_t value)
{
	if (device == UART_SCRATCH)
		*(volatile uint8_t *)device = (uint8_t)value;
	else
		*(volatile uint32_t *)device = (uint32_t)value;
}

/* An instruction at a multiple of 4 or behind one of 2 bytes; base holds the registers. */
static void run_at(uint32_t insn, bool compressed, bool aligned, uint32_t base)
{
	if (compressed) {
		code_run(aligned ? C_NOP << 16 | insn : insn << 16 | C_NOP, base);
	} else if (aligned) {
		code_run(insn, base);
	} else {
		second_word = C_NOP << 16 | insn >> 16;
		code_run(insn << 16 | C_NOP, base);
		second_word = 0;
	}
}

/* A load (of rd) or a store (of it) by a base register rs1 and without an offset. */
static void device_once(uint32_t insn, bool compressed, uint32_t rd, uint32_t rs1, bool aligned)
{
	uint32_t base = rd != 31 && rs1 != 31 ? 31 : rd != 8 && rs1 != 8 ? 8 : 18;
	uint32_t funct3 = compressed ? 2 : insn >> 12 & 7;
	bool store = compressed ? insn >> 15 & 1 : (insn & 0x7f) == OPCODE_STORE;
	uint64_t device = (funct3 & 3) == 0 ? UART_SCRATCH : PLIC_ENABLES, value, before;

	randomize();
	device_put(device, random_next());
	before = device_get(device);
	set.in[rs1] = device;
	set.in[0] = 0;
	run_at(insn, compressed, aligned, base);
	check_kept(base, store ? 0 : X(rd), store ? "store" : "load");
	value = funct3 == 4 ? before : funct3 == 0 ? (uint64_t)(int8_t)before
						    : (uint64_t)(int32_t)before;
	if (!store && rd != 0)
		expect_eq(set.out[rd], value, "what was loaded");
	if (store)
		before = device == UART_SCRATCH ? (uint8_t)set.in[rd] : (uint32_t)set.in[rd];
	/* Bit 0 of the enables is of no source, and QEMU keeps it. */
	if (device == PLIC_ENABLES)
		before = (before & ~1UL) | (device_get(device) & 1);
	expect_eq(device_get(device), before, "the device's register after");
}

static void test_devices(void)
{
	static const uint32_t sorts[] = { 0, 2, 4 };

	test_begin("a device's registers are loaded and stored by way of every register");
	for (uint32_t r = 0; r < 32; r++) {
		uint32_t rs1 = r % 31 + 1;

		for (unsigned i = 0; i < 2 * ARRAY_SIZE(sorts); i++) {
			uint32_t funct3 = sorts[i / 2] << 12;

			device_once(rs1 << 15 | funct3 | r << 7 | OPCODE_LOAD, false, r, rs1,
				    i & 1);
			if (i / 2 < 2)
				device_once(r << 20 | rs1 << 15 | funct3 | OPCODE_STORE, false, r,
					    rs1, i & 1);
		}
	}
	test_end();

	test_begin("and by instructions of 2 bytes");
	for (uint32_t r = 0; r < 8; r++) {
		uint32_t rs1 = (r + 3) % 8, fields = rs1 << 7 | r << 2;

		for (unsigned i = 0; i < 4; i++)
			device_once(fields | (i & 2 ? 6U : 2U) << 13, true, 8 + r, 8 + rs1, i & 1);
	}
	device_put(PLIC_ENABLES, 0);
	test_end();
}

/* In pv: the same CSRs by hypercall. */
static void test_hypercalls(void)
{
	test_begin("hypercalls read, write and exchange the CSRs that they name");
	for (uint64_t fn = STRATA_FN_CSR_READ; fn <= STRATA_FN_CSR_SWAP; fn++) {
		for (unsigned index = 0; index < 4; index++) {
			uint64_t value = random_next(), before = random_next() & ~1UL;

			csr_put(index, before);
			call_once(STRATA_EID, fn, CSR_SSCRATCH + index, value, 8);
			EXPECT_EQ(set.out[A0], SBI_SUCCESS);
			EXPECT_EQ(set.out[A1], before);
			if (fn != STRATA_FN_CSR_READ)
				before = index == 1 ? value & ~1UL : value;
			EXPECT_EQ(csr_get(index), before);
		}
	}
	call_once(STRATA_EID, STRATA_FN_CSR_READ, CSR_STVAL + 5, 0, 31);
	call_once(STRATA_EID, STRATA_FN_CSR_READ, ~0UL, 0, 31);
	call_once(STRATA_EID, STRATA_FN_CSR_SWAP, 1UL << 32 | CSR_SSCRATCH, 0, 31);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	struct sbi_ret features = sbi_call(STRATA_EID, STRATA_FN_FEATURES, 0, 0, 0, 0, 0);
	struct sbi_ret traps;

	(void)dtb;
	random_state = 42;
	test_csrs();
	test_masking();
	test_calls(hartid);
	test_bytes();
	test_devices();
	if (features.error == 0 && features.value & STRATA_F_HYPERCALL)
		test_hypercalls();
	traps = sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0, 0, 0, 0);
	printf("T: traps %lu\n", traps.error ? 0 : traps.value);
	test_finish();
}
