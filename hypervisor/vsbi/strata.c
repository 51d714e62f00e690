/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of the Strata extension that every mode has. <strata/abi.h>, docs/abi.md.
 */
#include <strata/abi.h>
#include "hart/firmware.h"
#include "vm/mode.h"
#include "vsbi/vsbi.h"

static struct sbi_ret strata_counter_read(const struct vcpu *v, uint64_t counter)
{
	switch (counter) {
	case STRATA_COUNTER_TRAPS:
		return vsbi_value(stat_traps(&v->stat));
	case STRATA_COUNTER_INTERRUPTS:
		return vsbi_value(stat_interrupt_exits(&v->stat));
	case STRATA_COUNTER_MTRAPS:
		if (!firmware_counts())
			return vsbi_error(SBI_ERR_NOT_SUPPORTED);
		return vsbi_value(firmware_entries());
	default:
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	}
}

/* Mode pv answers its own functions (from STRATA_FN_CSR_READ on) before they could come here. */
static struct sbi_ret strata_handle(struct vcpu *v, uint64_t fid, const uint64_t *args,
				    enum vcpu_next *next)
{
	(void)next;
	switch (fid) {
	case STRATA_FN_VERSION:
		return vsbi_value(STRATA_ABI_VERSION);
	case STRATA_FN_FEATURES:
		return vsbi_value(v->mode->features(v->vm));
	case STRATA_FN_COUNTER_READ:
		return strata_counter_read(v, args[0]);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_strata = {
	.eid_first = STRATA_EID,
	.eid_last = STRATA_EID,
	.handle = strata_handle,
};
