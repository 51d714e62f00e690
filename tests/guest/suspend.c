/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suspending a hart without retention, and the system: what wakes it, where it goes on, what it
 * keeps. SBI 3.0, "Hart suspend" and "System Suspend Extension".
 */
#include "guest.h"

#define RESUMED		1000
#define TICKS		20000UL	/* 2 ms on QEMU's virt machine */
#define NOWHERE		0x2000000000UL	/* neither memory nor device */

/* ra, sp, s0-s11 of whoever suspends; then a0, a1, satp and sstatus as it resumed. */
uint64_t suspend_frame[18];

/*
 * int64_t suspend_call(eid, fid, type): a1 = where to resume, a2 = suspend_frame. Returns the
 * error, or RESUMED when it has been resumed.
 */
int64_t suspend_call(uint64_t eid, uint64_t fid, uint64_t type);
extern char suspend_resume[];
/* clang-format off */
__asm__(
	".section .text\n"
	".balign 4\n"
	"suspend_call:\n"
	"	la	t0, suspend_frame\n"
	"	sd	ra, 0(t0)\n"
	"	sd	sp, 8(t0)\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11\n"
	"	sd	s\\n, (16 + \\n * 8)(t0)\n"
	".endr\n"
	"	mv	a7, a0\n"
	"	mv	a6, a1\n"
	"	mv	a0, a2\n"
	"	la	a1, suspend_resume\n"
	"	mv	a2, t0\n"
	"	ecall\n"
	"	ret\n"
	".balign 4\n"
	"suspend_resume:\n"
	"	sd	a0, 112(a1)\n"
	"	sd	a1, 120(a1)\n"
	"	csrr	t0, satp\n"
	"	sd	t0, 128(a1)\n"
	"	csrr	t0, sstatus\n"
	"	sd	t0, 136(a1)\n"
	"	ld	ra, 0(a1)\n"
	"	ld	sp, 8(a1)\n"
	".irp n, 0,1,2,3,4,5,6,7,8,9,10,11\n"
	"	ld	s\\n, (16 + \\n * 8)(a1)\n"
	".endr\n"
	"	li	a0, 1000\n"
	"	ret\n");
/* clang-format on */

static uint64_t self;

/* Suspends with the timer as the alarm; checks what it finds afterwards. */
static void suspend_until_timer(uint64_t eid, uint64_t fid, uint64_t type, bool ipi_pending)
{
	uint64_t begin = read_time();
	int64_t result;

	sbi_set_timer(begin + TICKS);
	csr_write(CSR_SIE, SIP_STIP);
	if (ipi_pending)
		sbi_send_ipi(self);
	result = suspend_call(eid, fid, type);
	csr_write(CSR_STVEC, (uint64_t)trap_vector);
	if (result == SBI_ERR_NOT_SUPPORTED) {
		csr_write(CSR_SIE, 0);
		sbi_set_timer(~0UL);
		test_skip("not supported here");
		return;
	}
	EXPECT_EQ((uint64_t)result, RESUMED);
	EXPECT(read_time() - begin >= TICKS);
	EXPECT_EQ(suspend_frame[14], self);
	EXPECT_EQ(suspend_frame[15], (uint64_t)suspend_frame);
	EXPECT_EQ(suspend_frame[16], 0);
	EXPECT_EQ(suspend_frame[17] & SSTATUS_SIE, 0);
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
}

static void test_hart_suspend(void)
{
	test_begin("a non-retentive suspend resumes at its address when the timer fires");
	suspend_until_timer(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_NON_RETENTIVE,
			    false);
	test_end();

	test_begin("an interrupt that is not enabled does not end a suspend, and stays pending");
	suspend_until_timer(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_NON_RETENTIVE,
			    true);
	EXPECT(csr_read(CSR_SIP) & SIP_SSIP);
	csr_clear(CSR_SIP, SIP_SSIP);
	test_end();

	test_begin("an interrupt that is pending already ends a suspend at once");
	csr_write(CSR_SIE, SIP_SSIP);
	sbi_send_ipi(self);
	EXPECT_EQ((uint64_t)suspend_call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND,
					 SBI_HSM_SUSPEND_NON_RETENTIVE), RESUMED);
	csr_write(CSR_STVEC, (uint64_t)trap_vector);
	csr_write(CSR_SIE, 0);
	csr_clear(CSR_SIP, SIP_SSIP);
	test_end();

	test_begin("a suspend to an address outside RAM is INVALID_ADDRESS");
	if (sbi_is_opensbi())
		return test_skip("OpenSBI 1.6 suspends, for ever");
	EXPECT(sbi_call(SBI_EXT_HSM, SBI_HSM_HART_SUSPEND, SBI_HSM_SUSPEND_NON_RETENTIVE, NOWHERE,
			0, 0, 0).error == SBI_ERR_INVALID_ADDRESS);
	test_end();
}

static void test_system_suspend(void)
{
	test_begin("a system suspend to RAM resumes at its address when the timer fires");
	if (sbi_probe(SBI_EXT_SUSP))
		suspend_until_timer(SBI_EXT_SUSP, SBI_SUSP_SYSTEM_SUSPEND, SBI_SUSP_TO_RAM, false);
	else
		test_skip("no SUSP extension");
	test_end();

	test_begin("a system suspend of a reserved type is INVALID_PARAM");
	if (sbi_probe(SBI_EXT_SUSP))
		EXPECT(sbi_call(SBI_EXT_SUSP, SBI_SUSP_SYSTEM_SUSPEND, 1, 0x80200000, 0, 0, 0)
			       .error == SBI_ERR_INVALID_PARAM);
	else
		test_skip("no SUSP extension");
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	self = hartid;
	test_hart_suspend();
	test_system_suspend();
}
