/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TIME: the guest's timer.
 * RISC-V Supervisor Binary Interface Specification 3.0, chapter 6 (Timer Extension).
 */
#include "vsbi/vsbi.h"

static struct sbi_ret time_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				  enum vcpu_next *next)
{
	(void)next;
	if (fid != SBI_TIME_SET_TIMER)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	vcpu_set_timer(v, args[0]);
	return vsbi_value(0);
}

const struct vsbi_ext vsbi_time = {
	.eid_first = SBI_EXT_TIME,
	.eid_last = SBI_EXT_TIME,
	.handle = time_handle,
};
