/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STA: the time that other vCPUs have taken from this one.
 * RISC-V Supervisor Binary Interface Specification, chapter "Steal-time Accounting Extension".
 */
#include "vsbi/vsbi.h"

static struct sbi_ret sta_set_shmem(struct vcpu *v, uint64_t low, uint64_t high, uint64_t flags)
{
	if (flags != 0)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (low == SBI_SHMEM_DISABLE && high == SBI_SHMEM_DISABLE) {
		steal_disable(v);
		return vsbi_value(0);
	}
	if (low % SBI_STA_SHMEM_SIZE != 0)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (high != 0 || steal_enable(v, low))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	return vsbi_value(0);
}

static struct sbi_ret sta_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				 enum vcpu_next *next)
{
	(void)next;
	if (fid != SBI_STA_SET_SHMEM)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	return sta_set_shmem(v, args[0], args[1], args[2]);
}

const struct vsbi_ext vsbi_sta = {
	.eid_first = SBI_EXT_STA,
	.eid_last = SBI_EXT_STA,
	.handle = sta_handle,
};
