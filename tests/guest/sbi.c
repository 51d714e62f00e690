/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SBI as a guest sees it: what is there works as specified, what is not says so, and garbage
 * gets the specification's error. SBI 3.0; <strata/abi.h> for the Strata extension.
 */
#include "guest.h"

#define NOWHERE		0x2000000000UL	/* neither memory nor device */
#define ALL_HARTS	(~0UL)

static uint64_t self;

static struct sbi_ret call2(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1)
{
	return sbi_call(eid, fid, a0, a1, 0, 0, 0);
}

static int64_t error_of(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1)
{
	return call2(eid, fid, a0, a1).error;
}

static void expect_error(int64_t actual, int64_t expected, const char *what)
{
	if (actual != expected)
		test_fail("%s: error %ld, not %ld", what, actual, expected);
}

static void test_base(void)
{
	struct sbi_ret version = call2(SBI_EXT_BASE, SBI_BASE_GET_SPEC_VERSION, 0, 0);

	test_begin("the specification version has bit 31 clear and is at least 0.2");
	EXPECT_EQ((uint64_t)version.error, SBI_SUCCESS);
	EXPECT((version.value >> 31) == 0);
	EXPECT(version.value >= 2);
	if (!sbi_is_opensbi())
		EXPECT_EQ(version.value, SBI_SPEC_VERSION_3_0);
	test_end();

	test_begin("every BASE function succeeds");
	for (uint64_t fid = 0; fid <= SBI_BASE_GET_MIMPID; fid++)
		expect_error(error_of(SBI_EXT_BASE, fid, SBI_EXT_BASE, 0), SBI_SUCCESS, "BASE");
	test_end();

	test_begin("probe answers 0 for an extension that is not there and not 0 for BASE");
	EXPECT(sbi_probe(SBI_EXT_BASE));
	EXPECT(!sbi_probe(0x0badc0de));
	EXPECT(!sbi_probe(0xffffffffffffffff));
	EXPECT_EQ(call2(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, 0x0badc0de, 0).value, 0);
	test_end();
}

#define X10_TO_X31 "10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

uint64_t before[32], after[32];

static void test_registers(void)
{
	test_begin("a call keeps every register but a0 and a1");
	for (uint64_t i = 0; i < 32; i++)
		before[i] = 0x1111111111111111 * (i % 15 + 1);
	before[17] = SBI_EXT_BASE;
	before[16] = SBI_BASE_GET_SPEC_VERSION;
	/* sp, gp and tp stay as they are; s0 (x8) and s1 hold the two arrays */
	__asm__ volatile(
		"la	s0, before\n\t"
		"la	s1, after\n\t"
		".irp n, 5,6,7," X10_TO_X31 "\n\t"
		"ld	x\\n, (\\n * 8)(s0)\n\t"
		".endr\n\t"
		"ecall\n\t"
		".irp n, 5,6,7," X10_TO_X31 "\n\t"
		"sd	x\\n, (\\n * 8)(s1)\n\t"
		".endr"
		:
		:
		: "t0", "t1", "t2", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s0", "s1",
		  "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5",
		  "t6",
		  "memory");
	for (unsigned int i = 5; i < 32; i++)
		if (i != 8 && i != 9 && i != 10 && i != 11)
			EXPECT_EQ(after[i], before[i]);
	EXPECT_EQ(after[10], SBI_SUCCESS);
	test_end();
}

static void test_unknown(void)
{
	static const uint64_t eids[] = { 0x0badc0de, 0xffffffff, ~0UL, 0x7fffffffffffffff,
					 0x0a, 0x0f, 0x11, 0x100000010, 0x0a000000, 0x80000000 };
	static const uint64_t known[] = { SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
					  SBI_EXT_HSM, SBI_EXT_SRST, SBI_EXT_DBCN, SBI_EXT_FWFT,
					  SBI_EXT_PMU, SBI_EXT_STA, SBI_EXT_SUSP, SBI_EXT_SSE,
					  SBI_EXT_DBTR, SBI_EXT_MPXY, SBI_EXT_CPPC,
					  SBI_EXT_NACL, STRATA_EID };

	test_begin("an unknown extension answers NOT_SUPPORTED, whatever its arguments");
	for (unsigned int i = 0; i < ARRAY_SIZE(eids); i++)
		for (uint64_t fid = 0; fid < 4; fid++)
			expect_error(sbi_call(eids[i], fid * 0x4001, ~0UL, NOWHERE, 1, ~0UL,
					      7).error, SBI_ERR_NOT_SUPPORTED, "unknown EID");
	test_end();

	test_begin("an unknown function of any extension answers NOT_SUPPORTED");
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		expect_error(sbi_call(known[i], 0x4000, ~0UL, NOWHERE, 1, ~0UL, 7).error,
			     SBI_ERR_NOT_SUPPORTED, "FID 0x4000");
		expect_error(sbi_call(known[i], ~0UL, ~0UL, NOWHERE, 1, ~0UL, 7).error,
			     SBI_ERR_NOT_SUPPORTED, "FID -1");
	}
	test_end();

	test_begin("probe tells the truth: what it denies answers NOT_SUPPORTED");
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (!sbi_probe(known[i]))
			expect_error(error_of(known[i], 0, 0, 0), SBI_ERR_NOT_SUPPORTED,
				     "denied EID");
	test_end();

	test_begin("SSE, DBTR, MPXY, CPPC and NACL are not there");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI may have them");
	EXPECT(!sbi_probe(SBI_EXT_SSE) && !sbi_probe(SBI_EXT_DBTR) && !sbi_probe(SBI_EXT_MPXY));
	EXPECT(!sbi_probe(SBI_EXT_CPPC) && !sbi_probe(SBI_EXT_NACL));
	test_end();
}

#define SOON		1000000UL	/* 100 ms of 10 MHz: what has not come then is not coming */
#define PATIENCE	600000000UL	/* a minute, for what must come */

/* Does this interrupt come in this time, in ticks, from being enabled? */
static bool interrupt_comes(uint64_t irq, uint64_t ticks)
{
	uint64_t deadline = read_time() + ticks;

	csr_write(CSR_SIE, 1UL << irq);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		while (read_time() < deadline)
			;
		csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	});
	csr_write(CSR_SIE, 0);
	return trap_last.scause == (SCAUSE_INTERRUPT | irq);
}

static void test_time(void)
{
	test_begin("set_timer in the past raises a timer interrupt, in the far future clears it");
	if (!sbi_probe(SBI_EXT_TIME))
		return test_skip("no TIME extension");
	expect_error(error_of(SBI_EXT_TIME, SBI_TIME_SET_TIMER, 0, 0), SBI_SUCCESS, "set_timer");
	EXPECT(interrupt_comes(IRQ_S_TIMER, PATIENCE));
	sbi_set_timer(~0UL);
	EXPECT(!interrupt_comes(IRQ_S_TIMER, SOON));
	sbi_set_timer(read_time() + 20000);
	EXPECT(interrupt_comes(IRQ_S_TIMER, PATIENCE));
	sbi_set_timer(~0UL);
	test_end();
}

static void test_ipi(void)
{
	test_begin("send_ipi to this hart, by base or to all, raises a software interrupt");
	if (!sbi_probe(SBI_EXT_IPI))
		return test_skip("no IPI extension");
	expect_error(error_of(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, self), SBI_SUCCESS, "base");
	EXPECT(interrupt_comes(IRQ_S_SOFT, PATIENCE));
	csr_clear(CSR_SIP, SIP_SSIP);
	EXPECT(!interrupt_comes(IRQ_S_SOFT, SOON));
	expect_error(error_of(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, ALL_HARTS), SBI_SUCCESS, "all");
	EXPECT(interrupt_comes(IRQ_S_SOFT, PATIENCE));
	csr_clear(CSR_SIP, SIP_SSIP);
	expect_error(error_of(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, 0), SBI_SUCCESS, "an empty mask");
	EXPECT(!interrupt_comes(IRQ_S_SOFT, SOON));
	test_end();

	test_begin("send_ipi to a hart that does not exist is INVALID_PARAM");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI 1.6 ignores such a hart");
	expect_error(error_of(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0x1234567), SBI_ERR_INVALID_PARAM,
		     "base 0x1234567");
	expect_error(error_of(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, ~1UL), SBI_ERR_INVALID_PARAM,
		     "base -2");
	test_end();
}

static int64_t rfence(uint64_t fid, uint64_t mask, uint64_t base, uint64_t start, uint64_t size)
{
	return sbi_call(SBI_EXT_RFENCE, fid, mask, base, start, size, 1).error;
}

static void test_rfence(void)
{
	test_begin("remote fences succeed for any range, and for all harts");
	if (!sbi_probe(SBI_EXT_RFENCE))
		return test_skip("no RFENCE extension");
	for (uint64_t fid = SBI_RFENCE_FENCE_I; fid <= SBI_RFENCE_SFENCE_VMA_ASID; fid++) {
		expect_error(rfence(fid, 0, ALL_HARTS, 0, 0), SBI_SUCCESS, "all harts, no range");
		expect_error(rfence(fid, 1, self, 0, ~0UL), SBI_SUCCESS, "everything");
		expect_error(rfence(fid, 1, self, 0x80000000, 4096), SBI_SUCCESS, "a page");
		expect_error(rfence(fid, 0, 0, 1, 3), SBI_SUCCESS, "no hart");
	}
	test_end();

	test_begin("a remote fence of a hart that does not exist is INVALID_PARAM");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI 1.6 ignores such a hart");
	for (uint64_t fid = SBI_RFENCE_FENCE_I; fid <= SBI_RFENCE_SFENCE_VMA_ASID; fid++)
		expect_error(rfence(fid, 1, 0x1234567, 0, 0), SBI_ERR_INVALID_PARAM, "base");
	test_end();

	test_begin("a remote fence's range may end with the address space, but not behind it");
	for (uint64_t fid = SBI_RFENCE_SFENCE_VMA; fid <= SBI_RFENCE_SFENCE_VMA_ASID; fid++) {
		expect_error(rfence(fid, 1, self, ~0xfffUL, 0x1000), SBI_SUCCESS, "the last page");
		expect_error(rfence(fid, 1, self, ~0xfffUL, 0x1001), SBI_ERR_INVALID_ADDRESS,
			     "one byte more");
		expect_error(rfence(fid, 1, self, 0x1000, 0), SBI_SUCCESS, "nothing");
	}
	expect_error(sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, 1, self, 0, 0x1000,
			      SATP_ASID_MASK + 1).error, SBI_ERR_INVALID_PARAM, "ASID");
	test_end();
}

/* What the second hart leaves: its registers and CSRs at entry, and whether hart_stop returned. */
static volatile struct {
	uint64_t running, a0, a1, satp, sstatus, stop_returned;
} second;

void second_main(uint64_t hartid, uint64_t opaque);
__asm__(".globl second_start\n"
	"second_start:\n\t"
	"la	sp, second_stack_top\n\t"
	"j	second_main\n"
	".pushsection .bss\n"
	".balign 16\n"
	".skip 4096\n"
	"second_stack_top:\n"
	".popsection");

void second_main(uint64_t hartid, uint64_t opaque)
{
	second.a0 = hartid;
	second.a1 = opaque;
	second.satp = csr_read(CSR_SATP);
	second.sstatus = csr_read(CSR_SSTATUS);
	__atomic_store_n(&second.running, 1, __ATOMIC_RELEASE);
	sbi_send_ipi(self);
	call2(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0);
	second.stop_returned = 1;
	for (;;)
		__asm__ volatile("wfi");
}

static uint64_t hart_status(uint64_t hartid)
{
	struct sbi_ret ret = call2(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, hartid, 0);

	return ret.error ? (uint64_t)ret.error : ret.value;
}

/* Sleep a millisecond, or until an IPI. */
static void nap(void)
{
	sbi_set_timer(read_time() + 10000);
	csr_write(CSR_SIE, SIP_STIP | SIP_SSIP);
	__asm__ volatile("wfi");
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
	csr_clear(CSR_SIP, SIP_SSIP);
}

static void test_second_hart(void)
{
	extern char second_start[];
	uint64_t harts[8] = { 0 }, other = self;
	unsigned int n = boot_harts(harts, ARRAY_SIZE(harts));

	for (unsigned int i = 0; i < n && i < ARRAY_SIZE(harts); i++)
		if (harts[i] != self)
			other = harts[i];
	test_begin("hart_start runs a hart with a0 = hart id, a1 = opaque, satp = 0, SIE = 0");
	if (other == self) {
		test_skip("one hart");
		return;
	}
	EXPECT_EQ(hart_status(other), SBI_HSM_STATE_STOPPED);
	expect_error(sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, other, (uintptr_t)second_start,
			      0x1122334455667788, 0, 0).error, SBI_SUCCESS, "hart_start");
	for (int i = 0; i < 2000 && !second.running; i++)
		nap();
	EXPECT(second.running);
	EXPECT_EQ(second.a0, other);
	EXPECT_EQ(second.a1, 0x1122334455667788);
	EXPECT_EQ(second.satp, 0);
	EXPECT_EQ(second.sstatus & SSTATUS_SIE, 0);
	test_end();

	test_begin("a hart that has called hart_stop is STOPPED and does not run on");
	for (int i = 0; i < 2000 && hart_status(other) != SBI_HSM_STATE_STOPPED; i++)
		nap();
	EXPECT_EQ(hart_status(other), SBI_HSM_STATE_STOPPED);
	EXPECT_EQ(second.stop_returned, 0);
	test_end();

	test_begin("hart_start at an address that is no memory is INVALID_ADDRESS");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI's default domain allows every address");
	expect_error(sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, other, NOWHERE, 0, 0, 0).error,
		     SBI_ERR_INVALID_ADDRESS, "NOWHERE");
	EXPECT_EQ(hart_status(other), SBI_HSM_STATE_STOPPED);
	test_end();
}

static void test_hsm(void)
{
	test_begin("hart_get_status of this hart is STARTED; hart_start of it ALREADY_AVAILABLE");
	EXPECT(sbi_probe(SBI_EXT_HSM));
	EXPECT_EQ(hart_status(self), SBI_HSM_STATE_STARTED);
	expect_error(error_of(SBI_EXT_HSM, SBI_HSM_HART_START, self, 0x80200000),
		     SBI_ERR_ALREADY_AVAILABLE, "hart_start");
	test_end();

	test_begin("HSM calls for a hart that does not exist are INVALID_PARAM");
	expect_error(error_of(SBI_EXT_HSM, SBI_HSM_HART_GET_STATUS, 0x1234567, 0),
		     SBI_ERR_INVALID_PARAM, "get_status");
	expect_error(error_of(SBI_EXT_HSM, SBI_HSM_HART_START, 0x1234567, 0x80200000),
		     SBI_ERR_INVALID_PARAM, "start");
	test_end();

	test_begin("hart_suspend of a reserved type is INVALID_PARAM");
	expect_error(error_of(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, 0x12345, 0),
		     SBI_ERR_INVALID_PARAM, "type 0x12345");
	test_end();

	test_begin("a retentive suspend returns when an interrupt is pending");
	sbi_set_timer(read_time() + 10000);
	csr_write(CSR_SIE, SIP_STIP);
	{
		int64_t error = error_of(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND,
					 SBI_HSM_SUSPEND_RETENTIVE, 0);

		EXPECT(error == SBI_SUCCESS || error == SBI_ERR_NOT_SUPPORTED);
	}
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
	test_end();
}

static void test_srst(void)
{
	test_begin("a reset of a reserved type or reason is INVALID_PARAM");
	EXPECT(sbi_probe(SBI_EXT_SRST));
	expect_error(error_of(SBI_EXT_SRST, SBI_SRST_RESET, 0x1234, 0), SBI_ERR_INVALID_PARAM,
		     "type 0x1234");
	expect_error(error_of(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN, 0x1234),
		     SBI_ERR_INVALID_PARAM, "reason 0x1234");
	test_end();
}

static void test_dbcn(void)
{
	static const char text[] = "a line by DBCN\r\n";
	struct sbi_ret ret;

	test_begin("the debug console writes what lies in memory and says how much");
	if (!sbi_probe(SBI_EXT_DBCN))
		return test_skip("no DBCN extension");
	ret = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, sizeof(text) - 1, (uintptr_t)text, 0, 0, 0);
	expect_error(ret.error, SBI_SUCCESS, "write");
	EXPECT_EQ(ret.value, sizeof(text) - 1);
	ret = sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, 0, (uintptr_t)text, 0, 0, 0);
	expect_error(ret.error, SBI_SUCCESS, "write of nothing");
	EXPECT_EQ(ret.value, 0);
	expect_error(error_of(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, '\n', 0), SBI_SUCCESS, "byte");
	test_end();

	test_begin("a debug console buffer outside of memory is INVALID_PARAM");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI's default domain allows every address");
	for (uint64_t fid = SBI_DBCN_WRITE; fid <= SBI_DBCN_READ; fid++) {
		expect_error(sbi_call(SBI_EXT_DBCN, fid, 4, 0x80000000, 1, 0, 0).error,
			     SBI_ERR_INVALID_PARAM, "an address beyond 64 bits");
		expect_error(sbi_call(SBI_EXT_DBCN, fid, 4, NOWHERE, 0, 0, 0).error,
			     SBI_ERR_INVALID_PARAM, "no memory");
		expect_error(sbi_call(SBI_EXT_DBCN, fid, 16, ~7UL, 0, 0, 0).error,
			     SBI_ERR_INVALID_PARAM, "wraps");
		expect_error(sbi_call(SBI_EXT_DBCN, fid, ~0UL, (uintptr_t)text, 0, 0, 0).error,
			     SBI_ERR_INVALID_PARAM, "beyond the end");
		expect_error(sbi_call(SBI_EXT_DBCN, fid, 4, 0x10000000, 0, 0, 0).error,
			     SBI_ERR_INVALID_PARAM, "a device");
	}
	test_end();
}

static void test_strata(void)
{
	struct sbi_ret features = call2(STRATA_EID, STRATA_FN_FEATURES, 0, 0), ret;

	test_begin("the Strata extension has a version, features and counters that grow");
	if (!sbi_probe(STRATA_EID))
		return test_skip("no hypervisor");
	ret = call2(STRATA_EID, STRATA_FN_VERSION, 0, 0);
	expect_error(ret.error, SBI_SUCCESS, "version");
	EXPECT_EQ(ret.value >> 16, STRATA_ABI_VERSION >> 16);
	expect_error(features.error, SBI_SUCCESS, "features");
	ret = call2(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0);
	expect_error(ret.error, SBI_SUCCESS, "traps");
	EXPECT(call2(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0).value >
	       ret.value);
	expect_error(error_of(STRATA_EID, STRATA_FN_COUNTER_READ, 0x1234, 0), SBI_ERR_INVALID_PARAM,
		     "counter 0x1234");
	test_end();

	test_begin("the calls of mode pv answer NOT_SUPPORTED where the feature word lacks them");
	if (features.value & STRATA_F_HYPERCALL)
		return test_skip("this is mode pv");
	EXPECT_EQ(features.value, 0);
	for (uint64_t fid = STRATA_FN_CSR_READ; fid <= STRATA_FN_MAP_VCPU_PAGE; fid++)
		expect_error(error_of(STRATA_EID, fid, CSR_SSCRATCH, 0), SBI_ERR_NOT_SUPPORTED,
			     "a call of pv");
	test_end();
}

static void test_strata_pv(void)
{
	struct sbi_ret features = call2(STRATA_EID, STRATA_FN_FEATURES, 0, 0);

	test_begin("a hypercall for a CSR that does not exist is INVALID_PARAM");
	if (!sbi_probe(STRATA_EID) || !(features.value & STRATA_F_HYPERCALL))
		return test_skip("not mode pv");
	for (uint64_t fid = STRATA_FN_CSR_READ; fid <= STRATA_FN_CSR_CLEAR; fid++) {
		expect_error(error_of(STRATA_EID, fid, 0x300, 0), SBI_ERR_INVALID_PARAM, "mstatus");
		expect_error(error_of(STRATA_EID, fid, 0x680, 0), SBI_ERR_INVALID_PARAM, "hgatp");
		expect_error(error_of(STRATA_EID, fid, 0x1140, 0), SBI_ERR_INVALID_PARAM, "0x1140");
		expect_error(error_of(STRATA_EID, fid, ~0UL, 0), SBI_ERR_INVALID_PARAM, "-1");
	}
	test_end();

	test_begin("an iret from an address that cannot be read is refused and nothing happens");
	expect_error(error_of(STRATA_EID, STRATA_FN_IRET, NOWHERE, 0), SBI_ERR_INVALID_ADDRESS,
		     "iret");
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	self = hartid;
	test_base();
	test_registers();
	test_unknown();
	test_time();
	test_ipi();
	test_rfence();
	test_hsm();
	test_second_hart();
	test_srst();
	test_dbcn();
	test_strata();
	test_strata_pv();
}
