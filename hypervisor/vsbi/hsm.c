/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HSM: starting, stopping and suspending the harts of a VM.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 9 (Hart State Management).
 */
#include "vsbi/vsbi.h"

static struct sbi_ret hsm_start(struct vm *vm, uint64_t hartid, uint64_t pc, uint64_t opaque)
{
	struct vcpu *target = vm_vcpu_by_hartid(vm, hartid);

	if (target == NULL)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (!vsbi_is_code(vm, pc))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	return vsbi_error(vcpu_start(target, pc, opaque));
}

/*
 * Of the types, the two default ones are there; the retentive one is WFI by another name. Every
 * other is reserved or somebody else's.
 */
static struct sbi_ret hsm_suspend(struct vcpu *v, const uint64_t *args, enum vcpu_next *next)
{
	uint32_t type = (uint32_t)args[0];

	if (type == SBI_HSM_SUSPEND_RETENTIVE) {
		*next = vcpu_suspend(v);
		return vsbi_value(0);
	}
	if (type != SBI_HSM_SUSPEND_NON_RETENTIVE)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (!vsbi_is_code(v->vm, args[1]))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	*next = vcpu_suspend_to(v, args[1], args[2]);
	return vsbi_value(0);
}

static struct sbi_ret hsm_status(struct vm *vm, uint64_t hartid)
{
	const struct vcpu *target = vm_vcpu_by_hartid(vm, hartid);

	if (target == NULL)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	return vsbi_value((uint64_t)vcpu_hsm_status(target));
}

static struct sbi_ret hsm_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				 enum vcpu_next *next)
{
	switch (fid) {
	case SBI_HSM_HART_START:
		return hsm_start(v->vm, args[0], args[1], args[2]);
	case SBI_HSM_HART_STOP:
		vcpu_stop(v);
		*next = VCPU_RESCHEDULE;
		return vsbi_value(0);
	case SBI_HSM_HART_GET_STATUS:
		return hsm_status(v->vm, args[0]);
	case SBI_HSM_HART_SUSPEND:
		return hsm_suspend(v, args, next);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_hsm = {
	.eid_first = SBI_EXT_HSM,
	.eid_last = SBI_EXT_HSM,
	.handle = hsm_handle,
};
