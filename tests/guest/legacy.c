/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of SBI 0.1, which old kernels make: one extension each, the result in a0 alone, hart
 * masks in memory. SBI 3.0, "Legacy Extensions".
 */
#include "guest.h"

#define NOWHERE		0x2000000000UL	/* neither memory nor device */

static uint64_t self;
static uint64_t mask;

static void expect_mask_fault(uint64_t eid, uint64_t at, uint64_t cause)
{
	TRAP(sbi_call(eid, 0, at, 0, 0, 0, 0));
	EXPECT_EQ(trap_last.scause, cause);
	EXPECT_EQ(trap_last.stval, at);
	EXPECT_EQ(trap_last.x[10], at);
	if (trap_last.scause == cause)
		EXPECT_EQ(*(const uint32_t *)trap_last.sepc, INSN_ECALL);
}

static struct sbi_ret legacy(uint64_t eid, uint64_t a0)
{
	/* The function's number is not looked at, and a1 is kept. */
	return sbi_call(eid, 0, a0, 0x1234, 0, 0, 0);
}

static uint64_t result(uint64_t eid, uint64_t a0)
{
	return (uint64_t)legacy(eid, a0).error;
}

static void test_calls(void)
{
	test_begin("legacy calls answer in a0 alone");
	if (!sbi_probe(SBI_EXT_LEGACY_PUTCHAR))
		return test_skip("no legacy extensions");
	EXPECT_EQ(result(SBI_EXT_LEGACY_PUTCHAR, '\n'), 0);
	EXPECT_EQ(result(SBI_EXT_LEGACY_SET_TIMER, ~0UL), 0);
	EXPECT((int64_t)result(SBI_EXT_LEGACY_GETCHAR, 0) >= -1);
	EXPECT(result(SBI_EXT_LEGACY_CLEAR_IPI, 0) <= 1);
	EXPECT_EQ(legacy(SBI_EXT_LEGACY_PUTCHAR, '\n').value, 0x1234);
	mask = 1UL << self;
	for (uint64_t eid = SBI_EXT_LEGACY_SEND_IPI; eid <= SBI_EXT_LEGACY_RFENCE_VMA_ASID; eid++)
		EXPECT_EQ(result(eid, (uintptr_t)&mask), 0);
	csr_clear(CSR_SIP, SIP_SSIP);
	test_end();

	test_begin("a legacy hart mask that cannot be read faults in the caller, at its ECALL");
	for (uint64_t eid = SBI_EXT_LEGACY_SEND_IPI; eid <= SBI_EXT_LEGACY_RFENCE_VMA_ASID; eid++)
		expect_mask_fault(eid, NOWHERE, EXC_LOAD_ACCESS);
	page_switch(page_root(), 1);
	for (uint64_t eid = SBI_EXT_LEGACY_SEND_IPI; eid <= SBI_EXT_LEGACY_RFENCE_VMA_ASID; eid++)
		expect_mask_fault(eid, 0x1000, EXC_LOAD_PAGE_FAULT);
	page_off();
	test_end();

	test_begin("legacy clear_ipi tells whether an IPI was pending");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI 1.6 answers 0");
	EXPECT_EQ(result(SBI_EXT_LEGACY_SEND_IPI, (uintptr_t)&mask), 0);
	EXPECT_EQ(result(SBI_EXT_LEGACY_CLEAR_IPI, 0), 1);
	EXPECT_EQ(result(SBI_EXT_LEGACY_CLEAR_IPI, 0), 0);
	EXPECT_EQ(csr_read(CSR_SIP) & SIP_SSIP, 0);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	self = hartid;
	test_calls();
}
