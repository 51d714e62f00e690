/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worked example of docs/abi.md: a kernel that uses the paravirtual interface, step by step.
 * <strata/abi.h>. Natively, in te and in hw the feature word is 0, and so it skips the rest.
 */
#include "guest.h"

#define USER_VA		0x40000000UL	/* the user's page of code */
#define USER_DATA	0x40400000UL
#define USER_TP		0x7071UL	/* what the user has in tp */

static char shared[PAGE_SIZE] __attribute__((aligned(4096)));
static volatile struct strata_vcpu_page *const page = (void *)shared;
static uint64_t features;

/* What the kernel's tp points to while the user runs. */
static struct { uint64_t sp, ra; } hart;

static struct sbi_ret strata(uint64_t function, uint64_t a0, uint64_t a1)
{
	return sbi_call(STRATA_EID, function, a0, a1, 0, 0, 0);
}

/* uint64_t user_call(iret, &hart): IRET with tp = &hart; returns what the user's ecall has in a0 */
uint64_t user_call(const struct strata_iret *iret, void *kernel_tp);
extern char trap_from_user[];
__asm__(".text\n.balign 4\n"
	"user_call:\n"
	"	mv	tp, a1\n"
	"	sd	sp, 0(tp)\n"
	"	sd	ra, 8(tp)\n"
	"	li	a6, " CSR_STR(STRATA_FN_IRET) "\n"
	"	li	a7, " CSR_STR(STRATA_EID) "\n"
	"	ecall\n"
	"	ret\n"			/* only if the call failed: a0 says why */
	".balign 4\n"
	"trap_from_user:\n"		/* tp is the kernel's, sscratch has the user's */
	"	ld	sp, 0(tp)\n"
	"	ld	ra, 8(tp)\n"
	"	ret\n");

static void find(void)
{
	test_begin("the extension is found by probe and says its version and features");
	EXPECT(sbi_probe(STRATA_EID));
	EXPECT_EQ(strata(STRATA_FN_VERSION, 0, 0).value, STRATA_ABI_VERSION);
	features = strata(STRATA_FN_FEATURES, 0, 0).value;
	EXPECT(strata(9999, 0, 0).error == SBI_ERR_NOT_SUPPORTED);
	test_end();
}

/* No tree of a test asks for an account. */
static void no_account(void)
{
	static struct strata_account_entry entry = { .name = "untouched" };

	test_begin("a VM whose tree does not say strata,accounting has no account to read");
	for (uint64_t command = STRATA_ACCOUNT_RESET; command <= STRATA_ACCOUNT_READ; command++)
		EXPECT(strata(STRATA_FN_ACCOUNT, command, (uintptr_t)&entry).error ==
		       SBI_ERR_NOT_SUPPORTED);
	EXPECT(entry.name[0] == 'u' && entry.insns == 0);
	test_end();
}

static void calls(void)
{
	test_begin("a CSR is read, written, swapped, set and cleared by hypercall");
	EXPECT(strata(STRATA_FN_CSR_WRITE, CSR_SSCRATCH, 0xf0).error == SBI_SUCCESS);
	EXPECT_EQ(strata(STRATA_FN_CSR_SET, CSR_SSCRATCH, 0x0f).value, 0xf0);
	EXPECT_EQ(strata(STRATA_FN_CSR_CLEAR, CSR_SSCRATCH, 0xf0).value, 0xff);
	EXPECT_EQ(strata(STRATA_FN_CSR_SWAP, CSR_SSCRATCH, 7).value, 0x0f);
	EXPECT_EQ(strata(STRATA_FN_CSR_READ, CSR_SSCRATCH, 0).value, 7);
	EXPECT(strata(STRATA_FN_CSR_READ, CSR_TIME, 0).error == SBI_ERR_INVALID_PARAM);
	test_end();
}

static void share(void)
{
	test_begin("the shared page shows and takes the CSRs where the kernel wants it");
	EXPECT(strata(STRATA_FN_MAP_VCPU_PAGE, (uintptr_t)shared + 8, 0).error ==
	       SBI_ERR_INVALID_ADDRESS);
	EXPECT(strata(STRATA_FN_MAP_VCPU_PAGE, (uintptr_t)shared, 0).error == SBI_SUCCESS);
	EXPECT_EQ(page->satp, strata(STRATA_FN_CSR_READ, CSR_SATP, 0).value);
	page->sscratch = 0x1234;
	EXPECT_EQ(strata(STRATA_FN_CSR_READ, CSR_SSCRATCH, 0).value, 0x1234);
	test_end();
}

/* Interrupts on, as a kernel of step 1 does it: two stores, and a call only if one is pending. */
static void irq_enable(void)
{
	page->sie_on = 1;
	if (page->sip & page->sie)
		strata(STRATA_FN_EVENT_CHECK, 0, 0);
}

static void events(void)
{
	test_begin("an interrupt that waited is taken by an event check after unmasking");
	page->sie_on = 0;
	page->sie = SIP_SSIP;
	sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0, 0, 0, 0);
	EXPECT_EQ(page->sip, SIP_SSIP);
	TRAP(irq_enable());
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	EXPECT(strata(STRATA_FN_CSR_CLEAR, CSR_SIP, SIP_SSIP).error == SBI_SUCCESS);
	EXPECT_EQ(page->sip, 0);
	test_end();
}

/* With SIE = 0 an interrupt comes, and waits. */
static void raise_masked(void)
{
	page->sie_on = 0;
	page->sie = SIP_SSIP;
	sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0, 0, 0, 0);
}

static void block(void)
{
	test_begin("BLOCK, WFI and suspension with SIE = 1 take the interrupt that waited");
	raise_masked();
	TRAP(page->sie_on = 1; strata(STRATA_FN_BLOCK, 0, 0));
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	strata(STRATA_FN_CSR_CLEAR, CSR_SIP, SIP_SSIP);
	raise_masked();
	TRAP(page->sie_on = 1; __asm__ volatile("wfi"));
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	strata(STRATA_FN_CSR_CLEAR, CSR_SIP, SIP_SSIP);
	raise_masked();
	TRAP(page->sie_on = 1; sbi_call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0, 0, 0, 0, 0));
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_SOFT);
	strata(STRATA_FN_CSR_CLEAR, CSR_SIP, SIP_SSIP);
	test_end();
}

/* A store counts at IRET at the latest; what was loaded in between is not what it says. */
static void sum_off(uint64_t *root)
{
	test_begin("SUM that a store turned off and a hypercall clears is off at once");
	page_map(root, USER_DATA, (uintptr_t)page_alloc(), PTE_U_RWX, 0);
	strata(STRATA_FN_SFENCE, 0, 0);
	page->sstatus |= SSTATUS_SUM;
	TRAP(load64(USER_DATA));
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	page->sstatus &= ~SSTATUS_SUM;
	EXPECT(strata(STRATA_FN_CSR_CLEAR, CSR_SSTATUS, SSTATUS_SUM).error == SBI_SUCCESS);
	TRAP(load64(USER_DATA));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_PAGE_FAULT);
	test_end();
}

/* IRET to the next instruction, still in S. */
static void return_here(void)
{
	uint64_t next;

	__asm__ volatile("la %0, 1f\n\tsd %0, 0(%1)\n\tsd sp, 0(%2)\n\tsd tp, 8(%2)\n\tli a0, 0\n\t"
			 "li a6, " CSR_STR(STRATA_FN_IRET) "\n\tli a7, " CSR_STR(STRATA_EID)
			 "\n\tecall\n1:"
			 : "=&r"(next)
			 : "r"(&page->sepc), "r"(&page->iret.sp)
			 : "a0", "a1", "a6", "a7", "memory");
}

static void fp_off(void)
{
	test_begin("FS that a store in the shared page turned off is off after iret");
	csr_set(CSR_SSTATUS, SSTATUS_FS_DIRTY);
	__asm__ volatile("csrw " CSR_STR(CSR_FCSR) ", zero");
	page->sstatus = (page->sstatus & ~SSTATUS_FS) | SSTATUS_SPP;
	return_here();
	EXPECT_EQ(page->sstatus & SSTATUS_FS, SSTATUS_FS_OFF);
	TRAP(__asm__ volatile("csrw " CSR_STR(CSR_FCSR) ", zero"));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	test_end();

	test_begin("FS that a store turned off is off after iret, also if FP was used before");
	csr_clear(CSR_SSTATUS, SSTATUS_FS);
	csr_set(CSR_SSTATUS, SSTATUS_FS_CLEAN);
	__asm__ volatile("csrw " CSR_STR(CSR_FCSR) ", zero");
	page->sstatus = (page->sstatus & ~SSTATUS_FS) | SSTATUS_SPP;
	return_here();
	EXPECT_EQ(page->sstatus & SSTATUS_FS, SSTATUS_FS_OFF);
	test_end();
}

/* sepc and sstatus for a return to U with interrupts off; by page or by call. */
static void prepare_return(uint64_t pc)
{
	uint64_t sstatus = csr_read(CSR_SSTATUS) & ~(SSTATUS_SPP | SSTATUS_SPIE);

	if (features & STRATA_F_SHARED_PAGE) {
		page->sepc = pc;
		page->sstatus = sstatus;
		return;
	}
	strata(STRATA_FN_CSR_WRITE, CSR_SEPC, pc);
	strata(STRATA_FN_CSR_WRITE, CSR_SSTATUS, sstatus);
}

static void enter_user(uint64_t *root)
{
	static const uint32_t code[] = { 0x00150513 /* addi a0, a0, 1 */, INSN_ECALL };
	static struct strata_iret iret = { .a0 = 41, .tp = USER_TP };
	void *text = page_alloc();

	test_begin("iret enters U, and its ecall the kernel with tp and sscratch exchanged");
	page_map(root, USER_VA, (uintptr_t)memcpy(text, code, sizeof(code)), PTE_U_RWX, 0);
	sfence_all();
	__asm__ volatile("fence.i" : : : "memory");
	EXPECT(strata(STRATA_FN_SET_TRAP_TABLE, (uintptr_t)trap_from_user,
		      (uintptr_t)trap_vector).error == SBI_SUCCESS);
	prepare_return(USER_VA);
	EXPECT_EQ(user_call(&iret, &hart), 42);
	EXPECT_EQ(strata(STRATA_FN_CSR_READ, CSR_SCAUSE, 0).value, EXC_ECALL_U);
	EXPECT_EQ(strata(STRATA_FN_CSR_READ, CSR_SEPC, 0).value, USER_VA + 4);
	EXPECT_EQ(strata(STRATA_FN_CSR_READ, CSR_SSCRATCH, 0).value, USER_TP);
	EXPECT(strata(STRATA_FN_SET_TRAP_TABLE, 0, 0).error == SBI_SUCCESS);
	test_end();
}

static void skip(const char *sentence, const char *reason)
{
	test_begin(sentence);
	test_skip(reason);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t *root = page_root();

	(void)hartid;
	(void)dtb;
	if (!sbi_probe(STRATA_EID)) {
		skip("the extension is found by probe", "there is no hypervisor");
		return;
	}
	find();
	no_account();
	if (!(features & STRATA_F_HYPERCALL)) {
		skip("a CSR is read by hypercall", "the feature word is 0: not mode pv");
		return;
	}
	calls();
	page_switch(root, 0);
	if (features & STRATA_F_SHARED_PAGE) {
		share();
		events();
		block();
		sum_off(root);
		fp_off();
	} else {
		skip("the shared page shows the CSRs", "step 0 has none");
	}
	enter_user(root);
}
