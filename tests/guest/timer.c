/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer interrupts and WFI. SBI 3.0, "Timer Extension"; privileged specification, "Wait for
 * Interrupt".
 */
#include "guest.h"

#define TICKS_PER_MS	10000UL		/* QEMU's virt machine: 10 MHz */
#define PATIENCE	(60000 * TICKS_PER_MS)

static volatile uint64_t timer_count, timer_late;
static volatile uint64_t timer_deadline;

/* The handler of a periodic timer. */
static bool on_timer(struct trap_frame *frame)
{
	if (frame->scause != (SCAUSE_INTERRUPT | IRQ_S_TIMER))
		return false;
	timer_count++;
	if (read_time() < timer_deadline)
		timer_late++;
	timer_deadline = read_time() + TICKS_PER_MS;
	sbi_set_timer(timer_deadline);
	return true;
}

static void test_not_early(void)
{
	uint64_t deadline;

	test_begin("a timer interrupt comes at its time and not before");
	csr_write(CSR_SIE, SIP_STIP);
	deadline = read_time() + 5 * TICKS_PER_MS;
	sbi_set_timer(deadline);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		while (read_time() < deadline + PATIENCE)
			;
	});
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_TIMER);
	EXPECT(read_time() >= deadline);
	EXPECT(trap_last.sepc >= 0x80200000 && trap_last.sepc < 0x80400000);
	sbi_set_timer(~0UL);
	test_end();
}

static void test_masked(void)
{
	uint64_t end;

	test_begin("a timer interrupt is not taken while sie.STIE = 0 or sstatus.SIE = 0");
	sbi_set_timer(0);
	csr_write(CSR_SIE, 0);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		for (end = read_time() + TICKS_PER_MS; read_time() < end;)
			;
		csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	});
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	csr_write(CSR_SIE, SIP_STIP);
	TRAP({
		for (end = read_time() + TICKS_PER_MS; read_time() < end;)
			;
	});
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	test_end();

	test_begin("writing sip does not clear STIP: only set_timer does");
	csr_clear(CSR_SIP, SIP_STIP);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		for (end = read_time() + PATIENCE; read_time() < end;)
			;
	});
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_TIMER);
	sbi_set_timer(~0UL);
	test_end();
}

static void test_wfi(void)
{
	uint64_t start, waited;

	test_begin("WFI with sstatus.SIE = 0 wakes for an enabled timer without taking a trap");
	csr_write(CSR_SIE, SIP_STIP);
	start = read_time();
	sbi_set_timer(start + 20 * TICKS_PER_MS);
	TRAP({
		while (read_time() < start + 20 * TICKS_PER_MS)
			__asm__ volatile("wfi");
	});
	waited = read_time() - start;
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	EXPECT(waited >= 20 * TICKS_PER_MS);
	test_end();

	test_begin("WFI completes at once while an enabled interrupt is pending");
	TRAP({
		for (int i = 0; i < 100; i++)
			__asm__ volatile("wfi");
	});
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	sbi_set_timer(~0UL);
	test_end();

	test_begin("WFI with sstatus.SIE = 1 takes the interrupt with sepc behind it");
	csr_write(CSR_SIE, SIP_STIP);
	sbi_set_timer(read_time() + 2 * TICKS_PER_MS);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		for (;;)
			__asm__ volatile("wfi");
	});
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_TIMER);
	sbi_set_timer(~0UL);
	test_end();

	test_begin("WFI wakes for a software interrupt that is pending and enabled");
	csr_write(CSR_SIE, SIP_SSIP);
	csr_set(CSR_SIP, SIP_SSIP);
	__asm__ volatile("wfi");
	csr_clear(CSR_SIP, SIP_SSIP);
	test_end();
}

static void test_periodic(void)
{
	uint64_t end = read_time() + PATIENCE;

	test_begin("a periodic timer interrupts a loop again and again, never early");
	trap_hook = on_timer;
	timer_deadline = read_time() + TICKS_PER_MS;
	sbi_set_timer(timer_deadline);
	csr_write(CSR_SIE, SIP_STIP);
	csr_set(CSR_SSTATUS, SSTATUS_SIE);
	while (read_time() < end && timer_count < 20)
		;
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	trap_hook = NULL;
	sbi_set_timer(~0UL);
	EXPECT(timer_count >= 5);
	EXPECT_EQ(timer_late, 0);
	test_end();
}

static void test_sstc(void)
{
	test_begin("stimecmp is a CSR that raises the timer interrupt, or an illegal instruction");
	TRAP(csr_write(CSR_STIMECMP, ~0UL));
	if (trap_last.scause == EXC_ILLEGAL_INST) {
		test_end();
		return;
	}
	EXPECT_EQ(trap_last.scause, NO_TRAP);
	csr_write(CSR_SIE, SIP_STIP);
	csr_write(CSR_STIMECMP, read_time() + TICKS_PER_MS);
	TRAP({
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		for (;;)
			__asm__ volatile("wfi");
	});
	EXPECT_EQ(trap_last.scause, SCAUSE_INTERRUPT | IRQ_S_TIMER);
	csr_write(CSR_STIMECMP, ~0UL);
	EXPECT_EQ(csr_read(CSR_STIMECMP), ~0UL);
	test_end();
}

static void test_time(void)
{
	uint64_t last = read_time();
	bool monotonic = true;

	test_begin("the time CSR never goes backwards, across calls and traps");
	for (int i = 0; i < 2000; i++) {
		uint64_t now = read_time();

		monotonic = monotonic && now >= last;
		last = now;
		if (i % 100 == 0)
			sbi_set_timer(~0UL);
	}
	EXPECT(monotonic);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	test_time();
	test_not_early();
	test_masked();
	test_wfi();
	test_periodic();
	test_sstc();
	csr_write(CSR_SIE, 0);
}
