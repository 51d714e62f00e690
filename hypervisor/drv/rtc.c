/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's real-time clock, a Goldfish RTC: what time it is outside.
 * Android emulator documentation, "Goldfish Virtual Hardware".
 */
#include <goldfish/rtc.h>

#include "drv/rtc.h"
#include "lib/lock.h"

static volatile uint8_t *rtc_base;	/* device registers */
static struct spinlock rtc_lock;	/* the upper half is that of the lower one read last */

void rtc_init(void *base)
{
	spin_init(&rtc_lock);
	rtc_base = base;
}

bool rtc_is_there(void)
{
	return rtc_base != NULL;
}

static uint32_t rtc_reg(uint64_t offset)
{
	return *(volatile uint32_t *)(rtc_base + offset);
}

uint64_t rtc_now_ns(void)
{
	uint64_t low, high;

	if (rtc_base == NULL)
		return 0;
	spin_lock_io(&rtc_lock);
	/* Reading the low half latches the high one. */
	low = rtc_reg(GOLDFISH_RTC_TIME_LOW);
	__asm__ volatile("fence i, i" : : : "memory");
	high = rtc_reg(GOLDFISH_RTC_TIME_HIGH);
	spin_unlock_io(&rtc_lock);
	return high << 32 | low;
}
