/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Goldfish real-time clock as a state machine. Pure. Android emulator documentation, "Goldfish
 * Virtual Hardware"; where it is silent, as QEMU's behaves.
 */
#include <goldfish/rtc.h>

#include "vdev/vrtc.h"

#define LOW_HALF	0xffffffffUL

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

void vrtc_ring(struct vrtc *rtc)
{
	uint64_t time = now(rtc);

	if (!rtc->alarm_set)
		return;
	if (time < rtc->alarm_ns) {
		rtc->io->wait(rtc->arg, rtc->alarm_ns - time);
		return;
	}
	rtc->io->cancel(rtc->arg);
	rtc->alarm_set = false;
	rtc->irq_pending = true;
	update_line(rtc);
}

static void alarm_clear(struct vrtc *rtc)
{
	rtc->io->cancel(rtc->arg);
	rtc->alarm_set = false;
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
	vrtc_ring(rtc);
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
		vrtc_ring(rtc);
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
