/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SUSP: a VM sleeps as a whole, until an interrupt of its last hart.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 13 (System Suspend Extension).
 */
#include "vsbi/vsbi.h"

/* Suspend to RAM is all there is; its RAM is kept, what its hart had in registers is not. */
static struct sbi_ret susp_suspend(struct vcpu *v, const uint64_t *args, enum vcpu_next *next)
{
	if ((uint32_t)args[0] != SBI_SUSP_TO_RAM)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (!vsbi_is_code(v->vm, args[1]))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	/* Every other hart must have been stopped by then. */
	if (!vcpu_is_alone(v))
		return vsbi_error(SBI_ERR_DENIED);
	*next = vcpu_suspend_to(v, args[1], args[2]);
	return vsbi_value(0);
}

static struct sbi_ret susp_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				  enum vcpu_next *next)
{
	if (fid != SBI_SUSP_SYSTEM_SUSPEND)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	return susp_suspend(v, args, next);
}

const struct vsbi_ext vsbi_susp = {
	.eid_first = SBI_EXT_SUSP,
	.eid_last = SBI_EXT_SUSP,
	.handle = susp_handle,
};
