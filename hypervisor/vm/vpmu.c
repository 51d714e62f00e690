/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles and instructions of a vCPU: those of the harts that run it, while they run it.
 * Pure. RISC-V privileged specification, "Machine Counter-Inhibit", "hcounteren"; Zicntr.
 */
#include "hart/hart.h"
#include "vm/vpmu.h"

static uint64_t now(unsigned which)
{
	return which == VPMU_CYCLES ? hart_cycle() : hart_instret();
}

void vpmu_resume(struct vpmu *pmu)
{
	for (unsigned i = 0; i < VPMU_CLOCKS; i++)
		pmu->clocks[i] -= now(i);
	pmu->clocks_run = true;
}

void vpmu_pause(struct vpmu *pmu)
{
	for (unsigned i = 0; i < VPMU_CLOCKS; i++)
		pmu->clocks[i] += now(i);
	pmu->clocks_run = false;
}

uint64_t vpmu_clock(const struct vpmu *pmu, enum vpmu_clock which)
{
	return pmu->clocks[which] + (pmu->clocks_run ? now(which) : 0);
}

void vpmu_set_counteren(struct vpmu *pmu, uint64_t counteren)
{
	pmu->counteren = counteren;
	hart_set_counteren(counteren);
}
