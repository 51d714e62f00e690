/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFENCE: fences on other harts of a VM.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 8 (RFENCE Extension).
 */
#include <riscv/csr.h>
#include "vsbi/hartmask.h"
#include "vsbi/vsbi.h"

/* Harts first, then addresses; an ASID has at most the bits that satp has for it. */
static int64_t rfence_vma(struct vcpu *v, const uint64_t *args, bool has_asid)
{
	struct vfence fence;
	enum vfence_range range = vfence_make(&fence, args[2], args[3]);

	if (!hartmask_is_valid(v->vm, args[0], args[1]) || (has_asid && args[4] > SATP_ASID_MASK))
		return SBI_ERR_INVALID_PARAM;
	if (range == VFENCE_INVALID)
		return SBI_ERR_INVALID_ADDRESS;
	if (range == VFENCE_EMPTY)
		return SBI_SUCCESS;
	fence.has_asid = has_asid;
	fence.asid = has_asid ? args[4] : 0;
	return vcpu_fence_remote(v, args[0], args[1], &fence);
}

/* The hfence functions need an H extension of the guest's own, which it does not have. */
static struct sbi_ret rfence_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				    enum vcpu_next *next)
{
	(void)next;
	switch (fid) {
	case SBI_RFENCE_FENCE_I:
		if (!hartmask_is_valid(v->vm, args[0], args[1]))
			return vsbi_error(SBI_ERR_INVALID_PARAM);
		return vsbi_error(vcpu_request_remote(v, args[0], args[1], VCPU_REQ_FENCE_I));
	case SBI_RFENCE_SFENCE_VMA:
		return vsbi_error(rfence_vma(v, args, false));
	case SBI_RFENCE_SFENCE_VMA_ASID:
		return vsbi_error(rfence_vma(v, args, true));
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_rfence = {
	.eid_first = SBI_EXT_RFENCE,
	.eid_last = SBI_EXT_RFENCE,
	.handle = rfence_handle,
};
