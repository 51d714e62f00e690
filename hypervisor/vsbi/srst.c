/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SRST: a VM ends itself, or starts again.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 10 (System Reset Extension).
 */
#include "vsbi/vsbi.h"

/*
 * Types and reasons that are reserved, or a platform's or a vendor's own (of which there are none
 * here), are invalid. A warm reboot keeps no more than a cold one does.
 */
static struct sbi_ret srst_reset(struct vcpu *v, uint32_t type, uint32_t reason,
				 enum vcpu_next *next)
{
	if (type > SBI_SRST_TYPE_WARM_REBOOT || reason > SBI_SRST_REASON_SYSTEM_FAILURE)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (type != SBI_SRST_TYPE_SHUTDOWN)
		vm_stop(v->vm, VM_REBOOTING, "by SBI system_reset");
	else if (reason == SBI_SRST_REASON_NONE)
		vm_stop(v->vm, VM_SHUTDOWN, "by SBI system_reset");
	else
		vm_stop(v->vm, VM_CRASHED, "it reports a system failure (SBI system_reset)");
	*next = VCPU_RESCHEDULE;
	return vsbi_value(0);
}

static struct sbi_ret srst_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				  enum vcpu_next *next)
{
	if (fid != SBI_SRST_RESET)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	return srst_reset(v, (uint32_t)args[0], (uint32_t)args[1], next);
}

const struct vsbi_ext vsbi_srst = {
	.eid_first = SBI_EXT_SRST,
	.eid_last = SBI_EXT_SRST,
	.handle = srst_handle,
};
