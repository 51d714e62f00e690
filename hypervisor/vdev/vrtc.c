/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Goldfish real-time clock as a state machine. Pure. Android emulator documentation, "Goldfish
 * Virtual Hardware"; where it is silent, as QEMU's behaves.
 */
#include <goldfish/rtc.h>

#include "vdev/vrtc.h"

#define LOW_HALF	0xffffffffUL
#define SOON_NS		1000000UL

void vrtc_init(struct vrtc *rtc, const struct vrtc_io *io, void *arg)
{
	*rtc = (struct vrtc){ .io = io, .arg = arg };
}

static uint64_t now(const struct vrtc *rtc)
{
	return rtc->io->now_ns(rtc->arg) + rtc->offset_ns;
}

static void update_line(struct vrtc *rtc)
{
	bool level = rtc->irq_enabled && rtc->irq_pending;

	if (level == rtc->level)
		return;
	rtc->level = level;
	rtc->io->interrupt(rtc->arg, level);
}

/*
 * The guest has changed something. The host's timer is another VM's time: it is set once in SOON_NS
 * whatever the guest does, and waits for what is left then.
 */
static void wait(struct vrtc *rtc, uint64_t ns)
{
	if (rtc->rings_soon)
		return;
	rtc->rings_soon = true;
	rtc->io->wait(rtc->arg, MIN(ns, SOON_NS));
}

/* One that rings soon finds that there is nothing to ring for. */
static void alarm_clear(struct vrtc *rtc)
{
	if (!rtc->rings_soon)
		rtc->io->cancel(rtc->arg);
	rtc->alarm_set = false;
}

/* Return: nanoseconds until the alarm; 0: there is none any more. */
static uint64_t look(struct vrtc *rtc)
{
	uint64_t time = now(rtc);

	if (!rtc->alarm_set)
		return 0;
	if (time < rtc->alarm_ns)
		return rtc->alarm_ns - time;
	alarm_clear(rtc);
	rtc->irq_pending = true;
	update_line(rtc);
	return 0;
}

void vrtc_ring(struct vrtc *rtc)
{
	uint64_t left;

	rtc->rings_soon = false;
	left = look(rtc);
	if (left > 0)
		rtc->io->wait(rtc->arg, left);
}

static void look_and_wait(struct vrtc *rtc)
{
	uint64_t left = look(rtc);

	if (left > 0)
		wait(rtc, left);
}

void vrtc_reset(struct vrtc *rtc)
{
	alarm_clear(rtc);
	rtc->alarm_ns = 0;
	rtc->time_high = 0;
	rtc->irq_enabled = rtc->irq_pending = false;
	update_line(rtc);
}

uint32_t vrtc_read(struct vrtc *rtc, uint64_t offset)
{
	uint64_t time;

	switch (offset) {
	case GOLDFISH_RTC_TIME_LOW:
		time = now(rtc);
		rtc->time_high = (uint32_t)(time >> 32);
		return (uint32_t)time;
	case GOLDFISH_RTC_TIME_HIGH:
		return rtc->time_high;
	case GOLDFISH_RTC_ALARM_LOW:
		return (uint32_t)rtc->alarm_ns;
	case GOLDFISH_RTC_ALARM_HIGH:
		return (uint32_t)(rtc->alarm_ns >> 32);
	case GOLDFISH_RTC_IRQ_ENABLED:
		return rtc->irq_enabled;
	case GOLDFISH_RTC_ALARM_STATUS:
		return rtc->alarm_set;
	default:
		return 0;
	}
}

static uint64_t with_low(uint64_t word, uint32_t low)
{
	return (word & ~LOW_HALF) | low;
}

static uint64_t with_high(uint64_t word, uint32_t high)
{
	return (word & LOW_HALF) | (uint64_t)high << 32;
}

/* The alarm stands at a time, not at a distance: it may be due now, or later than before. */
static void clock_set(struct vrtc *rtc, uint64_t before, uint64_t after)
{
	rtc->offset_ns += after - before;
	look_and_wait(rtc);
}

void vrtc_write(struct vrtc *rtc, uint64_t offset, uint32_t value)
{
	uint64_t time;

	switch (offset) {
	case GOLDFISH_RTC_TIME_LOW:
		time = now(rtc);
		clock_set(rtc, time, with_low(time, value));
		break;
	case GOLDFISH_RTC_TIME_HIGH:
		time = now(rtc);
		clock_set(rtc, time, with_high(time, value));
		break;
	case GOLDFISH_RTC_ALARM_LOW:
		rtc->alarm_ns = with_low(rtc->alarm_ns, value);
		rtc->alarm_set = true;
		look_and_wait(rtc);
		break;
	case GOLDFISH_RTC_ALARM_HIGH:
		rtc->alarm_ns = with_high(rtc->alarm_ns, value);
		break;
	case GOLDFISH_RTC_IRQ_ENABLED:
		rtc->irq_enabled = value & 1;
		update_line(rtc);
		break;
	case GOLDFISH_RTC_CLEAR_ALARM:
		alarm_clear(rtc);
		break;
	case GOLDFISH_RTC_CLEAR_INTERRUPT:
		rtc->irq_pending = false;
		update_line(rtc);
		break;
	default:
		break;
	}
}
