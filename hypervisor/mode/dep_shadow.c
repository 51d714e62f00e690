/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shadow of a deprivileged vCPU needs from the machine: pages that its VMID alone can
 * read, the guest's page tables, and fences. Privileged specification, HFENCE.VVMA.
 */
#include <riscv/hyp.h>
#include "hart/hart.h"
#include "lib/errno.h"
#include "mem/hvmap.h"
#include "mem/kalloc.h"
#include "mode/deprivileged.h"

/* The hypervisor's pages stand at this distance in the shadow's guest-physical address space. */
#define PRIVATE_GPA SHADOW_GPA_LIMIT
/* Page tables of one vCPU's shadow: 4 MiB at most, taken as needed. */
#define SHADOW_PAGES 1024u
#define SHADOW_ASIDS (2 * SHADOW_CONTEXTS)

/* A page of the hypervisor's that the shadow's VMID, and no other, can see. */
static void *private_page_alloc(struct vm *vm, uint64_t prot, gpa_t *gpa)
{
	void *page = page_alloc(kalloc_pages(), PAGE_ORDER_4K, PAGE_ZERO);
	hpa_t hpa;
	int err;

	if (page == NULL)
		return NULL;
	hpa = hpa_from_hva(page);
	*gpa = GPA(PRIVATE_GPA + hpa.v);
	spin_lock(&vm->lock);
	err = gstage_map(&vm->shadow_gstage, *gpa, hpa, PAGE_SIZE, prot);
	spin_unlock(&vm->lock);
	if (err) {
		page_free(kalloc_pages(), page, PAGE_ORDER_4K);
		return NULL;
	}
	return page;
}

static void private_page_free(struct vm *vm, void *page, gpa_t gpa)
{
	/* At the VM's end they go together, with one fence. */
	if (vm->shadow_gstage.root != NULL) {
		spin_lock(&vm->lock);
		gstage_unmap(&vm->shadow_gstage, gpa, PAGE_SIZE);
		spin_unlock(&vm->lock);
	}
	page_free(kalloc_pages(), page, PAGE_ORDER_4K);
}

static void *pool_alloc(void *ctx, gpa_t *gpa)
{
	/* Shadow PTEs have A and D set, so no walk ever writes one. */
	return private_page_alloc(((struct vcpu *)ctx)->vm, GSTAGE_R, gpa);
}

static void pool_free(void *ctx, void *page, gpa_t gpa)
{
	private_page_free(((struct vcpu *)ctx)->vm, page, gpa);
}

static uint64_t *read_pte(void *ctx, gpa_t gpa)
{
	return vm_ram(((struct vcpu *)ctx)->vm, gpa, sizeof(uint64_t));
}

static bool is_ram(void *ctx, gpa_t gpa, uint64_t size)
{
	return vm_is_ram(((struct vcpu *)ctx)->vm, gpa, size);
}

/*
 * HFENCE.VVMA works on the VMID that hgatp holds. When a fence of the shadow is due while the
 * guest is on its own tables, both are changed for its duration: vsatp, too, or a speculative walk
 * of the guest's tables could leave its translations under the shadow's VMID.
 */
static bool enter_shadow_vmid(const struct vcpu *v)
{
	if (v->hgatp == v->shadow_hgatp)
		return false;
	csr_write(CSR_VSATP, 0);
	csr_write(CSR_HGATP, v->shadow_hgatp);
	return true;
}

static void leave_shadow_vmid(const struct vcpu *v, bool entered)
{
	if (!entered)
		return;
	csr_write(CSR_HGATP, v->hgatp);
	if (unlikely(v->fence_tables))
		hfence_gvma_all();
	csr_write(CSR_VSATP, v->vsatp);
}

/*
 * The shadow of a vCPU whose registers are in no hart's CSRs is in no use: whoever puts it on one
 * fences everything.
 */
static void fence(struct vcpu *v, void (*hfence)(uint64_t va, uint64_t asid), uint64_t va,
		  uint64_t asid)
{
	bool entered;

	if (this_hart()->loaded != v) {
		v->last_pool = NULL;
		return;
	}
	entered = enter_shadow_vmid(v);
	hfence(va, asid);
	leave_shadow_vmid(v, entered);
}

static void hfence_asid(uint64_t va, uint64_t asid)
{
	(void)va;
	hfence_vvma_asid(asid);
}

static void hfence_va(uint64_t va, uint64_t asid)
{
	(void)asid;
	hfence_vvma_va(va);
}

static void hfence_all(uint64_t va, uint64_t asid)
{
	(void)va;
	(void)asid;
	hfence_vvma_all();
}

static void fence_va(void *ctx, uint64_t asid, gva_t va)
{
	fence(ctx, hfence_vvma_va_asid, va.v, asid);
}

static void fence_va_all(void *ctx, gva_t va)
{
	fence(ctx, hfence_va, va.v, 0);
}

static void fence_asid(void *ctx, uint64_t asid)
{
	fence(ctx, hfence_asid, 0, asid);
}

static void fence_all(void *ctx)
{
	fence(ctx, hfence_all, 0, 0);
}

static const struct shadow_ops shadow_ops = {
	.pool = { .alloc = pool_alloc, .free = pool_free },
	.walk = { .read_pte = read_pte },
	.is_ram = is_ram,
	.fence_va = fence_va,
	.fence_va_all = fence_va_all,
	.fence_asid = fence_asid,
	.fence_all = fence_all,
};

/* ---- Life ---- */

/*
 * A hart that goes from one vCPU of a VM to another fences everything, so all have the same ASIDs:
 * as many as every hart has. With none (v->fence_tables) it does not matter what they are called.
 */
static uint32_t first_asid(void)
{
	return hart_asid_bits > 1 ? 1 : 0;
}

static uint32_t count_asids(void)
{
	uint32_t all = (uint32_t)(SATP_ASID_MASK & ((1UL << MIN(hart_asid_bits, 16U)) - 1)) + 1;

	return MIN(MAX(all - first_asid(), 2U), SHADOW_ASIDS);
}

int dep_vcpu_init(struct vcpu *v)
{
	struct shadow_config config = {
		.ops = &shadow_ops,
		.ctx = v,
		.max_pages = SHADOW_PAGES,
		.asid_first = first_asid(),
		.asid_count = count_asids(),
		.adue = true,
	};
	int err;

	v->page = private_page_alloc(v->vm, GSTAGE_RW, &v->page_gpa);
	config.pages = v->shadow_pages = kalloc(SHADOW_PAGES * sizeof(*v->shadow_pages));
	err = v->page == NULL || v->shadow_pages == NULL ? -ENOMEM :
							   shadow_init(&v->shadow, &config);
	if (err) {
		dep_vcpu_fini(v);
		return err;
	}
	v->vcsr.page = v->page;
	/* Its user runs on its own tables, under its own ASIDs. */
	v->vcsr.satp_asid_mask = SATP_ASID_MASK & ((1UL << MIN(hart_asid_bits, 16U)) - 1);
	v->vcsr.senvcfg_mask = ENVCFG_FIOM;
	v->vcsr.fs_mask = SSTATUS_FS;
	return 0;
}

void dep_vcpu_fini(struct vcpu *v)
{
	shadow_destroy(&v->shadow);
	kfree(v->shadow_pages);
	v->shadow_pages = NULL;
	if (v->page != NULL)
		private_page_free(v->vm, v->page, v->page_gpa);
	v->page = NULL;
}
