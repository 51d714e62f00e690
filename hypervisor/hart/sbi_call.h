/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls from HS-mode to the firmware in M-mode. SBI specification 2.0.
 */
#ifndef HART_SBI_CALL_H
#define HART_SBI_CALL_H

#include <sbi/sbi.h>
#include "hart/trace.h"
#include "lib/types.h"

static inline struct sbi_ret sbi_call6(uint64_t eid, uint64_t fid, uint64_t arg0, uint64_t arg1,
				       uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
	/* Before the registers below are loaded: it is a function call. */
	if (trace_on())
		trace_sbi(eid, fid);

	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a3 __asm__("a3") = arg3;
	register uint64_t a4 __asm__("a4") = arg4;
	register uint64_t a5 __asm__("a5") = arg5;
	register uint64_t a6 __asm__("a6") = fid;
	register uint64_t a7 __asm__("a7") = eid;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a6), "r"(a7)
			 : "memory");
	return (struct sbi_ret){ .error = (int64_t)a0, .value = a1 };
}

static inline struct sbi_ret sbi_call(uint64_t eid, uint64_t fid, uint64_t a0, uint64_t a1,
				      uint64_t a2)
{
	return sbi_call6(eid, fid, a0, a1, a2, 0, 0, 0);
}

/* BASE probe: non-zero if the firmware has the extension. */
static inline bool sbi_probe(uint64_t eid)
{
	struct sbi_ret r = sbi_call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, eid, 0, 0);

	return r.error == SBI_SUCCESS && r.value != 0;
}

#endif
