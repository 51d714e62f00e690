/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events that a guest's SBI PMU counters count: they come out of the vCPU's statistics. Pure.
 * RISC-V Supervisor Binary Interface Specification, "Event: Firmware events (Type #15)".
 */
#ifndef VSBI_PMU_EVENT_H
#define VSBI_PMU_EVENT_H

#include "lib/types.h"
#include "vm/stat.h"

/* Implementation specific events: exits to the hypervisor, host interrupts, schedules. */
enum pmu_own_event {
	PMU_OWN_EXITS,
	PMU_OWN_INTERRUPTS,
	PMU_OWN_SCHEDULES,
	PMU_OWN_EVENTS
};

/* Does the number have one of the forms that the specification gives an event_idx? */
bool pmu_event_is_valid(uint64_t event);
bool pmu_event_is_counted(uint64_t event, uint64_t data);
/* How often the event, which is counted, has happened to the vCPU with these statistics. */
uint64_t pmu_event_count(const struct vcpu_stat *stat, uint32_t event);

#endif
