/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How busy the machine is.
 * Linux man-pages, proc_loadavg(5).
 */
#include "proc/load.h"

#include "drv/timer.h"
#include "priv/priv.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/thread.h"

/* A step of 5 seconds, at most as many as make all three averages forget the past. */
#define LOAD_STEP_NS	5000000000UL
#define LOAD_STEPS_MAX	1024U

uint64_t load_forks, load_gone_ticks;

void load_count(struct load_count *count)
{
	struct list *pos;

	*count = (struct load_count){ 0 };
	LIST_FOR_EACH (pos, &proc_all) {
		struct proc *leader = LIST_ENTRY(pos, struct proc, all_link), *thread;

		THREAD_FOR_EACH (thread, leader) {
			count->all++;
			count->running += thread->state == PROC_RUNNABLE;
			count->last_pid = MAX(count->last_pid, thread->pid);
		}
	}
}

uint64_t load_busy_ticks(void)
{
	uint64_t ticks = load_gone_ticks;
	struct list *pos;

	/* What the current process has had since it got the hart is charged first. */
	sched_cpu_ticks();
	LIST_FOR_EACH (pos, &proc_all)
		ticks += thread_ticks(LIST_ENTRY(pos, struct proc, all_link));
	return ticks;
}

void load_average(uint64_t loads[3])
{
	/* exp(-5/60), exp(-5/300), exp(-5/900) in units of 1/65536. */
	static const uint64_t decay[3] = { 60296, 64453, 65173 };
	static uint64_t average[3], last_ns, last_busy;
	uint64_t now = timer_now_ns(), busy = load_busy_ticks();
	uint64_t steps = (now - last_ns) / LOAD_STEP_NS, sample;

	if (steps) {
		sample = (timer_ticks_to_ns(busy - last_busy) << LOAD_SHIFT) / (now - last_ns);
		for (uint64_t step = 0; step < MIN(steps, LOAD_STEPS_MAX); step++)
			for (size_t i = 0; i < 3; i++)
				average[i] = (average[i] * decay[i] +
					      sample * ((1UL << LOAD_SHIFT) - decay[i])) >>
					     LOAD_SHIFT;
		last_ns = now;
		last_busy = busy;
	}
	for (size_t i = 0; i < 3; i++)
		loads[i] = average[i];
}

size_t load_hart_count(void)
{
	return hart_count;
}

uint64_t load_hart_id(size_t index)
{
	return hart_all[index]->id;
}
