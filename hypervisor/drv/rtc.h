/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's real-time clock, a Goldfish RTC: what time it is outside.
 * Android emulator documentation, "Goldfish Virtual Hardware".
 */
#ifndef DRV_RTC_H
#define DRV_RTC_H

#include "lib/types.h"

/* Its registers are mapped at base. Called once, by boot, before another hart runs. */
void rtc_init(void *base);

/* Whether there is one. */
bool rtc_is_there(void);

/* Nanoseconds since 1970; 0 without a clock. Any hart; takes a lock of its own, which is a leaf. */
uint64_t rtc_now_ns(void);

#endif
