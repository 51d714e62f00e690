/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sv39 as the guest sees it: permissions, SUM, MXR, fences after each kind of change, satp, ASIDs,
 * superpages, A and D. Privileged specification, "Supervisor-Level ISA", "Sv39".
 */
#include "guest.h"

#define VA		0x40000000UL	/* where the page under test is mapped */
#define VA_CODE		0x40200000UL	/* user code */
#define VA_BIG		0x60000000UL	/* 2 MiB pages */
#define VA_HUGE		0xc0000000UL	/* 1 GiB pages */
#define RAM		0x80000000UL
#define ASID_A		1
#define ASID_B		2

/* U-mode: load from a0, or store a1 to it, then come back by ebreak. */
static const uint32_t user_load[] = { 0x00053503, 0x00100073 };
static const uint32_t user_store[] = { 0x00b53023, 0x00100073 };
#define RET		0x00008067U

static uint64_t pages[4][512] __attribute__((aligned(4096)));
static uint32_t code[1024] __attribute__((aligned(4096)));
static uint64_t *root;
static volatile uint64_t loaded;

static void space_set_up(void)
{
	page_off();
	page_reset();
	root = page_root();
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i][0] = 0x1000 + i;
		pages[i][1] = RET | (uint64_t)RET << 32;
	}
	memcpy(code, user_load, sizeof(user_load));
	memcpy(code + 16, user_store, sizeof(user_store));
	__asm__ volatile("fence.i" : : : "memory");
	page_map(root, VA_CODE, (uintptr_t)code, PTE_U_RWX, 0);
	page_switch(root, ASID_A);
}

static void map(uint64_t va, unsigned int page, uint64_t flags)
{
	page_map(root, va, (uintptr_t)pages[page], flags, 0);
	sfence_va(va);
}

/* Each gives the cause, or NO_TRAP; what was loaded is in loaded. */
static uint64_t s_load(uint64_t va)
{
	TRAP(loaded = load64(va));
	return trap_last.scause;
}

static uint64_t s_store(uint64_t va)
{
	TRAP(store64(va + 16, 0x5555));
	return trap_last.scause;
}

/* The fence is for QEMU 7.2, whose TLB lets S fetch from a U page that it has loaded from. */
static uint64_t s_fetch(uint64_t va)
{
	sfence_va(va);
	TRAP(((void (*)(void))(va + 8))());
	return trap_last.scause;
}

static uint64_t u_cause(void)
{
	return trap_last.scause == EXC_BREAKPOINT ? NO_TRAP : trap_last.scause;
}

static uint64_t u_load(uint64_t va)
{
	user_run(VA_CODE, va, 0);
	loaded = trap_last.x[10];
	return u_cause();
}

static uint64_t u_store(uint64_t va)
{
	user_run(VA_CODE + 64, va + 16, 0);
	return u_cause();
}

/* The page's second word is a return to ra = 0: it faults there if the fetch was allowed. */
static uint64_t u_fetch(uint64_t va)
{
	user_run(va + 8, 0, 0);
	return trap_last.scause == EXC_INST_PAGE_FAULT && trap_last.sepc == 0 ? NO_TRAP :
		trap_last.scause;
}

static void sum_set(bool on)
{
	if (on)
		csr_set(CSR_SSTATUS, SSTATUS_SUM);
	else
		csr_clear(CSR_SSTATUS, SSTATUS_SUM);
}

static void mxr_set(bool on)
{
	if (on)
		csr_set(CSR_SSTATUS, SSTATUS_MXR);
	else
		csr_clear(CSR_SSTATUS, SSTATUS_MXR);
}

/* Every combination of R, W, X, U, SUM and MXR, from S and from U, by each kind of access. */
static void test_permissions(void)
{
	test_begin("R, W, X, U with SUM and MXR allow exactly what the specification allows");
	for (unsigned int n = 0; n < 64; n++) {
		bool r = n & 1, w = n & 2, x = n & 4, u = n & 8, sum = n & 16, mxr = n & 32;
		bool leaf = (r || x) && !(w && !r);
		bool readable = leaf && (r || (mxr && x)), s_data = !u || sum;

		pages[0][0] = 0x1000;
		map(VA, 0, (uint64_t)(PTE_V | PTE_A | PTE_D | (r ? PTE_R : 0) | (w ? PTE_W : 0) |
				      (x ? PTE_X : 0) | (u ? PTE_U : 0)));
		sum_set(sum);
		mxr_set(mxr);
		expect_eq(s_load(VA), readable && s_data ? NO_TRAP : 13, "load from S");
		expect_eq(s_store(VA), leaf && w && s_data ? NO_TRAP : 15, "store from S");
		expect_eq(s_fetch(VA), leaf && x && !u ? NO_TRAP : 12, "fetch from S");
		expect_eq(u_load(VA), readable && u ? NO_TRAP : 13, "load from U");
		expect_eq(u_store(VA), leaf && w && u ? NO_TRAP : 15, "store from U");
		expect_eq(u_fetch(VA), leaf && x && u ? NO_TRAP : 12, "fetch from U");
	}
	sum_set(false);
	mxr_set(false);
	test_end();
}

/* No fence is due after a change of SUM or MXR: they take effect at once, hundreds of times. */
static void test_sum(void)
{
	test_begin("a change of SUM takes effect at once, without a fence");
	map(VA, 1, PTE_U_RW);
	for (int i = 0; i < 100; i++) {
		sum_set(true);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(s_store(VA), NO_TRAP);
		sum_set(false);
		EXPECT_EQ(s_load(VA), 13);
		EXPECT_EQ(trap_last.stval, VA);
		EXPECT_EQ(s_store(VA), 15);
	}
	test_end();

	test_begin("a change of MXR takes effect at once, without a fence");
	map(VA, 1, PTE_V | PTE_X | PTE_A | PTE_D);
	for (int i = 0; i < 100; i++) {
		mxr_set(true);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1001);
		mxr_set(false);
		EXPECT_EQ(s_load(VA), 13);
	}
	test_end();
}

static void test_fences(void)
{
	test_begin("after SFENCE.VMA of an address its unmapped page faults");
	map(VA, 1, PTE_S_RW);
	EXPECT_EQ(s_load(VA), NO_TRAP);
	map(VA, 1, 0);
	EXPECT_EQ(s_load(VA), 13);
	EXPECT_EQ(s_store(VA), 15);
	test_end();

	test_begin("after SFENCE.VMA of an address another page there is seen, from S and U");
	for (unsigned int i = 0; i < 40; i++) {
		map(VA, i % 4, PTE_S_RW);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1000 + i % 4);
		map(VA, (i + 1) % 4, PTE_U_RW);
		EXPECT_EQ(u_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1000 + (i + 1) % 4);
	}
	test_end();

	test_begin("after SFENCE.VMA a page whose permission was lowered or raised behaves so");
	for (int i = 0; i < 20; i++) {
		map(VA, 2, PTE_S_RW);
		EXPECT_EQ(s_store(VA), NO_TRAP);
		map(VA, 2, PTE_S_RW & ~PTE_W);
		EXPECT_EQ(s_store(VA), 15);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		map(VA, 2, PTE_U_RW & ~PTE_W);
		EXPECT_EQ(u_store(VA), 15);
		map(VA, 2, PTE_U_RW);
		EXPECT_EQ(u_store(VA), NO_TRAP);
		map(VA, 2, PTE_S_RW);
		EXPECT_EQ(u_load(VA), 13);
	}
	test_end();
}

/* Fences of more than one page. */
static void test_wide_fences(void)
{
	test_begin("SFENCE.VMA with rs1=x0 covers every address, with rs2 its ASID");
	map(VA, 1, PTE_S_RW);
	map(VA + PAGE_SIZE, 2, PTE_S_RW);
	EXPECT_EQ(s_load(VA), NO_TRAP);
	EXPECT_EQ(s_load(VA + PAGE_SIZE), NO_TRAP);
	page_map(root, VA, (uintptr_t)pages[3], PTE_S_RW, 0);
	page_map(root, VA + PAGE_SIZE, 0, 0, 0);
	sfence_asid(ASID_A);
	EXPECT_EQ(s_load(VA), NO_TRAP);
	EXPECT_EQ(loaded, 0x1003);
	EXPECT_EQ(s_load(VA + PAGE_SIZE), 13);
	page_map(root, VA + PAGE_SIZE, (uintptr_t)pages[0], PTE_S_RW, 0);
	sfence_all();
	EXPECT_EQ(s_load(VA + PAGE_SIZE), NO_TRAP);
	test_end();

	test_begin("a page table removed or replaced above the leaf is seen after SFENCE.VMA");
	map(VA, 1, PTE_S_RW);
	EXPECT_EQ(s_load(VA), NO_TRAP);
	{
		uint64_t *upper = page_entry(root, VA, 1), old = *upper;

		*upper = 0;
		sfence_all();
		EXPECT_EQ(s_load(VA), 13);
		*upper = old;
		sfence_all();
		EXPECT_EQ(s_load(VA), NO_TRAP);
	}
	test_end();
}

static void test_user_then_kernel(void)
{
	test_begin("one page through two mappings, of S and of U, is the same memory");
	map(VA, 1, PTE_S_RW);
	map(VA + PAGE_SIZE, 1, PTE_U_RW);
	pages[1][0] = 0x1001;
	EXPECT_EQ(u_load(VA + PAGE_SIZE), NO_TRAP);
	EXPECT_EQ(loaded, 0x1001);
	store64(VA, 0x77);
	EXPECT_EQ(u_load(VA + PAGE_SIZE), NO_TRAP);
	EXPECT_EQ(loaded, 0x77);
	pages[1][0] = 0x1001;
	test_end();
}

static void test_asids(void)
{
	uint64_t *root_a = root, *root_b = page_root();

	test_begin("each satp has its own mappings, and a switch between them needs no fence");
	page_map(root_a, VA, (uintptr_t)pages[1], PTE_S_RW, 0);
	page_map(root_b, VA, (uintptr_t)pages[2], PTE_S_RW, 0);
	sfence_all();
	for (int i = 0; i < 50; i++) {
		csr_write(CSR_SATP, SATP_MODE_SV39 << SATP_MODE_SHIFT |
					    (uint64_t)ASID_A << SATP_ASID_SHIFT |
					    (uintptr_t)root_a >> PAGE_SHIFT);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1001);
		csr_write(CSR_SATP, SATP_MODE_SV39 << SATP_MODE_SHIFT |
					    (uint64_t)ASID_B << SATP_ASID_SHIFT |
					    (uintptr_t)root_b >> PAGE_SHIFT);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1002);
	}
	test_end();

	test_begin("SFENCE.VMA of an address and ASID covers a space that is not current");
	page_map(root_a, VA, (uintptr_t)pages[3], PTE_S_RW, 0);
	__asm__ volatile("sfence.vma %0, %1" : : "r"(VA), "r"((uint64_t)ASID_A) : "memory");
	page_switch(root_a, ASID_A);
	EXPECT_EQ(s_load(VA), NO_TRAP);
	EXPECT_EQ(loaded, 0x1003);
	test_end();

	test_begin("many address spaces in turn keep their own mappings");
	for (uint64_t i = 0; i < 12; i++) {
		uint64_t *each = page_root();

		page_map(each, VA, (uintptr_t)pages[i % 4], PTE_S_RW, 0);
		page_switch(each, 10 + i);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1000 + i % 4);
		page_switch(root_a, ASID_A);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1003);
	}
	test_end();
	space_set_up();
}

static void test_vector(void)
{
	test_begin("a user that jumps to its kernel's trap vector again and again is stopped");
	for (int i = 0; i < 2000; i++)
		user_run((uintptr_t)trap_vector, 0, 0);
	EXPECT_EQ(trap_last.scause, EXC_INST_PAGE_FAULT);
	test_end();
}

static void test_satp(void)
{
	uint64_t satp = csr_read(CSR_SATP);

	test_begin("a satp write with an unsupported MODE has no effect");
	csr_write(CSR_SATP, 1UL << SATP_MODE_SHIFT);
	EXPECT_EQ(csr_read(CSR_SATP), satp);
	csr_write(CSR_SATP, 15UL << SATP_MODE_SHIFT | 0x1234);
	EXPECT_EQ(csr_read(CSR_SATP), satp);
	EXPECT_EQ(s_load(VA + 8 * PAGE_SIZE), 13);
	test_end();

	test_begin("with satp.MODE = Bare an address is a physical one, and back");
	map(VA, 1, PTE_S_RW);
	for (int i = 0; i < 20; i++) {
		csr_write(CSR_SATP, 0);
		EXPECT_EQ(load64((uintptr_t)pages[2]), 0x1002);
		csr_write(CSR_SATP, satp);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		EXPECT_EQ(loaded, 0x1001);
	}
	test_end();
}

/* RAM's first 4 MiB hold the firmware natively: only pages of this image are touched there. */
static void superpage(unsigned int level)
{
	uint64_t size = PAGE_SIZE << (9 * level), base = (uintptr_t)pages & ~(size - 1);
	uint64_t va = level == 2 ? VA_HUGE : VA_BIG;
	uint64_t at = va + ((uintptr_t)pages & (size - 1));

	page_map(root, va, base, PTE_S_RW, level);
	sfence_va(va);
	EXPECT_EQ(s_load(at), NO_TRAP);
	EXPECT_EQ(loaded, 0x1000);
	EXPECT_EQ(s_load(at + 3 * PAGE_SIZE), NO_TRAP);
	EXPECT_EQ(loaded, 0x1003);
	/* one address of it is fenced, and all of it changes */
	page_map(root, va, base, PTE_S_RW & ~PTE_W, level);
	sfence_va(at);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(s_store(at + i * PAGE_SIZE), 15);
	page_map(root, va, base, PTE_U_RW, level);
	sfence_va(va);
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(s_load(at + i * PAGE_SIZE), 13);
		EXPECT_EQ(u_load(at + i * PAGE_SIZE), NO_TRAP);
	}
	page_map(root, va, 0, 0, level);
	sfence_va(at + PAGE_SIZE);
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(s_load(at + i * PAGE_SIZE), 13);
		EXPECT_EQ(u_load(at + i * PAGE_SIZE), 13);
	}
}

static void test_superpages(void)
{
	test_begin("a fence of one address covers its whole 2 MiB page");
	superpage(1);
	test_end();
	test_begin("a fence of one address covers its whole 1 GiB page");
	superpage(2);
	test_end();

	test_begin("a superpage whose physical address is not aligned is a page fault");
	page_map(root, VA_BIG, RAM + PAGE_SIZE, PTE_S_RW, 1);
	sfence_all();
	EXPECT_EQ(s_load(VA_BIG), 13);
	page_map(root, VA_BIG, 0, 0, 1);
	sfence_all();
	test_end();

	test_begin("a PTE with V=0, or W=1 and R=0, or a reserved bit is a page fault");
	map(VA, 1, PTE_S_RW & ~PTE_V);
	EXPECT_EQ(s_load(VA), 13);
	map(VA, 1, PTE_V | PTE_W | PTE_A | PTE_D);
	EXPECT_EQ(s_load(VA), 13);
	map(VA, 1, PTE_S_RW | 1UL << 54);
	EXPECT_EQ(s_load(VA), 13);
	map(VA, 1, PTE_S_RW | 1UL << 60);
	EXPECT_EQ(s_load(VA), 13);
	/* a pointer to a further table at the last level */
	map(VA, 1, PTE_V);
	EXPECT_EQ(s_load(VA), 13);
	test_end();
}

static void test_accessed_dirty(void)
{
	uint64_t *entry = page_entry(root, VA, 0), cause;

	test_begin("an access to a page with A=0 sets A or is a page fault");
	map(VA, 1, PTE_S_RW & ~(PTE_A | PTE_D));
	cause = s_load(VA);
	EXPECT(cause == NO_TRAP ? (*entry & PTE_A) != 0 : cause == 13 && !(*entry & PTE_A));
	EXPECT_EQ(*entry & PTE_D, 0);
	test_end();

	test_begin("a store to a page with D=0 sets D or is a page fault; a load leaves D");
	map(VA, 1, PTE_S_RW & ~PTE_D);
	EXPECT_EQ(s_load(VA), NO_TRAP);
	EXPECT_EQ(*entry & PTE_D, 0);
	cause = s_store(VA);
	EXPECT(cause == NO_TRAP ? (*entry & PTE_D) != 0 : cause == 15 && !(*entry & PTE_D));
	map(VA, 1, PTE_U_RW & ~(PTE_A | PTE_D));
	cause = u_store(VA);
	EXPECT(cause == NO_TRAP ? (*entry & (PTE_A | PTE_D)) == (PTE_A | PTE_D) : cause == 15);
	test_end();

	test_begin("a store to a clean page that a load has used before sets D in its turn");
	for (int i = 0; i < 10; i++) {
		map(VA, 1, PTE_S_RW & ~PTE_D);
		EXPECT_EQ(s_load(VA), NO_TRAP);
		cause = s_store(VA);
		EXPECT(cause == NO_TRAP ? (*entry & PTE_D) != 0 : cause == 15);
	}
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	space_set_up();
	test_permissions();
	test_sum();
	test_fences();
	test_wide_fences();
	test_user_then_kernel();
	test_asids();
	test_vector();
	test_satp();
	test_superpages();
	test_accessed_dirty();
	page_off();
}
