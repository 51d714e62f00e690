/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual Goldfish real-time clock.
 * SOURCES: hypervisor/vdev/vrtc.c
 */
#include <goldfish/rtc.h>

#include "test.h"
#include "vdev/vrtc.h"

static struct vrtc rtc;
static uint64_t host_ns, wait_until;	/* UINT64_MAX: nobody waits */
static unsigned waits;
static bool level;

static uint64_t host_now(void *arg)
{
	CHECK(arg == &rtc);
	return host_ns;
}

static void host_wait(void *arg, uint64_t ns)
{
	CHECK(arg == &rtc && ns > 0);
	wait_until = host_ns + ns;
	waits++;
}

static void host_cancel(void *arg)
{
	CHECK(arg == &rtc);
	wait_until = UINT64_MAX;
}

static void host_interrupt(void *arg, bool high)
{
	CHECK(arg == &rtc && high != level);
	level = high;
}

static const struct vrtc_io io = { host_now, host_wait, host_cancel, host_interrupt };

static void start(uint64_t ns)
{
	host_ns = ns;
	wait_until = UINT64_MAX;
	level = false;
	vrtc_init(&rtc, &io, &rtc);
}

static uint64_t guest_now(void)
{
	uint64_t low = vrtc_read(&rtc, GOLDFISH_RTC_TIME_LOW);

	return (uint64_t)vrtc_read(&rtc, GOLDFISH_RTC_TIME_HIGH) << 32 | low;
}

static void write_both(uint64_t low, uint64_t high, uint64_t ns)
{
	vrtc_write(&rtc, high, (uint32_t)(ns >> 32));
	vrtc_write(&rtc, low, (uint32_t)ns);
}

static void set_alarm(uint64_t ns)
{
	write_both(GOLDFISH_RTC_ALARM_LOW, GOLDFISH_RTC_ALARM_HIGH, ns);
}

static void pass_to(uint64_t ns)
{
	host_ns = ns;
	if (wait_until <= host_ns) {
		wait_until = UINT64_MAX;
		vrtc_ring(&rtc);
	}
}

TEST("the upper half is of the moment at which the lower one was read")
{
	start(0x1ffffffffUL);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_TIME_LOW), 0xffffffffU);
	host_ns++;
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_TIME_HIGH), 1);
	CHECK_EQ(guest_now(), 0x200000000UL);
}

TEST("a clock that is set goes on from there, over a reset, too")
{
	start(1000);
	write_both(GOLDFISH_RTC_TIME_LOW, GOLDFISH_RTC_TIME_HIGH, 0x123456789aUL);
	CHECK_EQ(guest_now(), 0x123456789aUL);
	host_ns += 5;
	vrtc_reset(&rtc);
	CHECK_EQ(guest_now(), 0x123456789fUL);
	write_both(GOLDFISH_RTC_TIME_LOW, GOLDFISH_RTC_TIME_HIGH, 7);
	host_ns += 5;
	CHECK_EQ(guest_now(), 12);
}

TEST("an alarm comes at its time and not before, if its interrupt is enabled")
{
	start(100);
	vrtc_write(&rtc, GOLDFISH_RTC_IRQ_ENABLED, 1);
	set_alarm(0x300000000UL);
	pass_to(wait_until);
	CHECK_EQ(wait_until, 0x300000000UL);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_ALARM_STATUS), 1);
	pass_to(0x2ffffffffUL);
	CHECK(!level);
	pass_to(0x300000000UL);
	CHECK(level);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_ALARM_STATUS), 0);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_ALARM_LOW), 0);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_ALARM_HIGH), 3);
	vrtc_write(&rtc, GOLDFISH_RTC_IRQ_ENABLED, 0);
	CHECK(!level);
	vrtc_write(&rtc, GOLDFISH_RTC_IRQ_ENABLED, 1);
	CHECK(level);
	vrtc_write(&rtc, GOLDFISH_RTC_CLEAR_INTERRUPT, 1);
	CHECK(!level);
}

TEST("a wait that ends too early begins anew, and one without an alarm is nothing")
{
	start(100);
	vrtc_write(&rtc, GOLDFISH_RTC_IRQ_ENABLED, 1);
	vrtc_ring(&rtc);
	CHECK(!level);
	set_alarm(1000);
	host_ns = 400;
	vrtc_ring(&rtc);
	CHECK(!level);
	CHECK_EQ(wait_until, 1000);
	vrtc_write(&rtc, GOLDFISH_RTC_CLEAR_ALARM, 1);
	CHECK_EQ(wait_until, UINT64_MAX);
	host_ns = 2000;
	vrtc_ring(&rtc);
	CHECK(!level);
}

TEST("an alarm in the past, or that a set clock passes, comes at once")
{
	start(5000);
	vrtc_write(&rtc, GOLDFISH_RTC_IRQ_ENABLED, 1);
	set_alarm(5000);
	CHECK(level);
	vrtc_write(&rtc, GOLDFISH_RTC_CLEAR_INTERRUPT, 1);
	set_alarm(9000);
	CHECK(!level);
	vrtc_write(&rtc, GOLDFISH_RTC_TIME_LOW, 9001);
	CHECK(level);
	vrtc_write(&rtc, GOLDFISH_RTC_CLEAR_INTERRUPT, 1);
	pass_to(wait_until);
	CHECK(!level);
	CHECK_EQ(wait_until, UINT64_MAX);
}

TEST("a clock that is set back has its alarm wait longer")
{
	start(5000);
	set_alarm(9000);
	vrtc_write(&rtc, GOLDFISH_RTC_TIME_LOW, 1000);
	pass_to(wait_until);
	CHECK_EQ(wait_until, 5000 + 8000);
}

TEST("a reset takes alarm and interrupt away")
{
	start(5000);
	vrtc_write(&rtc, GOLDFISH_RTC_IRQ_ENABLED, 1);
	set_alarm(0);
	CHECK(level);
	set_alarm(9000);
	vrtc_reset(&rtc);
	CHECK(!level);
	pass_to(wait_until);
	CHECK(!level);
	CHECK_EQ(wait_until, UINT64_MAX);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_ALARM_STATUS), 0);
	CHECK_EQ(vrtc_read(&rtc, GOLDFISH_RTC_IRQ_ENABLED), 0);
}

TEST("whatever a guest does with its alarm, the host's timer is set once a millisecond by it")
{
	start(0);
	waits = 0;
	for (unsigned i = 1; i <= 10000; i++) {
		host_ns += 200;
		set_alarm(host_ns + 1000000000UL - 300 * i);
		if (i % 3 == 0)
			vrtc_write(&rtc, GOLDFISH_RTC_CLEAR_ALARM, 1);
		if (i % 7 == 0)
			vrtc_write(&rtc, GOLDFISH_RTC_TIME_LOW, 0);
		if (wait_until <= host_ns)
			pass_to(host_ns);
	}
	/* In two milliseconds; and each that rang waits for the rest, on its own hart. */
	CHECK(waits <= 5);
}

TEST("any register may be read and written with anything")
{
	uint64_t seed = 1;

	start(UINT64_MAX - 1000);
	for (unsigned i = 0; i < 100000; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		vrtc_write(&rtc, (seed >> 33) % 0x40, (uint32_t)(seed >> 20));
		vrtc_read(&rtc, (seed >> 40) % 0x40);
		host_ns += seed >> 50;
		if (wait_until <= host_ns)
			pass_to(host_ns);
		CHECK(!rtc.alarm_set || wait_until != UINT64_MAX);
	}
}
