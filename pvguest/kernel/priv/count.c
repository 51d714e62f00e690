/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters of hypervisor and firmware, for benchmarks.
 * docs/abi.md, STRATA_FN_COUNTER_READ; sbi/include/strata/firmware.h.
 */
#include <strata/firmware.h>

#include "drv/sbi.h"
#include "priv/priv.h"
#include "priv/probe.h"

static bool count_firmware;

void priv_count_init(void)
{
	struct sbi_ret ret;

	if (priv_has_strata)
		return;
	ret = sbi_call(STRATA_FW_EID, STRATA_FW_FN_MAGIC, 0, 0, 0);
	count_firmware = !ret.error && ret.value == STRATA_FW_MAGIC;
}

uint64_t priv_count_traps(void)
{
	struct sbi_ret ret;

	if (!priv_has_strata)
		return 0;
	ret = sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0, 0);
	return ret.error ? PRIV_COUNT_UNKNOWN : ret.value;
}

uint64_t priv_count_mtraps(void)
{
	struct sbi_ret ret = { SBI_ERR_NOT_SUPPORTED, 0 };

	if (priv_has_strata)
		ret = sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_MTRAPS, 0, 0);
	else if (count_firmware)
		ret = sbi_call(STRATA_FW_EID, STRATA_FW_FN_ENTRIES, STRATA_FW_ALL, 0, 0);
	return ret.error ? PRIV_COUNT_UNKNOWN : ret.value;
}
