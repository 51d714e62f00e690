/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-time clock: it goes on, can be set, and interrupts at its alarm. In a VM:
 * `make run VM=guest-rtc`. Android emulator documentation, "Goldfish Virtual Hardware".
 */
#include <goldfish/rtc.h>

#include "guest.h"

/* The machine of dts/guest-rtc.dts, which is QEMU's. */
#define RTC		0x101000UL
#define SOURCE		11U
#define PLIC		0x0c000000UL
#define PLIC_ENABLE	0x2080UL	/* of context 1, the first hart's S-mode */
#define PLIC_THRESHOLD	0x201000UL
#define PLIC_CLAIM	0x201004UL

#define MS		1000000UL	/* in nanoseconds */
#define MS_TICKS	10000UL		/* of QEMU's time CSR */
#define YEAR_2033	2000000000UL	/* seconds */

static volatile uint32_t *plic(uint64_t offset)
{
	return (volatile uint32_t *)(PLIC + offset);
}

static volatile uint32_t *rtc(uint64_t offset)
{
	return (volatile uint32_t *)(RTC + offset);
}

static uint64_t now(void)
{
	uint64_t low = *rtc(GOLDFISH_RTC_TIME_LOW);

	return (uint64_t)*rtc(GOLDFISH_RTC_TIME_HIGH) << 32 | low;
}

static void set(uint64_t low, uint64_t high, uint64_t ns)
{
	*rtc(high) = (uint32_t)(ns >> 32);
	*rtc(low) = (uint32_t)ns;
}

static void clock_set(uint64_t ns)
{
	set(GOLDFISH_RTC_TIME_LOW, GOLDFISH_RTC_TIME_HIGH, ns);
}

static void alarm_set(uint64_t ns)
{
	set(GOLDFISH_RTC_ALARM_LOW, GOLDFISH_RTC_ALARM_HIGH, ns);
}

/* By taking the interrupt: QEMU 7.2 does not show SEIP in a guest's sip. */
static bool irq_is_pending(void)
{
	csr_write(CSR_SIE, SIP_SEIP);
	TRAP(csr_set(CSR_SSTATUS, SSTATUS_SIE));
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	return trap_last.scause == (SCAUSE_INTERRUPT | IRQ_S_EXT);
}

/* Asleep, if need be for ever: then the run's deadline ends it. */
static void wait_for_irq(void)
{
	while (!irq_is_pending())
		__asm__ volatile("wfi");
}

static void pass(uint64_t ticks)
{
	for (uint64_t begin = read_time(); read_time() - begin < ticks;)
		;
}

/* Claim, take the interrupt back, complete. */
static void serve(void)
{
	EXPECT_EQ(*plic(PLIC_CLAIM), SOURCE);
	*rtc(GOLDFISH_RTC_CLEAR_INTERRUPT) = 1;
	*plic(PLIC_CLAIM) = SOURCE;
	EXPECT(!irq_is_pending());
}

static void test_clock(void)
{
	uint64_t before, after;

	test_begin("the clock goes on, and from where it is set");
	before = now();
	pass(2 * MS_TICKS);
	after = now();
	EXPECT(after - before >= MS);
	clock_set(YEAR_2033 * 1000 * MS);
	EXPECT(now() / MS / 1000 - YEAR_2033 < 3600);
	pass(2 * MS_TICKS);
	EXPECT(now() > YEAR_2033 * 1000 * MS);
	clock_set(after);
	test_end();
}

static void test_alarm(void)
{
	uint64_t at;

	test_begin("an alarm interrupts at its time, not before, and wakes a hart that waits");
	*rtc(GOLDFISH_RTC_IRQ_ENABLED) = 1;
	at = now() + 20 * MS;
	alarm_set(at);
	EXPECT(!irq_is_pending() || now() >= at);
	wait_for_irq();
	EXPECT(now() >= at);
	EXPECT_EQ(*rtc(GOLDFISH_RTC_ALARM_STATUS), 0);
	EXPECT_EQ((uint64_t)*rtc(GOLDFISH_RTC_ALARM_HIGH) << 32 | *rtc(GOLDFISH_RTC_ALARM_LOW), at);
	serve();
	test_end();
}

static void test_past(void)
{
	test_begin("an alarm for a time that has passed interrupts at once");
	alarm_set(now() - MS);
	wait_for_irq();
	serve();
	test_end();
}

static void test_cleared(void)
{
	uint64_t at;
	bool in_time;

	test_begin("an alarm that is cleared, or whose interrupt is off, does not interrupt");
	alarm_set(now() + 1000 * 1000 * MS);
	EXPECT_EQ(*rtc(GOLDFISH_RTC_ALARM_STATUS), 1);
	*rtc(GOLDFISH_RTC_CLEAR_ALARM) = 1;
	EXPECT_EQ(*rtc(GOLDFISH_RTC_ALARM_STATUS), 0);
	/* One that would come soon. Where it was too late to clear it, once more. */
	do {
		at = now() + 2 * MS;
		alarm_set(at);
		*rtc(GOLDFISH_RTC_CLEAR_ALARM) = 1;
		in_time = now() < at;
		pass(5 * MS_TICKS);
		if (in_time)
			EXPECT(!irq_is_pending());
		else if (irq_is_pending())
			serve();
	} while (!in_time);
	*rtc(GOLDFISH_RTC_IRQ_ENABLED) = 0;
	alarm_set(now() + MS);
	pass(4 * MS_TICKS);
	EXPECT(!irq_is_pending());
	*rtc(GOLDFISH_RTC_CLEAR_INTERRUPT) = 1;
	*rtc(GOLDFISH_RTC_IRQ_ENABLED) = 1;
	EXPECT(!irq_is_pending());
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	*plic(PLIC_THRESHOLD) = 0;
	*plic(SOURCE * 4) = 1;
	*plic(PLIC_ENABLE) = 1U << SOURCE;
	test_clock();
	test_alarm();
	test_past();
	test_cleared();
	test_finish();
}
