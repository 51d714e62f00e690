/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How busy the machine is: processes, time, load averages.
 * Linux man-pages, proc_loadavg(5), sysinfo(2).
 */
#ifndef PROC_LOAD_H
#define PROC_LOAD_H

#include "lib/types.h"

#define LOAD_SHIFT	16	/* of a fixed-point load, as sysinfo(2) has them */

struct load_count {
	unsigned int running, all;
	int last_pid;
};

/* Processes made since boot, and the time that those which are gone have had. */
extern uint64_t load_forks, load_gone_ticks;

void load_count(struct load_count *count);
/* Time that processes have had, all harts together. */
uint64_t load_busy_ticks(void);
/*
 * Over 1, 5 and 15 minutes. Nothing samples while nobody asks (a machine that sleeps is not woken
 * for it): each call takes what was used since the last one as its sample.
 */
void load_average(uint64_t loads[3]);
size_t load_hart_count(void);
uint64_t load_hart_id(size_t index);

#endif
