/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters that a vCPU has by SBI PMU: what each one counts. vsbi/pmu.c works them.
 * RISC-V Supervisor Binary Interface Specification, "Performance Monitoring Unit Extension".
 */
#ifndef VM_VPMU_H
#define VM_VPMU_H

#include "lib/types.h"

/*
 * Counters 0 and 2 are cycle and instret, numbered like their CSRs, as Linux wants them. The others
 * are the firmware's: more than there are events of ours, so that each can be counted at once.
 */
#define VPMU_COUNTERS		22
#define VPMU_CYCLE		0
#define VPMU_INSTRET		2

/* What a hardware counter counts: clocks of the vCPU's own, which stand while it does not run. */
enum vpmu_clock {
	VPMU_CYCLES,
	VPMU_INSTRUCTIONS,
	VPMU_CLOCKS
};

struct vpmu_counter {
	bool configured, started;
	uint32_t event;			/* SBI's event_idx */
	/* Stopped: its value. Started: its value less the event's own count, mod 2^64. */
	uint64_t value;
};

struct vpmu {
	struct vpmu_counter counters[VPMU_COUNTERS];
	bool snapshot;			/* the guest gave memory for snapshots: */
	uint64_t snapshot_gpa;
	uint64_t counteren;		/* hcounteren */
	unsigned clock_users;		/* started counters that need the clocks; 0: they stand */
	bool clocks_run;
	/* The vCPU's cycles and instructions; while they run, less the hart's own, modulo 2^64. */
	uint64_t clocks[VPMU_CLOCKS];
};

/*
 * The clocks run on this hart, whose counters they follow, from here on; they stand. For a vCPU
 * that its hart begins or ceases to run, and when it starts its first counter or stops its last.
 */
void vpmu_resume(struct vpmu *pmu);
void vpmu_pause(struct vpmu *pmu);
/* How far the clock of a vCPU that runs on this hart is. */
uint64_t vpmu_clock(const struct vpmu *pmu, enum vpmu_clock which);
/* Which counters the vCPU that runs on this hart may read without us. */
void vpmu_set_counteren(struct vpmu *pmu, uint64_t counteren);

#endif
