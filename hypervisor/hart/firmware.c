/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware below can tell: M-mode entries, if it is Strata's own platform; FWFT.
 */
#include <strata/firmware.h>
#include "hart/firmware.h"
#include "hart/sbi_call.h"

static bool counts, delegates_misaligned;

void firmware_probe(void)
{
	struct sbi_ret r;

	if (sbi_probe(SBI_EXT_FWFT)) {
		r = sbi_call(SBI_EXT_FWFT, SBI_FWFT_GET, SBI_FWFT_MISALIGNED_EXC_DELEG, 0, 0);
		delegates_misaligned = r.error == SBI_SUCCESS && r.value == 1;
	}
	if (!sbi_probe(STRATA_FW_EID))
		return;
	r = sbi_call(STRATA_FW_EID, STRATA_FW_FN_MAGIC, 0, 0, 0);
	counts = r.error == SBI_SUCCESS && r.value == STRATA_FW_MAGIC;
}

bool firmware_counts(void)
{
	return counts;
}

bool firmware_delegates_misaligned(void)
{
	return delegates_misaligned;
}

uint64_t firmware_entries(void)
{
	if (!counts)
		return 0;
	return sbi_call(STRATA_FW_EID, STRATA_FW_FN_ENTRIES, STRATA_FW_ALL, 0, 0).value;
}

bool firmware_account(hpa_t at)
{
	return counts &&
	       sbi_call(STRATA_FW_EID, STRATA_FW_FN_ACCOUNT, at.v, 0, 0).error == SBI_SUCCESS;
}
