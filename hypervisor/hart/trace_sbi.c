/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace of calls from HS-mode to the firmware in M-mode. SBI specification 2.0.
 */
#include <sbi/sbi.h>
#include "hart/hart.h"
#include "hart/trace.h"

void trace_sbi(uint64_t eid, uint64_t fid)
{
	/* Showing an entry may itself take calls to the firmware's console. */
	if (eid == SBI_EXT_DBCN || eid == SBI_EXT_LEGACY_PUTCHAR || eid == SBI_EXT_LEGACY_GETCHAR)
		return;
	trace_sbi_record(this_hart()->index, time_now(), eid, fid);
}
