/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the clock, and each hart's one timer, shared by all who wait for a time there.
 * Privileged specification, "Sstc"; SBI specification, "Timer Extension".
 */
#ifndef DRV_TIMER_H
#define DRV_TIMER_H

#include "lib/list.h"

struct timer {
	struct list link;
	uint64_t deadline_ticks;
	void (*expired)(struct timer *timer);	/* with interrupts off, already removed */
	void *context;
};

void timer_init(void);
/* The timer of another hart. */
void timer_init_hart(void);
uint64_t timer_ns_to_ticks(uint64_t ns);
uint64_t timer_ticks_to_ns(uint64_t ticks);
/* Since boot. */
uint64_t timer_now_ns(void);
/* Since 1970, as far as somebody has said what time it is; else since boot. */
uint64_t timer_real_ns(void);
void timer_set_real(uint64_t ns);
/* Whether the Sstc extension is used. */
bool timer_has_sstc(void);
void timer_add(struct timer *timer);
/* Harmless if it was not added or has expired. */
void timer_remove(struct timer *timer);
/* An interrupt no later than this; nothing happens if one comes earlier anyway. */
void timer_arm(uint64_t deadline_ticks);
/* The timer interrupt. */
void timer_interrupt(void);
/* No interrupt at all, for the kernel's benchmarks; timer_resume() puts the next one back. */
void timer_suspend(void);
void timer_resume(void);

#endif
