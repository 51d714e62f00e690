/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call at a time, for a device that has to do something then.
 */
#include "vm/valarm.h"

#include "hart/hart.h"

void valarm_init(struct valarm *alarm, void (*ring)(struct valarm *alarm))
{
	*alarm = (struct valarm){ .ring = ring };
	alarm->node.kind = TIMERQ_ALARM;
}

static void set_on(struct hart *hart, struct valarm *alarm, uint64_t deadline_ticks)
{
	spin_lock(&hart->lock);
	timerq_insert(&hart->timers, &alarm->node, deadline_ticks);
	if (hart == this_hart() && deadline_ticks < hart->timer_programmed)
		hart_timer_program(deadline_ticks);
	spin_unlock(&hart->lock);
	/* It programs its timer anew before it runs or sleeps on. */
	if (hart != this_hart())
		hart_kick(hart);
}

void valarm_set(struct valarm *alarm, uint64_t deadline_ticks)
{
	set_on(&hart_boot, alarm, deadline_ticks);
}

void valarm_set_in(struct valarm *alarm, uint64_t ticks)
{
	valarm_set(alarm, time_now() + ticks);
}

void valarm_cancel(struct valarm *alarm)
{
	spin_lock(&hart_boot.lock);
	timerq_remove(&alarm->node);
	spin_unlock(&hart_boot.lock);
}

void valarm_fini(struct valarm *alarm)
{
	spin_lock(&hart_boot.lock);
	while (alarm->ringing) {
		spin_unlock(&hart_boot.lock);
		spin_relax();
		spin_lock(&hart_boot.lock);
	}
	/* Only now, as ring() may have set it once more. */
	timerq_remove(&alarm->node);
	spin_unlock(&hart_boot.lock);
}

/* ---- Tours ---- */

/* To the next hart, which may be done with it before this returns. */
static void travel(struct valarm *alarm)
{
	while (alarm->next < hart_count) {
		struct hart *hart = harts[alarm->next++];

		if (hart->online) {
			set_on(hart, alarm, time_now());
			return;
		}
	}
	alarm->ring(alarm);
}

void valarm_tour(struct valarm *alarm, void (*ring)(struct valarm *alarm))
{
	valarm_init(alarm, ring);
	travel(alarm);
}

void valarm_expire(struct valarm *alarm)
{
	if (alarm->next != 0) {
		travel(alarm);
		return;
	}
	alarm->ring(alarm);
	spin_lock(&hart_boot.lock);
	alarm->ringing = false;
	spin_unlock(&hart_boot.lock);
}
