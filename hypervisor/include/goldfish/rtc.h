/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of the Goldfish real-time clock, which QEMU's virt machine has. All have 32 bits; times
 * are nanoseconds since 1970. Android emulator documentation, "Goldfish Virtual Hardware", IX.
 */
#ifndef GOLDFISH_RTC_H
#define GOLDFISH_RTC_H

#define GOLDFISH_RTC_TIME_LOW		0x00	/* reading it keeps the upper half for TIME_HIGH */
#define GOLDFISH_RTC_TIME_HIGH		0x04
#define GOLDFISH_RTC_ALARM_LOW		0x08	/* writing it sets the alarm */
#define GOLDFISH_RTC_ALARM_HIGH		0x0c
#define GOLDFISH_RTC_IRQ_ENABLED	0x10
#define GOLDFISH_RTC_CLEAR_ALARM	0x14
#define GOLDFISH_RTC_ALARM_STATUS	0x18	/* 1: an alarm is set and has not come */
#define GOLDFISH_RTC_CLEAR_INTERRUPT	0x1c
#define GOLDFISH_RTC_BYTES		0x20

#endif
