/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vCPU's registers a hart has in its CSRs, and the fences that go with a change. Privileged
 * specification, "Hypervisor Memory-Management Fence Instructions".
 */
#include <riscv/hyp.h>
#include "vm/account.h"
#include "vm/mode.h"
#include "vm/sched_hart.h"

void sched_unload(struct hart *hart)
{
	struct vcpu *v = hart->loaded;

	if (v == NULL)
		return;
	v->mode->save(v);
	vcpu_save_fp(v);
	if (unlikely(v->account != NULL))
		account_pause(v);
	/* From here on another hart may take it. */
	__atomic_store_n(&hart->loaded, NULL, __ATOMIC_SEQ_CST);
	if (hart_count == 1)
		return;
	if (unlikely(__atomic_load_n(&v->evict, __ATOMIC_SEQ_CST)))
		sched_evict(hart, v);
	else if (runq_is_queued(&v->runq))
		sched_offer(v);
}

/* Other VMIDs, or what the hart has under them may be stale. */
static void use_vmids(struct hart *hart, struct vcpu *v, unsigned fences)
{
	const struct vmid_place *place = &v->vm->places[hart->index];

	v->ram_hgatp = v->vm->hgatp | (uint64_t)place->vmids[VMID_RAM] << HGATP_VMID_SHIFT;
	v->shadow_hgatp = v->vm->shadow_hgatp |
			  (uint64_t)place->vmids[VMID_SHADOW] << HGATP_VMID_SHIFT;
	v->fence_tables = vmid_alike(place) || hart_asid_bits == 0;
	if (fences & VMID_FENCE_GVMA)
		hfence_gvma_all();
	/* Its own FENCE.Is were for the instructions that another hart had fetched. */
	if (fences & VMID_FENCE_I)
		__asm__ volatile("fence.i" : : : "memory");
}

void sched_load(struct hart *hart, struct vcpu *v)
{
	unsigned fences;

	if (hart->loaded == v)
		return;
	sched_unload(hart);
	fences = vmid_enter(&sched_of(hart)->vmids, &v->vm->places[hart->index], v, &v->last_pool,
			    v->mode->deprivileged ? VMIDS_MAX : 1);
	v->must_fence = fences != 0;
	if (unlikely(fences != 0))
		use_vmids(hart, v, fences);
	hart->loaded = v;
	if (unlikely(v->account != NULL))
		account_resume(v);
	vcpu_load_fp(v);
	v->mode->load(v);
}
