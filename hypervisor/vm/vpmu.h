/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters that a vCPU has by SBI PMU: what each one counts. vsbi/pmu.c works them.
 * RISC-V Supervisor Binary Interface Specification, "Performance Monitoring Unit Extension".
 */
#ifndef VM_VPMU_H
#define VM_VPMU_H

#include "lib/types.h"

/* More than there are events of ours, so that each can be counted at once. */
#define VPMU_COUNTERS		16

struct vpmu_counter {
	bool configured, started;
	uint32_t event;			/* SBI's event_idx */
	/* Stopped: its value. Started: its value less the event's own count, modulo 2^64. */
	uint64_t value;
};

struct vpmu {
	struct vpmu_counter counters[VPMU_COUNTERS];
	bool snapshot;			/* the guest gave memory for snapshots: */
	uint64_t snapshot_gpa;
};

#endif
