/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPI: supervisor software interrupts between the harts of a VM.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 7 (IPI Extension).
 */
#include "vsbi/hartmask.h"
#include "vsbi/vsbi.h"

static struct sbi_ret ipi_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				 enum vcpu_next *next)
{
	(void)next;
	if (fid != SBI_IPI_SEND_IPI)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	if (!hartmask_is_valid(v->vm, args[0], args[1]))
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	hartmask_send_ipi(v->vm, args[0], args[1]);
	return vsbi_value(0);
}

const struct vsbi_ext vsbi_ipi = {
	.eid_first = SBI_EXT_IPI,
	.eid_last = SBI_EXT_IPI,
	.handle = ipi_handle,
};
