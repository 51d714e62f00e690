/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs by hart and generation, and the fences of a vCPU that changes places. Pure.
 * Privileged specification, "hgatp", "Hypervisor Memory-Management Fence Instructions".
 */
#include "vm/vmid.h"

void vmid_pool_init(struct vmid_pool *pool, unsigned bits)
{
	uint32_t all = 1U << bits;

	/* 0 is what hgatp has while no guest is there: not needed, but left alone if it can be. */
	*pool = (struct vmid_pool){ .generation = 1, .first = all > VMIDS_MAX ? 1 : 0 };
	pool->count = all - pool->first;
}

static void take(struct vmid_pool *pool, struct vmid_place *place, unsigned wanted)
{
	uint32_t count = MIN(wanted, pool->count);

	if (pool->used + count > pool->count) {
		pool->generation++;
		pool->used = 0;
	}
	for (uint32_t i = 0; i < VMIDS_MAX; i++)
		place->vmids[i] = pool->first + pool->used + MIN(i, count - 1);
	pool->used += count;
	place->generation = pool->generation;
}

unsigned vmid_enter_slow(struct vmid_pool *pool, struct vmid_place *place, const void *vcpu,
			 const struct vmid_pool **last, unsigned wanted)
{
	unsigned fences = 0;

	/*
	 * Of another generation the hart may have anything under these VMIDs. GVMA drops what is
	 * cached of G-stages, for all VMIDs, and orders the stores of whoever built this one's
	 * tables; but not what is cached of VS-stages.
	 */
	if (place->generation != pool->generation) {
		take(pool, place, wanted);
		fences = VMID_FENCE_GVMA | VMID_FENCE_VVMA;
	}
	/* ASIDs are a vCPU's own: the VM's others use the same ones for something else. */
	if (place->last != vcpu)
		fences |= VMID_FENCE_VVMA;
	/* It has fenced meanwhile, on the hart where it was. */
	if (*last != pool)
		fences |= VMID_FENCE_VVMA | VMID_FENCE_I;
	place->last = vcpu;
	*last = pool;
	return fences;
}
