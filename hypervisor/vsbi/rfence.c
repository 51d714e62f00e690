/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFENCE: fences on other harts of a VM.
 * RISC-V Supervisor Binary Interface Specification 2.0, chapter 8 (RFENCE Extension).
 */
#include "vsbi/hartmask.h"
#include "vsbi/vsbi.h"

/*
 * A range or an ASID only narrows down what must be fenced; fencing everything is allowed, and the
 * VM's translations are dropped as a whole. The hfence functions need an H extension of the guest's
 * own, which it does not have.
 */
static struct sbi_ret rfence_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				    enum vcpu_next *next)
{
	uint64_t request;

	(void)next;
	switch (fid) {
	case SBI_RFENCE_FENCE_I:
		request = VCPU_REQ_FENCE_I;
		break;
	case SBI_RFENCE_SFENCE_VMA:
	case SBI_RFENCE_SFENCE_VMA_ASID:
		request = VCPU_REQ_FENCE_VMA;
		break;
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
	if (!hartmask_is_valid(v->vm, args[0], args[1]))
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	return vsbi_error(vcpu_request_remote(v, args[0], args[1], request));
}

const struct vsbi_ext vsbi_rfence = {
	.eid_first = SBI_EXT_RFENCE,
	.eid_last = SBI_EXT_RFENCE,
	.handle = rfence_handle,
};
