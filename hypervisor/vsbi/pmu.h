/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest reads in the CSRs of its hardware counters, which SBI PMU starts and stops.
 * SBI 3.0, "Performance Monitoring Unit Extension"; unprivileged specification, Zicntr.
 */
#ifndef VSBI_PMU_H
#define VSBI_PMU_H

#include "vm/vcpu.h"

/*
 * A read of cycle or instret by v, which runs on this hart, has trapped; whether its privilege may
 * read them, the caller knows. Return: false if csr is not a counter that it has.
 */
bool pmu_read_csr(const struct vcpu *v, unsigned csr, uint64_t *value);

/*
 * Does what the trapped instruction does if it reads a counter that v has; bit n of counteren: the
 * privilege that v runs at may read counter n (scounteren; all of them in S). Return: false if not.
 */
bool pmu_emulate_read(struct vcpu *v, const struct insn *insn, uint64_t counteren);

#endif
