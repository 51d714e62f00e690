/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the clock, and each hart's one timer, shared by all who wait for a time there.
 * Privileged specification, "Sstc"; SBI specification, "Timer Extension".
 */
#include "drv/timer.h"

#include "boot/hart.h"
#include "boot/info.h"
#include "drv/sbi.h"
#include "priv/priv.h"
#include "priv/probe.h"
#include "proc/sched.h"

#define NS_PER_SECOND	1000000000UL

static bool timer_sstc;
static uint64_t timer_real_offset_ns;

static void timer_program(uint64_t ticks)
{
	hart_this->deadline_ticks = ticks;
	if (timer_sstc)
		priv_write_stimecmp(ticks);
	else
		sbi_set_timer(ticks);
}

void timer_init(void)
{
	uint64_t value;

	timer_sstc = info.isa_sstc && priv_probe_stimecmp(&value);
	timer_init_hart();
}

void timer_init_hart(void)
{
	timer_program(SCHED_FOREVER);
}

bool timer_has_sstc(void)
{
	return timer_sstc;
}

uint64_t timer_ns_to_ticks(uint64_t ns)
{
	return ns / NS_PER_SECOND * info.timebase +
	       ns % NS_PER_SECOND * info.timebase / NS_PER_SECOND;
}

uint64_t timer_ticks_to_ns(uint64_t ticks)
{
	return ticks / info.timebase * NS_PER_SECOND +
	       ticks % info.timebase * NS_PER_SECOND / info.timebase;
}

uint64_t timer_now_ns(void)
{
	return timer_ticks_to_ns(priv_time());
}

void timer_arm(uint64_t deadline_ticks)
{
	if (deadline_ticks < hart_this->deadline_ticks)
		timer_program(deadline_ticks);
}

uint64_t timer_real_ns(void)
{
	return timer_now_ns() + timer_real_offset_ns;
}

void timer_set_real(uint64_t ns)
{
	timer_real_offset_ns = ns - timer_now_ns();
}

void timer_add(struct timer *timer)
{
	struct list *pos;

	LIST_FOR_EACH (pos, &hart_this->timers)
		if (LIST_ENTRY(pos, struct timer, link)->deadline_ticks > timer->deadline_ticks)
			break;
	list_add_before(pos, &timer->link);
	timer_arm(timer->deadline_ticks);
}

void timer_remove(struct timer *timer)
{
	list_del(&timer->link);
}

/* Also stops the interrupt: it stays pending until the comparator is ahead of the clock. */
static void timer_program_next(void)
{
	struct list *timers = &hart_this->timers;
	uint64_t next = sched_deadline();

	if (!list_empty(timers)) {
		struct timer *first = LIST_ENTRY(timers->next, struct timer, link);

		next = first->deadline_ticks < next ? first->deadline_ticks : next;
	}
	timer_program(next);
}

void timer_interrupt(void)
{
	struct list *timers = &hart_this->timers;
	uint64_t now = priv_time();

	while (!list_empty(timers)) {
		struct timer *timer = LIST_ENTRY(timers->next, struct timer, link);

		if (timer->deadline_ticks > now)
			break;
		list_del(&timer->link);
		timer->expired(timer);
	}
	sched_tick(now);
	timer_program_next();
}

void timer_suspend(void)
{
	timer_program(SCHED_FOREVER);
}

void timer_resume(void)
{
	timer_program_next();
}
