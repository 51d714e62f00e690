/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps into S-mode as the guest sees them: cause, sepc, stval, sstatus, from S and from U.
 * Privileged specification, "Supervisor-Level ISA". Memory management is in paging.c.
 */
#include "guest.h"

#define USER_CODE	0x40000000UL
#define USER_DATA	0x40001000UL
#define HOLE		0x4000a000UL	/* mapped nowhere */
#define NOWHERE		0x2000000000UL	/* physical: neither memory nor device */

/* What U-mode runs: copied to a page of its own, each entry found by its offset. */
extern char user_code[], user_nop_break[], user_load[], user_store[], user_ecall[], user_illegal[];
extern char user_wfi[], user_all[], user_sret[], user_end[];
__asm__(".pushsection .rodata\n"
	".balign 4\n"
	"user_code:\n"
	"user_nop_break: nop\n\t ebreak\n"
	"user_load: ld a1, 0(a0)\n\t ebreak\n"
	"user_store: sd a0, 0(a0)\n\t ebreak\n"
	"user_ecall: ecall\n"
	"user_illegal: .word 0xc0001073\n"
	"user_wfi: wfi\n\t ebreak\n"
	"user_sret: sret\n"
	"user_all:\n"
	".irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"addi x\\n, a0, \\n\n"
	".endr\n"
	"ecall\n"
	"user_end:\n"
	".popsection");

static uint8_t code_page[PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t data_page[PAGE_SIZE] __attribute__((aligned(4096)));
static volatile uint64_t sink;

static uint64_t user(const char *entry)
{
	return USER_CODE + (uint64_t)(entry - user_code);
}

static void space_set_up(void)
{
	uint64_t *root = page_root();

	memcpy(code_page, user_code, (size_t)(user_end - user_code));
	__asm__ volatile("fence.i" : : : "memory");
	page_map(root, USER_CODE, (uintptr_t)code_page, PTE_U_RWX, 0);
	page_map(root, USER_DATA, (uintptr_t)data_page, PTE_U_RW, 0);
	page_switch(root, 1);
}

/* The last trap was this one, from S or from U, at this place. */
static void expect_trap(uint64_t cause, uint64_t sepc, uint64_t stval, bool from_s)
{
	expect_eq(trap_last.scause, cause, "scause");
	expect_eq(trap_last.sepc, sepc, "sepc");
	expect_eq(trap_last.stval, stval, "stval");
	expect_eq(trap_last.sstatus & SSTATUS_SPP, from_s ? SSTATUS_SPP : 0, "sstatus.SPP");
	expect_eq(trap_last.sstatus & SSTATUS_SIE, 0, "sstatus.SIE");
}

static void test_illegal(void)
{
	static const uint32_t words[] = { 0xffffffff, 0xc0001073, 0x00000000 };
	static uint32_t code[2] __attribute__((aligned(8)));

	test_begin("an illegal instruction in S-mode traps with cause 2, stval its word or 0");
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		code[0] = words[i];
		code[1] = 0x00008067;
		__asm__ volatile("fence.i" : : : "memory");
		TRAP(((void (*)(void))(uintptr_t)code)());
		if (trap_last.stval == 0)
			trap_last.stval = words[i];
		expect_trap(EXC_ILLEGAL_INST, (uintptr_t)code, words[i], true);
	}
	test_end();

	/*
	 * QEMU 10 leaves the word of some earlier instruction in stval for MRET alone, so that a
	 * hypervisor which believes stval, as it must for speed, may carry out that one instead.
	 */
	test_begin("MRET in S-mode is an illegal instruction");
	code[0] = INSN_MRET;
	__asm__ volatile("fence.i" : : : "memory");
	TRAP(((void (*)(void))(uintptr_t)code)());
	if (trap_last.scause != EXC_ILLEGAL_INST && sbi_probe(STRATA_EID))
		test_skip("the machine reports another instruction");
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	EXPECT_EQ(trap_last.sepc, (uintptr_t)code);
	test_end();

	test_begin("an illegal instruction in U-mode traps with cause 2");
	user_run(user(user_illegal), 0, 0);
	if (trap_last.stval == 0)
		trap_last.stval = 0xc0001073;
	expect_trap(EXC_ILLEGAL_INST, user(user_illegal), 0xc0001073, false);
	test_end();

	test_begin("SRET in U-mode is an illegal instruction");
	user_run(user(user_sret), 0, 0);
	if (trap_last.stval == 0)
		trap_last.stval = INSN_SRET;
	expect_trap(EXC_ILLEGAL_INST, user(user_sret), INSN_SRET, false);
	test_end();

	test_begin("WFI in U-mode is an illegal instruction or completes");
	user_run(user(user_wfi), 0, 0);
	EXPECT(trap_last.scause == EXC_ILLEGAL_INST || trap_last.scause == EXC_BREAKPOINT);
	test_end();
}

static void test_breakpoint(void)
{
	extern char breakpoint_at[], breakpoint_c_at[];

	test_begin("EBREAK traps with cause 3, sepc its own address, stval that or 0");
	TRAP(__asm__ volatile(".option push\n.option norvc\n"
			      ".globl breakpoint_at\nbreakpoint_at: ebreak\n.option pop"));
	EXPECT(trap_last.stval == trap_last.sepc || trap_last.stval == 0);
	trap_last.stval = 0;
	expect_trap(EXC_BREAKPOINT, (uintptr_t)breakpoint_at, 0, true);
	TRAP(__asm__ volatile(".globl breakpoint_c_at\nbreakpoint_c_at: c.ebreak"));
	trap_last.stval = 0;
	expect_trap(EXC_BREAKPOINT, (uintptr_t)breakpoint_c_at, 0, true);
	user_run(user(user_nop_break), 0, 0);
	trap_last.stval = 0;
	/* nop and ebreak are 16 bits each */
	expect_trap(EXC_BREAKPOINT, user(user_nop_break) + 2, 0, false);
	test_end();
}

static void test_ecall(void)
{
	test_begin("ECALL from U-mode traps with cause 8 and stval 0");
	user_run(user(user_ecall), 0, 0);
	expect_trap(EXC_ECALL_U, user(user_ecall), 0, false);
	test_end();

	test_begin("a trap from U-mode keeps every register");
	user_run(user(user_all), 0x1000, 0);
	EXPECT_EQ(trap_last.scause, EXC_ECALL_U);
	for (unsigned int i = 1; i < 32; i++)
		EXPECT_EQ(trap_last.x[i], 0x1000 + (i == 10 ? 0 : i));
	test_end();
}

static void test_page_faults(void)
{
	extern char fault_load[], fault_store[];

	test_begin("page faults from S-mode: 13 load, 15 store, 12 fetch, the address in stval");
	TRAP(__asm__ volatile(".globl fault_load\nfault_load: ld t0, 8(%0)" : : "r"(HOLE) : "t0"));
	expect_trap(EXC_LOAD_PAGE_FAULT, (uintptr_t)fault_load, HOLE + 8, true);
	TRAP(__asm__ volatile(".globl fault_store\nfault_store: sb zero, 3(%0)" : : "r"(HOLE)));
	expect_trap(EXC_STORE_PAGE_FAULT, (uintptr_t)fault_store, HOLE + 3, true);
	TRAP(((void (*)(void))HOLE)());
	expect_trap(EXC_INST_PAGE_FAULT, HOLE, HOLE, true);
	test_end();

	test_begin("an AMO to an unmapped page is a store page fault, LR a load page fault");
	TRAP(__asm__ volatile("amoadd.d t0, t0, (%0)" : : "r"(HOLE) : "t0"));
	/* QEMU 7.2 reports a load */
	EXPECT(trap_last.scause == EXC_STORE_PAGE_FAULT ||
	       trap_last.scause == EXC_LOAD_PAGE_FAULT);
	EXPECT_EQ(trap_last.stval, HOLE);
	TRAP(__asm__ volatile("lr.d t0, (%0)" : : "r"(HOLE) : "t0"));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_PAGE_FAULT);
	EXPECT_EQ(trap_last.stval, HOLE);
	test_end();

	test_begin("page faults from U-mode: 13 load, 15 store, 12 fetch, the address in stval");
	user_run(user(user_load), HOLE + 16, 0);
	expect_trap(EXC_LOAD_PAGE_FAULT, user(user_load), HOLE + 16, false);
	user_run(user(user_store), HOLE + 24, 0);
	expect_trap(EXC_STORE_PAGE_FAULT, user(user_store), HOLE + 24, false);
	user_run(HOLE + 2, 0, 0);
	expect_trap(EXC_INST_PAGE_FAULT, HOLE + 2, HOLE + 2, false);
	test_end();

	test_begin("an address that is not canonical is a page fault");
	TRAP(sink = load64(1UL << 40));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_PAGE_FAULT);
	EXPECT_EQ(trap_last.stval, 1UL << 40);
	user_run(user(user_load), 0xff00000000000000, 0);
	EXPECT_EQ(trap_last.scause, EXC_LOAD_PAGE_FAULT);
	EXPECT_EQ(trap_last.stval, 0xff00000000000000);
	test_end();

	test_begin("a fetch that crosses into an unmapped page has that page in stval");
	*(uint16_t *)(void *)(code_page + PAGE_SIZE - 2) = 0x0073;	/* half an ecall */
	__asm__ volatile("fence.i" : : : "memory");
	user_run(USER_DATA - 2, 0, 0);
	/* the data page that follows is mapped, but not executable */
	expect_trap(EXC_INST_PAGE_FAULT, USER_DATA - 2, USER_DATA, false);
	test_end();
}

static void test_access_faults(void)
{
	test_begin("an access outside of memory is an access fault with the address in stval");
	page_off();
	TRAP(sink = load64(NOWHERE + 8));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_ACCESS);
	EXPECT_EQ(trap_last.stval, NOWHERE + 8);
	TRAP(store64(NOWHERE, 1));
	EXPECT_EQ(trap_last.scause, EXC_STORE_ACCESS);
	EXPECT_EQ(trap_last.stval, NOWHERE);
	TRAP(((void (*)(void))NOWHERE)());
	EXPECT_EQ(trap_last.scause, EXC_INST_ACCESS);
	EXPECT_EQ(trap_last.sepc, NOWHERE);
	test_end();
	space_set_up();

	test_begin("a page mapped to no memory is an access fault, its virtual address in stval");
	page_map((uint64_t *)((csr_read(CSR_SATP) & SATP_PPN_MASK) << PAGE_SHIFT), HOLE + PAGE_SIZE,
		 NOWHERE, PTE_U_RWX, 0);
	sfence_all();
	user_run(user(user_load), HOLE + PAGE_SIZE + 8, 0);
	expect_trap(EXC_LOAD_ACCESS, user(user_load), HOLE + PAGE_SIZE + 8, false);
	user_run(user(user_store), HOLE + PAGE_SIZE, 0);
	expect_trap(EXC_STORE_ACCESS, user(user_store), HOLE + PAGE_SIZE, false);
	user_run(HOLE + PAGE_SIZE, 0, 0);
	EXPECT_EQ(trap_last.scause, EXC_INST_ACCESS);
	EXPECT_EQ(trap_last.sepc, HOLE + PAGE_SIZE);
	test_end();
}

static void test_misaligned(void)
{
	uint64_t *words = (uint64_t *)(void *)data_page;
	volatile uint64_t value = 0;

	test_begin("a misaligned load or store works, or traps with cause 4 or 6 and its address");
	words[0] = 0x0807060504030201;
	words[1] = 0x100f0e0d0c0b0a09;
	TRAP(value = load64((uintptr_t)data_page + 3));
	if (trap_last.scause == NO_TRAP)
		EXPECT_EQ(value, 0x0b0a090807060504);
	else
		EXPECT_EQ(trap_last.scause, EXC_LOAD_MISALIGNED);
	TRAP(store64((uintptr_t)data_page + 5, 0));
	if (trap_last.scause == NO_TRAP)
		EXPECT_EQ(words[0], 0x0000000504030201);
	else
		EXPECT_EQ(trap_last.scause, EXC_STORE_MISALIGNED);
	test_end();

	test_begin("a misaligned load that crosses into an unmapped page faults there");
	user_run(user(user_load), USER_DATA + PAGE_SIZE - 4, 0);
	EXPECT_EQ(trap_last.scause, EXC_LOAD_PAGE_FAULT);
	EXPECT(trap_last.stval == USER_DATA + PAGE_SIZE ||
	       trap_last.stval == USER_DATA + PAGE_SIZE - 4);
	test_end();
}

/* Raise a software interrupt and let it in; the trap is in trap_last. */
static void soft_interrupt(void)
{
	csr_write(CSR_SIE, SIP_SSIP);
	csr_set(CSR_SIP, SIP_SSIP);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		__asm__ volatile("nop; nop; nop");
	});
	csr_clear(CSR_SIP, SIP_SSIP);
	csr_write(CSR_SIE, 0);
}

static void test_interrupts(void)
{
	test_begin("a pending interrupt is taken when sstatus.SIE is set; SPIE keeps the 1");
	soft_interrupt();
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	EXPECT_EQ(trap_last.sstatus & (SSTATUS_SPIE | SSTATUS_SIE | SSTATUS_SPP),
		  SSTATUS_SPIE | SSTATUS_SPP);
	EXPECT(trap_last.slot == -1);
	test_end();

	test_begin("a pending interrupt is not taken in S-mode while sstatus.SIE = 0");
	csr_write(CSR_SIE, SIP_SSIP);
	csr_set(CSR_SIP, SIP_SSIP);
	TRAP(__asm__ volatile("nop; nop; nop"));
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	test_end();

	test_begin("a pending interrupt is taken in U-mode whatever sstatus.SIE was");
	user_run(user(user_nop_break), 0, 0);
	expect_trap(SCAUSE_INTERRUPT | IRQ_S_SOFT, user(user_nop_break), trap_last.stval, false);
	csr_clear(CSR_SIP, SIP_SSIP);
	test_end();

	test_begin("an interrupt that sie does not enable is not taken in U-mode");
	csr_write(CSR_SIE, 0);
	csr_set(CSR_SIP, SIP_SSIP);
	user_run(user(user_nop_break), 0, 0);
	EXPECT_EQ(trap_last.scause, EXC_BREAKPOINT);
	csr_clear(CSR_SIP, SIP_SSIP);
	test_end();

	test_begin("in Vectored mode interrupts enter at BASE + 4 x cause, exceptions at BASE");
	csr_write(CSR_STVEC, (uintptr_t)trap_vector_table | STVEC_MODE_VECTORED);
	soft_interrupt();
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	EXPECT(trap_last.slot == IRQ_S_SOFT);
	TRAP(sink = load64(HOLE));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_PAGE_FAULT);
	EXPECT(trap_last.slot == 0);
	user_run(user(user_ecall), 0, 0);
	EXPECT_EQ(trap_last.scause, EXC_ECALL_U);
	EXPECT(trap_last.slot == 0);
	csr_write(CSR_STVEC, (uintptr_t)trap_vector);
	test_end();
}

/* SRET with these sstatus bits to the next instruction; gives sstatus as it is there. */
extern char sret_target[];
static __attribute__((noinline, noclone)) uint64_t sret_here(uint64_t set)
{
	uint64_t after;

	csr_clear(CSR_SSTATUS, SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP);
	csr_set(CSR_SSTATUS, set);
	__asm__ volatile("la t0, sret_target\n\t"
			 "csrw sepc, t0\n\t"
			 "sret\n"
			 "sret_target: csrr %0, sstatus"
			 : "=r"(after)
			 :
			 : "t0", "memory");
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	return after & (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP);
}

static void test_sret(void)
{
	test_begin("SRET to S-mode: SIE = SPIE, SPIE = 1, SPP = U");
	EXPECT_EQ(sret_here(SSTATUS_SPP), SSTATUS_SPIE);
	EXPECT_EQ(sret_here(SSTATUS_SPP | SSTATUS_SPIE), SSTATUS_SPIE | SSTATUS_SIE);
	EXPECT_EQ(sret_here(SSTATUS_SPP | SSTATUS_SIE), SSTATUS_SPIE);
	test_end();

	test_begin("SRET that sets SIE takes a pending interrupt at once, at sepc");
	csr_write(CSR_SIE, SIP_SSIP);
	csr_set(CSR_SIP, SIP_SSIP);
	TRAP(sret_here(SSTATUS_SPP | SSTATUS_SPIE));
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	EXPECT_EQ(trap_last.sepc, (uintptr_t)sret_target);
	EXPECT_EQ(trap_last.sstatus & (SSTATUS_SPP | SSTATUS_SPIE), SSTATUS_SPP | SSTATUS_SPIE);
	csr_clear(CSR_SIP, SIP_SSIP);
	csr_write(CSR_SIE, 0);
	test_end();

	test_begin("U-mode runs and comes back a thousand times");
	for (uint64_t i = 0; i < 1000; i++) {
		user_run(user(user_load), USER_DATA + 8 * (i % 512), 0);
		EXPECT_EQ(trap_last.scause, EXC_BREAKPOINT);
		EXPECT_EQ(trap_last.x[10], USER_DATA + 8 * (i % 512));
	}
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	space_set_up();
	test_illegal();
	test_breakpoint();
	test_ecall();
	test_page_faults();
	test_access_faults();
	test_misaligned();
	test_interrupts();
	test_sret();
	page_off();
}
