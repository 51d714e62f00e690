/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest is told of the time for which its vCPUs could have run and did not, in memory that
 * it shares. RISC-V Supervisor Binary Interface Specification, "Steal-time Accounting Extension".
 */
#ifndef VM_STEAL_H
#define VM_STEAL_H

#include "lib/types.h"

struct vcpu;

struct steal {
	uint64_t gpa;			/* of struct sbi_sta_shmem */
	uint64_t begin_ticks;		/* stolen before the guest asked */
};

/*
 * Report to guest-physical address gpa from now on, in nanoseconds from now on; v calls, on its
 * hart. Return: 0, or -EFAULT if SBI_STA_SHMEM_SIZE bytes there are not RAM.
 */
int steal_enable(struct vcpu *v, uint64_t gpa);
void steal_disable(struct vcpu *v);
/* v, which reports, is about to run on its hart; no lock held. */
void steal_update(struct vcpu *v);
/* v, which reports, has to make place for another one though it could run on. */
void steal_preempted(struct vcpu *v);

#endif
