/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events that a guest's SBI PMU counters count: those of firmware come out of the vCPU's
 * statistics. Pure. RISC-V Supervisor Binary Interface Specification, PMU, "Event: ...".
 */
#ifndef VSBI_PMU_EVENT_H
#define VSBI_PMU_EVENT_H

#include "lib/types.h"
#include "vm/stat.h"
#include "vm/vpmu.h"

/* Implementation specific events: exits to the hypervisor, host interrupts, schedules. */
enum pmu_own_event {
	PMU_OWN_EXITS,
	PMU_OWN_INTERRUPTS,
	PMU_OWN_SCHEDULES,
	PMU_OWN_EVENTS
};

/* Does the number have one of the forms that the specification gives an event_idx? */
bool pmu_event_is_valid(uint64_t event);
/* The clock that counts a hardware event; VPMU_CLOCKS: none, it is the firmware's or nobody's. */
enum vpmu_clock pmu_event_clock(uint64_t event);
/* Is it an event of the firmware's that we count? */
bool pmu_event_is_counted(uint64_t event, uint64_t data);
/* How often the event, which is counted, has happened to the vCPU with these statistics. */
uint64_t pmu_event_count(const struct vcpu_stat *stat, uint32_t event);

#endif
