/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs, and which fences a vCPU needs when it is put on a hart. Pure. Privileged specification,
 * "hgatp", "Hypervisor Memory-Management Fence Instructions".
 *
 * A TLB is its hart's own, and so are VMIDs: each hart gives a VM new ones when it runs there for
 * the first time in a generation. When they are used up the next generation begins. Whose
 * registers the hart had before are put away by then, so nobody there runs under an old VMID, and
 * no other hart has to be asked. Machines with one VMID (VMIDLEN = 0) are no special case.
 */
#ifndef VM_VMID_H
#define VM_VMID_H

#include "lib/types.h"

/* Of a VM in a deprivileged mode: its RAM alone, and its RAM and its shadows. hw has the first. */
#define VMID_RAM		0
#define VMID_SHADOW		1
#define VMIDS_MAX		2

/* A hart's VMIDs. That hart's own, as all below. */
struct vmid_pool {
	uint64_t generation;		/* from 1 on */
	uint32_t first, count;		/* what there is */
	uint32_t used;			/* in this generation */
};

/* What a VM has on one hart; zeroed: nothing yet. */
struct vmid_place {
	uint64_t generation;
	const void *last;		/* the vCPU that was the last one there */
	uint32_t vmids[VMIDS_MAX];	/* alike on a hart that has only one */
};

/* On this hart, before the vCPU runs: */
#define VMID_FENCE_VVMA		(1u << 0)	/* HFENCE.VVMA x0, x0 under each of its VMIDs */
#define VMID_FENCE_GVMA		(1u << 1)	/* HFENCE.GVMA x0, x0 before that */
#define VMID_FENCE_I		(1u << 2)	/* FENCE.I */

/* bits: VMIDLEN. */
void vmid_pool_init(struct vmid_pool *pool, unsigned bits);

/* The part of vmid_enter() for a vCPU that was elsewhere, or whose VM has to have other VMIDs. */
unsigned vmid_enter_slow(struct vmid_pool *pool, struct vmid_place *place, const void *vcpu,
			 const struct vmid_pool **last, unsigned wanted);

/* A vCPU that was on the hart of pool last finds there all that it left: vmid_enter() returns 0. */
static inline bool vmid_is_last(const struct vmid_pool *pool, const struct vmid_place *place,
				const void *vcpu)
{
	return place->generation == pool->generation && place->last == vcpu;
}

/*
 * A vCPU is put on the hart of pool, where its VM has place; *last is the hart that it was on
 * before, or NULL if its translations are stale anyway. Its VM wants so many VMIDs, 1 or 2.
 * Return: VMID_FENCE_*; 0: and its VMIDs are those that it had the last time.
 */
static inline unsigned vmid_enter(struct vmid_pool *pool, struct vmid_place *place,
				  const void *vcpu, const struct vmid_pool **last, unsigned wanted)
{
	if (likely(*last == pool && place->generation == pool->generation)) {
		if (place->last == vcpu)
			return 0;
		/* ASIDs are a vCPU's own: the VM's others use the same ones for something else. */
		place->last = vcpu;
		return VMID_FENCE_VVMA;
	}
	return vmid_enter_slow(pool, place, vcpu, last, wanted);
}

/* The hart has too few VMIDs: the two must not be in its TLB at the same time. */
static inline bool vmid_alike(const struct vmid_place *place)
{
	return place->vmids[VMID_RAM] == place->vmids[VMID_SHADOW];
}

#endif
