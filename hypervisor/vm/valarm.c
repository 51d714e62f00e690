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

void valarm_set(struct valarm *alarm, uint64_t deadline_ticks)
{
	struct hart *hart = &hart_boot;

	spin_lock(&hart->lock);
	timerq_insert(&hart->timers, &alarm->node, deadline_ticks);
	if (hart == this_hart() && deadline_ticks < hart->timer_programmed)
		hart_timer_program(deadline_ticks);
	spin_unlock(&hart->lock);
	/* It programs its timer anew before it runs or sleeps on. */
	if (hart != this_hart())
		hart_kick(hart);
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

void valarm_expire(struct valarm *alarm)
{
	alarm->ring(alarm);
	spin_lock(&hart_boot.lock);
	alarm->ringing = false;
	spin_unlock(&hart_boot.lock);
}
