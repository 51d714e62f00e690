/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI FWFT as a guest sees it: what it says is what the hart does, for the guest's kernel and for
 * its user. SBI 3.0, "Firmware Features Extension"; privileged specification, "Svadu".
 */
#include "guest.h"

#define VA		0x40000000UL	/* where the page under test is mapped */
#define VA_CODE		0x40200000UL	/* user code: store a1 to a0, then EBREAK */
#define RESERVED	6

static uint64_t page[512] __attribute__((aligned(4096)));
static uint32_t code[1024] __attribute__((aligned(4096)));
static uint64_t *root;
static bool on_opensbi;

static int64_t set(uint64_t feature, uint64_t value, uint64_t flags)
{
	return sbi_call(SBI_EXT_FWFT, SBI_FWFT_SET, feature, value, flags, 0, 0).error;
}

static struct sbi_ret get(uint64_t feature)
{
	return sbi_call(SBI_EXT_FWFT, SBI_FWFT_GET, feature, 0, 0, 0, 0);
}

static void expect_error(int64_t actual, int64_t expected, const char *what)
{
	if (actual != expected)
		test_fail("%s: error %ld, not %ld", what, actual, expected);
}

static void test_numbers(void)
{
	static const uint64_t denied[] = { RESERVED, 0x3fffffff, 0x40000000, 0x80000000,
					   0xffffffff };

	test_begin("features that are reserved or a platform's own are denied");
	for (unsigned int i = 0; i < ARRAY_SIZE(denied); i++) {
		expect_error(get(denied[i]).error, SBI_ERR_DENIED, "get");
		expect_error(set(denied[i], 0, 0), SBI_ERR_DENIED, "set");
	}
	test_end();

	test_begin("a feature that can be read takes no value or flag that it does not know");
	for (uint64_t feature = 0; feature < RESERVED; feature++) {
		int64_t error = get(feature).error;

		EXPECT(error == SBI_SUCCESS || error == SBI_ERR_NOT_SUPPORTED);
		expect_error(set(feature, ~0UL, 0), error ? error : SBI_ERR_INVALID_PARAM, "value");
		expect_error(set(feature, 0, 2), error ? error : SBI_ERR_INVALID_PARAM, "flags");
	}
	test_end();
}

/* Store to a page whose PTE has A and D clear: the trap's cause, or NO_TRAP. */
static uint64_t store_clean(bool user)
{
	page_map(root, VA, (uintptr_t)page,
		 (uint64_t)((user ? PTE_U_RW : PTE_S_RW) & ~(PTE_A | PTE_D)), 0);
	sfence_va(VA);
	if (!user) {
		TRAP(store64(VA, 1));
		return trap_last.scause;
	}
	user_run(VA_CODE, VA, 0);
	return trap_last.scause == EXC_BREAKPOINT ? NO_TRAP : trap_last.scause;
}

static void expect_updating(bool on)
{
	const uint64_t both = PTE_A | PTE_D;

	for (unsigned int user = 0; user < 2; user++) {
		EXPECT_EQ(store_clean(user), on ? NO_TRAP : EXC_STORE_PAGE_FAULT);
		EXPECT_EQ(*page_entry(root, VA, 0) & both, on ? both : 0);
	}
}

static void test_updating(void)
{
	struct sbi_ret first = get(SBI_FWFT_PTE_AD_HW_UPDATING);

	test_begin("updating of A and D is off at first, and S-mode and U-mode get page faults");
	if (first.error == SBI_ERR_NOT_SUPPORTED)
		return test_skip("the hart gives no choice");
	EXPECT_EQ(first.value, 0);
	expect_updating(false);
	test_end();

	test_begin("when it is on, A and D are set in the PTE; and it can be switched off again");
	for (int round = 0; round < 2; round++) {
		expect_error(set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, 0), SBI_SUCCESS, "on");
		EXPECT_EQ(get(SBI_FWFT_PTE_AD_HW_UPDATING).value, 1);
		expect_updating(true);
		expect_error(set(SBI_FWFT_PTE_AD_HW_UPDATING, 0, 0), SBI_SUCCESS, "off");
		expect_updating(false);
	}
	test_end();

	test_begin("a locked feature is not set any more: DENIED_LOCKED");
	expect_error(set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, SBI_FWFT_LOCK), SBI_SUCCESS, "lock");
	expect_error(set(SBI_FWFT_PTE_AD_HW_UPDATING, 0, 0), SBI_ERR_DENIED_LOCKED, "off");
	EXPECT_EQ(get(SBI_FWFT_PTE_AD_HW_UPDATING).value, 1);
	expect_updating(true);
	test_end();
}

static void test_misaligned(void)
{
	struct sbi_ret now = get(SBI_FWFT_MISALIGNED_EXC_DELEG);

	test_begin("a VM cannot change whom misaligned accesses go to, and locks what it has");
	if (on_opensbi)
		return test_skip("OpenSBI can");
	expect_error(now.error, SBI_SUCCESS, "get");
	expect_error(set(SBI_FWFT_MISALIGNED_EXC_DELEG, !now.value, 0), SBI_ERR_DENIED, "change");
	expect_error(set(SBI_FWFT_MISALIGNED_EXC_DELEG, now.value, SBI_FWFT_LOCK), SBI_SUCCESS,
		     "lock");
	expect_error(set(SBI_FWFT_MISALIGNED_EXC_DELEG, now.value, 0), SBI_ERR_DENIED_LOCKED,
		     "again");
	EXPECT_EQ(get(SBI_FWFT_MISALIGNED_EXC_DELEG).value, now.value);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	on_opensbi = !sbi_probe(STRATA_EID);
	test_begin("FWFT is offered by every VM");
	if (on_opensbi)
		return test_skip("OpenSBI has drafts of it");
	EXPECT(sbi_probe(SBI_EXT_FWFT));
	test_end();
	root = page_root();
	code[0] = 0x00b53023;	/* sd a1, 0(a0) */
	code[1] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	page_map(root, VA_CODE, (uintptr_t)code, PTE_U_RWX, 0);
	page_switch(root, 1);
	test_numbers();
	test_misaligned();
	test_updating();
	page_off();
}
