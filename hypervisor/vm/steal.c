/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest is told of the time for which its vCPUs could have run and did not.
 */
#include <sbi/sbi.h>
#include "hart/hart.h"
#include "lib/errno.h"
#include "vm/sched.h"
#include "vm/steal.h"

#define NS_PER_SECOND		1000000000UL

/* The memory is found anew each time: the guest is not running, so nothing else keeps it there. */
static struct sbi_sta_shmem *steal_memory(struct vcpu *v)
{
	return vm_ram(v->vm, GPA(v->steal.gpa), SBI_STA_SHMEM_SIZE);
}

int steal_enable(struct vcpu *v, uint64_t gpa)
{
	if (vm_zero(v->vm, GPA(gpa), SBI_STA_SHMEM_SIZE))
		return -EFAULT;
	v->steal = (struct steal){ .gpa = gpa, .begin_ticks = sched_steal_ticks(v) };
	v->reports_steal = true;
	return 0;
}

void steal_disable(struct vcpu *v)
{
	v->reports_steal = false;
}

/* In two parts: a second has more nanoseconds than fit into 64 bits times many ticks. */
static uint64_t ticks_to_ns(uint64_t ticks)
{
	return ticks / timebase_hz * NS_PER_SECOND +
	       ticks % timebase_hz * NS_PER_SECOND / timebase_hz;
}

/*
 * Another hart of the guest's may be reading: the sequence number is odd before the rest changes,
 * and even after it. The guest may have written anything there; then only its own copy is wrong.
 */
void steal_update(struct vcpu *v)
{
	struct sbi_sta_shmem *memory = steal_memory(v);
	uint64_t ns = ticks_to_ns(sched_steal_ticks(v) - v->steal.begin_ticks);
	uint32_t odd;

	if (memory == NULL)
		return;
	odd = __atomic_load_n(&memory->sequence, __ATOMIC_RELAXED) | 1;
	__atomic_store_n(&memory->sequence, odd, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&memory->steal, ns, __ATOMIC_RELAXED);
	__atomic_store_n(&memory->preempted, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&memory->sequence, odd + 1, __ATOMIC_RELEASE);
}

void steal_preempted(struct vcpu *v)
{
	struct sbi_sta_shmem *memory = steal_memory(v);

	if (memory != NULL)
		__atomic_store_n(&memory->preempted, 1, __ATOMIC_RELAXED);
}
