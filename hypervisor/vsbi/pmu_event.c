/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events that a guest's SBI PMU counters count. Pure.
 */
#include <riscv/csr.h>
#include "mode/fast.h"
#include "vsbi/pmu_event.h"
#include "vsbi/vsbi.h"

static uint64_t calls(const struct vcpu_stat *stat, enum vsbi_index ext, unsigned function,
		      unsigned legacy)
{
	return stat->ecall[ext][function] + stat->ecall[VSBI_LEGACY][legacy];
}

bool pmu_event_is_valid(uint64_t event)
{
	uint64_t type = SBI_PMU_EVENT_TYPE(event);

	return event >> SBI_PMU_EVENT_BITS == 0 &&
	       (type <= SBI_PMU_TYPE_RAW_V2 || type == SBI_PMU_TYPE_FIRMWARE);
}

enum vpmu_clock pmu_event_clock(uint64_t event)
{
	switch (event) {
	case SBI_PMU_TYPE_HW << 16 | SBI_PMU_HW_CPU_CYCLES:
		return VPMU_CYCLES;
	case SBI_PMU_TYPE_HW << 16 | SBI_PMU_HW_INSTRUCTIONS:
		return VPMU_INSTRUCTIONS;
	default:
		return VPMU_CLOCKS;
	}
}

bool pmu_event_is_counted(uint64_t event, uint64_t data)
{
	uint64_t code = SBI_PMU_EVENT_CODE(event);

	if (!pmu_event_is_valid(event) || SBI_PMU_EVENT_TYPE(event) != SBI_PMU_TYPE_FIRMWARE ||
	    data != 0)
		return false;
	switch (code) {
	case SBI_PMU_FW_MISALIGNED_LOAD:
	case SBI_PMU_FW_MISALIGNED_STORE:
	case SBI_PMU_FW_ACCESS_LOAD:
	case SBI_PMU_FW_ACCESS_STORE:
	case SBI_PMU_FW_ILLEGAL_INSN:
	case SBI_PMU_FW_SET_TIMER:
	case SBI_PMU_FW_IPI_SENT:
	case SBI_PMU_FW_IPI_RECEIVED:
	case SBI_PMU_FW_FENCE_I_SENT:
	case SBI_PMU_FW_FENCE_I_RECEIVED:
	case SBI_PMU_FW_SFENCE_VMA_SENT:
	case SBI_PMU_FW_SFENCE_VMA_RECEIVED:
	case SBI_PMU_FW_SFENCE_VMA_ASID_SENT:
	case SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED:
		return true;
	default:
		return code >= SBI_PMU_FW_OWN && code - SBI_PMU_FW_OWN < PMU_OWN_EVENTS;
	}
}

uint64_t pmu_event_count(const struct vcpu_stat *stat, uint32_t event)
{
	switch (SBI_PMU_EVENT_CODE(event)) {
	case SBI_PMU_FW_MISALIGNED_LOAD:
		return stat->injected_exceptions[EXC_LOAD_MISALIGNED];
	case SBI_PMU_FW_MISALIGNED_STORE:
		return stat->injected_exceptions[EXC_STORE_MISALIGNED];
	case SBI_PMU_FW_ACCESS_LOAD:
		return stat->injected_exceptions[EXC_LOAD_ACCESS];
	case SBI_PMU_FW_ACCESS_STORE:
		return stat->injected_exceptions[EXC_STORE_ACCESS];
	case SBI_PMU_FW_ILLEGAL_INSN:
		return stat->illegal_injected;
	case SBI_PMU_FW_SET_TIMER:
		return calls(stat, VSBI_TIME, SBI_TIME_SET_TIMER, SBI_EXT_LEGACY_SET_TIMER) +
		       stat->fast[FAST_HW_TIME];
	case SBI_PMU_FW_IPI_SENT:
		return calls(stat, VSBI_IPI, SBI_IPI_SEND_IPI, SBI_EXT_LEGACY_SEND_IPI) +
		       stat->fast[FAST_HW_IPI] + stat->fast[FAST_HW_IPI_OTHER];
	case SBI_PMU_FW_IPI_RECEIVED:
		/* The others count there. */
		return stat->received[STAT_IPI] + stat->fast[FAST_HW_IPI];
	case SBI_PMU_FW_FENCE_I_RECEIVED:
		return stat->received[STAT_FENCE_I];
	case SBI_PMU_FW_SFENCE_VMA_RECEIVED:
		return stat->received[STAT_FENCE_VMA];
	case SBI_PMU_FW_SFENCE_VMA_ASID_RECEIVED:
		return stat->received[STAT_FENCE_ASID];
	case SBI_PMU_FW_FENCE_I_SENT:
		return calls(stat, VSBI_RFENCE, SBI_RFENCE_FENCE_I, SBI_EXT_LEGACY_RFENCE_I);
	case SBI_PMU_FW_SFENCE_VMA_SENT:
		return calls(stat, VSBI_RFENCE, SBI_RFENCE_SFENCE_VMA, SBI_EXT_LEGACY_RFENCE_VMA);
	case SBI_PMU_FW_SFENCE_VMA_ASID_SENT:
		return calls(stat, VSBI_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID,
			     SBI_EXT_LEGACY_RFENCE_VMA_ASID);
	case SBI_PMU_FW_OWN + PMU_OWN_EXITS:
		return stat_traps(stat);
	case SBI_PMU_FW_OWN + PMU_OWN_INTERRUPTS:
		return stat_interrupt_exits(stat);
	default:
		return stat->schedules;
	}
}
