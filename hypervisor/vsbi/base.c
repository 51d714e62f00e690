/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BASE: who we are, and what there is.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 4 (Base Extension).
 */
#include "vsbi/vsbi.h"

/* mvendorid, marchid and mimpid are 0: a VM may be moved to another machine. */
const uint32_t vsbi_base_constants[VSBI_BASE_CONSTANTS] = {
	[SBI_BASE_GET_SPEC_VERSION] = SBI_SPEC_VERSION_3_0,
	[SBI_BASE_GET_IMPL_ID] = VSBI_IMPL_ID,
	[SBI_BASE_GET_IMPL_VERSION] = VSBI_IMPL_VERSION,
};

static uint64_t base_probe_extension(const struct vm *vm, uint64_t eid)
{
	unsigned index;
	const struct vsbi_ext *ext = vsbi_find(vm, eid, &index);

	if (ext == NULL)
		return 0;
	return ext->probe ? ext->probe(vm, eid) : 1;
}

static struct sbi_ret base_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				  enum vcpu_next *next)
{
	(void)next;
	switch (fid) {
	case SBI_BASE_PROBE_EXTENSION:
		return vsbi_value(base_probe_extension(v->vm, args[0]));
	case SBI_BASE_GET_MVENDORID:
	case SBI_BASE_GET_MARCHID:
	case SBI_BASE_GET_MIMPID:
		return vsbi_value(0);
	default:
		/* The constants never come here: vsbi_call() answers them. */
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_base = {
	.eid_first = SBI_EXT_BASE,
	.eid_last = SBI_EXT_BASE,
	.handle = base_handle,
};
