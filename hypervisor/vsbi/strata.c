/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of the Strata extension that every mode has. <strata/abi.h>, docs/abi.md.
 */
#include <strata/abi.h>
#include "hart/firmware.h"
#include "mode/fast.h"
#include "vm/account.h"
#include "vm/mode.h"
#include "vsbi/account_name.h"
#include "vsbi/vsbi.h"

static struct sbi_ret strata_counter_read(const struct vcpu *v, uint64_t counter)
{
	switch (counter) {
	case STRATA_COUNTER_TRAPS:
		return vsbi_value(stat_traps(&v->stat));
	case STRATA_COUNTER_INTERRUPTS:
		return vsbi_value(stat_interrupt_exits(&v->stat));
	case STRATA_COUNTER_MTRAPS:
		/* The hart's, with those of others who run on it: for VMs that measure. */
		if (!firmware_counts() || !v->vm->config.counters)
			return vsbi_error(SBI_ERR_NOT_SUPPORTED);
		return vsbi_value(firmware_entries());
	default:
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	}
}

static struct sbi_ret strata_account_read(struct vcpu *v, gpa_t to, uint64_t index)
{
	struct strata_account_entry entry;

	if (index >= v->account->used)
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	if (!IS_ALIGNED(to.v, sizeof(uint64_t)) || !vm_is_ram(v->vm, to, sizeof(entry)))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	account_entry(v->account, v->vm, (unsigned)index, &entry);
	if (vm_write(v->vm, to, &entry, sizeof(entry)))
		return vsbi_error(SBI_ERR_INVALID_ADDRESS);
	return vsbi_value(v->account->used);
}

static struct sbi_ret strata_account(struct vcpu *v, uint64_t command, gpa_t to, uint64_t index)
{
	if (v->account == NULL)
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	fast_account(v->account, &v->stat, v->account->fast);
	switch (command) {
	case STRATA_ACCOUNT_RESET:
		account_reset(v->account);
		break;
	case STRATA_ACCOUNT_ADD:
	case STRATA_ACCOUNT_SUBTRACT:
		account_begin(v->account, command == STRATA_ACCOUNT_ADD ? 1 : -1);
		break;
	case STRATA_ACCOUNT_END:
		account_end(v->account);
		break;
	case STRATA_ACCOUNT_READ:
		return strata_account_read(v, to, index);
	default:
		return vsbi_error(SBI_ERR_INVALID_PARAM);
	}
	return vsbi_value(0);
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
	case STRATA_FN_ACCOUNT:
		return strata_account(v, args[0], GPA(args[1]), args[2]);
	default:
		return vsbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct vsbi_ext vsbi_strata = {
	.eid_first = STRATA_EID,
	.eid_last = STRATA_EID,
	.handle = strata_handle,
};
