/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does everything wrong: random instructions, CSR numbers, addresses, page tables and
 * calls. It passes if it lives to say so; the hypervisor passes if it does, too.
 *
 * Boot arguments: seed=N, count=N; or one of these, which never end by themselves:
 *	fault	a vector that faults itself, for ever
 *	vector	stvec points to no memory
 *	handler	a trap handler that traps a few instructions behind its vector, for ever
 *	tables	satp points to no memory
 *	spin	a loop with interrupts off
 *	flood	output without end, a line at once and one byte by byte
 *	crash	SRST with a failure as its reason
 */
#include "guest.h"

#define CODE		0x40000000UL	/* one page: the random word, then EBREAKs */
#define DATA		0x40001000UL
#define GARBAGE		0x50000000UL	/* 2 MiB mapped by a table of noise */
#define NOWHERE		0x2000000000UL
#define GUARD_TICKS	20000UL		/* 2 ms for one instruction */

static uint32_t code[1024] __attribute__((aligned(4096)));
static uint64_t data[512] __attribute__((aligned(4096)));
static uint64_t *root;
static uint64_t seed = 0x9e3779b97f4a7c15;
static uint64_t count = 4000;
static bool in_strata;

static uint64_t random64(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1d;
}

/* Never an address of this image: the guest would only shoot itself. */
static uint64_t wild(void)
{
	static const uint64_t pool[] = { 0, 1, ~0UL, ~7UL, CODE, DATA, DATA + 4093, GARBAGE,
					 NOWHERE, 0x8000000000000000, 0x7fffffffffffffff,
					 0x4000000000,
					 0xffffffc000000000, 0xffffffffffffe000, 0xffffffc080000000,
					 0x100000, 0x222, 0x1000 };
	uint64_t n = random64() >> 32;

	return n % 4 == 0 ? random64() << 33 : pool[n / 4 % ARRAY_SIZE(pool)];
}

static uint64_t parse(const char *s)
{
	uint64_t value = 0;

	while (*s >= '0' && *s <= '9')
		value = value * 10 + (uint64_t)(*s++ - '0');
	return value;
}

static void space_set_up(void)
{
	page_off();
	page_reset();
	root = page_root();
	for (unsigned int i = 0; i < ARRAY_SIZE(code); i++)
		code[i] = INSN_EBREAK;
	page_map(root, CODE, (uintptr_t)code, PTE_S_RWX, 0);
	page_map(root, DATA, (uintptr_t)data, PTE_S_RW, 0);
	page_switch(root, 1);
}

static void user_pages(bool user)
{
	uint64_t u = user ? PTE_U : 0;

	page_map(root, CODE, (uintptr_t)code, PTE_S_RWX | u, 0);
	page_map(root, DATA, (uintptr_t)data, PTE_S_RW | u, 0);
	sfence_all();
}

/*
 * Would this word end the test rather than test anything: another stvec or satp, or natively, where
 * S-mode is HS-mode, the CSRs and memory accesses of the hypervisor extension?
 */
static bool word_kills(uint32_t word)
{
	uint32_t csr = INSN_CSR(word);

	if (INSN_OPCODE(word) != OPCODE_SYSTEM)
		return false;
	if (INSN_FUNCT3(word) == FUNCT3_PRIV)
		return false;
	return csr == CSR_STVEC || csr == CSR_SATP ||
	       (!in_strata && (CSR_PRIV(csr) == 2 || INSN_FUNCT3(word) == FUNCT3_HLSV));
}

/* A random word, half of the time made to look like one that means something. */
static uint32_t random_word(void)
{
	static const uint32_t shapes[] = { OPCODE_SYSTEM, OPCODE_LOAD, OPCODE_STORE, OPCODE_AMO,
					   OPCODE_LOAD_FP, OPCODE_STORE_FP, OPCODE_MISC_MEM, 0x53,
					   0x67, 0x6f, 0x63, 0x57 };
	uint32_t word = (uint32_t)(random64() >> 20);

	if (random64() >> 63)
		word = (word & ~0x7fU) | shapes[(random64() >> 40) % ARRAY_SIZE(shapes)];
	return word;
}

/* Run what is at CODE with wild registers, in U-mode or S-mode; a timer ends what does not end. */
static void word_run(bool user)
{
	static struct trap_frame frame;

	for (unsigned int i = 1; i < 32; i++)
		frame.x[i] = wild();
	/* an ECALL of S-mode must not be one that works: a7 */
	frame.x[17] = 0x0bad0000 + (random64() >> 50);
	frame.sepc = CODE;
	frame.sstatus = SSTATUS_FS_DIRTY | SSTATUS_SPIE | (user ? 0 : SSTATUS_SPP);
	sbi_set_timer(read_time() + GUARD_TICKS);
	csr_write(CSR_SIE, SIP_STIP);
	TRAP(trap_enter(&frame));
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SIP, 0);
	csr_write(CSR_SSTATUS, SSTATUS_FS_DIRTY);
}

static void test_words(bool user)
{
	test_begin(user ? "random instructions in U-mode trap or do what they do" :
			  "random instructions in S-mode trap or do what they do");
	user_pages(user);
	for (uint64_t i = 0; i < count; i++) {
		uint32_t word = random_word();

		if (!user && word_kills(word))
			continue;
		for (unsigned int j = 0; j < 16; j++)
			code[j] = INSN_EBREAK;
		*(volatile uint32_t *)code = word;
		__asm__ volatile("fence.i" : : : "memory");
		word_run(user);
		EXPECT(trap_last.scause != NO_TRAP);
	}
	sbi_set_timer(~0UL);
	test_end();
}

static void test_csrs(void)
{
	test_begin("random CSR instructions in S-mode give a value or an illegal instruction");
	user_pages(false);
	for (uint64_t i = 0; i < count; i++) {
		uint32_t word = ((uint32_t)(random64() >> 16) & ~0x7fU) | OPCODE_SYSTEM;

		if (INSN_FUNCT3(word) % 4 == 0 || word_kills(word))
			continue;
		code[0] = word;
		code[1] = INSN_EBREAK;
		__asm__ volatile("fence.i" : : : "memory");
		word_run(false);
		EXPECT(trap_last.scause == EXC_ILLEGAL_INST || trap_last.scause == EXC_BREAKPOINT ||
		       trap_last.scause >> 63);
	}
	sbi_set_timer(~0UL);
	test_end();
}

static volatile uint64_t sink;

static void touch(uint64_t va, bool store)
{
	if (store)
		TRAP(store64(va, random64()));
	else
		TRAP(sink = load64(va));
}

static void test_addresses(void)
{
	test_begin("accesses to wild addresses trap, in Bare and in Sv39 mode");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t va = wild() + (random64() & 0xff8);

		if (va >> 30 == CODE >> 30)
			continue;
		touch(va, i & 1);
		EXPECT(trap_last.scause == EXC_LOAD_PAGE_FAULT ||
		       trap_last.scause == EXC_STORE_PAGE_FAULT ||
		       trap_last.scause == EXC_LOAD_MISALIGNED ||
		       trap_last.scause == EXC_STORE_MISALIGNED);
	}
	page_off();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t pa = random64() >> 8;

		/* Natively the low part is full of devices that must not be touched. */
		if (in_strata && i % 4 == 0)
			pa &= 0x7fffffff;
		if (pa < (in_strata ? 1UL : NOWHERE) || (pa >= 0x80000000 && pa < NOWHERE))
			continue;
		touch(pa & ~7UL, i & 1);
		if (pa >= NOWHERE)
			EXPECT(trap_last.scause == EXC_LOAD_ACCESS ||
			       trap_last.scause == EXC_STORE_ACCESS);
	}
	TRAP(((void (*)(void))NOWHERE)());
	EXPECT_EQ(trap_last.scause, EXC_INST_ACCESS);
	page_switch(root, 1);
	test_end();
}

static void test_tables(void)
{
	uint64_t *table = page_alloc(), n = 0;

	test_begin("page tables full of noise, or that contain themselves, give faults only");
	*page_entry(root, GARBAGE, 1) = PA_TO_PTE((uintptr_t)table) | PTE_V;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t *entry = &table[i % SV39_ENTRIES];

		*entry = random64() | PTE_V | (i % 3 ? NOWHERE << 18 : 0);
		/* Natively a leaf could name a device or this image by chance. */
		if (PTE_TO_PA(*entry) < NOWHERE)
			*entry |= PA_TO_PTE(NOWHERE);
		sfence_va(GARBAGE + (i % SV39_ENTRIES) * PAGE_SIZE);
		touch(GARBAGE + (i % SV39_ENTRIES) * PAGE_SIZE, random64() >> 63);
		n += trap_last.scause == NO_TRAP;
	}
	EXPECT_EQ(n, 0);
	/* the root as its own lower levels, as a superpage, and beyond memory: loads only */
	for (uint64_t level = 0; level < 2; level++) {
		uint64_t *entry = page_entry(root, GARBAGE + PAGE_2M_SIZE, 1);

		*entry = PA_TO_PTE((uintptr_t)root) | PTE_V | (level ? PTE_R | PTE_A : 0);
		sfence_all();
		for (uint64_t i = 0; i < SV39_ENTRIES; i++)
			touch(GARBAGE + PAGE_2M_SIZE + i * PAGE_SIZE, false);
		*entry = PA_TO_PTE(NOWHERE) | PTE_V;
		sfence_all();
		touch(GARBAGE + PAGE_2M_SIZE, false);
		/* the specification says 5; QEMU says 13 */
		EXPECT(trap_last.scause == EXC_LOAD_ACCESS ||
		       trap_last.scause == EXC_LOAD_PAGE_FAULT);
		*entry = 0;
	}
	sfence_all();
	test_end();
}

/* Calls that end, stop, move or repaint this hart if they are granted. */
static bool call_kills(uint64_t eid, uint64_t fid, uint64_t a0)
{
	switch (eid) {
	case SBI_EXT_LEGACY_SHUTDOWN:
		return true;
	case SBI_EXT_SRST:
		return fid == SBI_SRST_RESET && (uint32_t)a0 <= SBI_SRST_TYPE_WARM_REBOOT;
	case SBI_EXT_HSM:
		return fid != SBI_HSM_HART_GET_STATUS && fid <= SBI_HSM_HART_SUSPEND;
	case SBI_EXT_DBCN:
		return fid == SBI_DBCN_WRITE_BYTE;
	case SBI_EXT_LEGACY_PUTCHAR:
		return true;
	case STRATA_EID:
		return ((fid >= STRATA_FN_CSR_READ && fid <= STRATA_FN_CSR_CLEAR) &&
			(a0 == CSR_STVEC || a0 == CSR_SATP || a0 == CSR_SSTATUS)) ||
		       fid == STRATA_FN_BLOCK ||
		       (fid == STRATA_FN_IRET && a0 != 0x8000000000000000) ||
		       (fid == STRATA_FN_SET_TRAP_TABLE && !(a0 & 1));
	default:
		return false;
	}
}

/* A hart mask that cannot be read is a fault of ours. */
static __attribute__((noinline)) void call_legacy(uint64_t eid, uint64_t a0)
{
	TRAP(sbi_call(eid, 0, a0, wild(), wild(), wild(), wild()));
}

static void test_calls(void)
{
	static const uint64_t eids[] = { 0, 2, 3, 4, 5, 6, 7, SBI_EXT_BASE, SBI_EXT_TIME,
					 SBI_EXT_IPI, SBI_EXT_RFENCE, SBI_EXT_HSM, SBI_EXT_SRST,
					 SBI_EXT_DBCN,
					 STRATA_EID, STRATA_EID, 0x10, 0x0a, ~0UL };

	test_begin("wild calls answer with an error of the specification or succeed");
	if (!in_strata)
		return test_skip("OpenSBI's default domain lets a guest destroy itself");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t n = random64() >> 32, fid = n % 8 ? n / 8 % 32 : wild();
		uint64_t eid = eids[n / 256 % ARRAY_SIZE(eids)], a0 = wild();
		struct sbi_ret ret;

		if (n % 5 == 0)
			a0 = n / 7 % 0x200;
		if (call_kills(eid, fid, a0))
			continue;
		if (eid < SBI_EXT_BASE) {
			call_legacy(eid, a0);
			continue;
		}
		ret = sbi_call(eid, fid, a0, wild(), wild(), wild(), wild());
		expect(ret.error <= 0 && ret.error >= SBI_ERR_NO_SHMEM, "an SBI error number");
	}
	csr_write(CSR_SIE, 0);
	csr_write(CSR_SIP, 0);
	sbi_set_timer(~0UL);
	test_end();
}

extern char fault_vector[];
__asm__(".balign 4\nfault_vector: .word 0xc0001073\n");
extern char fault_handler[];
__asm__(".balign 4\nfault_handler: csrrw sp, sscratch, sp\nnop\nsd ra, 0(zero)\n");

/* What cannot be shown at once is waited for, whichever way it goes. */
static void dull_lines(void)
{
	static const char line[] = "hostile: all work and no play makes a dull console\n";

	printf("%s", line);
	for (const char *c = line; *c; c++)
		sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, (uint64_t)*c, 0, 0, 0, 0);
}

/* The endings that the hypervisor must deal with; natively they hang or reset the machine. */
static void endings(void)
{
	if (boot_arg("fault")) {
		printf("hostile: a vector that faults itself\n");
		csr_write(CSR_STVEC, (uintptr_t)fault_vector);
		__asm__ volatile(".word 0xc0001073");
	}
	if (boot_arg("handler")) {
		printf("hostile: a handler that traps behind its vector\n");
		csr_write(CSR_STVEC, (uintptr_t)fault_handler);
		__asm__ volatile("ebreak");
	}
	if (boot_arg("vector")) {
		printf("hostile: stvec points to no memory\n");
		csr_write(CSR_STVEC, NOWHERE);
		__asm__ volatile("ebreak");
	}
	if (boot_arg("tables")) {
		printf("hostile: satp points to no memory\n");
		csr_write(CSR_SATP, SATP_MODE_SV39 << SATP_MODE_SHIFT | NOWHERE >> PAGE_SHIFT);
		sfence_all();
	}
	if (boot_arg("spin")) {
		printf("hostile: a loop with interrupts off\n");
		for (;;)
			__asm__ volatile("");
	}
	if (boot_arg("flood"))
		for (;;)
			dull_lines();
	if (boot_arg("reboot"))
		sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_COLD_REBOOT,
			 SBI_SRST_REASON_NONE, 0, 0, 0);
	if (boot_arg("crash")) {
		printf("hostile: a system failure\n");
		power_off(true);
	}
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	in_strata = sbi_probe(STRATA_EID);
	if (boot_arg("seed"))
		seed ^= parse(boot_arg("seed")) * 0x100000001b3;
	if (boot_arg("count"))
		count = parse(boot_arg("count"));
	endings();
	space_set_up();
	test_words(true);
	test_words(false);
	test_csrs();
	test_addresses();
	test_tables();
	test_calls();
	page_off();
}
