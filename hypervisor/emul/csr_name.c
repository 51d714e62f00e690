/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of CSRs. Pure. RISC-V privileged specification, "CSR Listing".
 */
#include <riscv/csr.h>
#include "emul/csr_name.h"

static const struct {
	uint16_t number;
	const char *name;
} csr_names[] = {
	{ CSR_SSTATUS, "sstatus" },	{ CSR_SIE, "sie" },
	{ CSR_STVEC, "stvec" },		{ CSR_SCOUNTEREN, "scounteren" },
	{ CSR_SENVCFG, "senvcfg" },	{ CSR_SSCRATCH, "sscratch" },
	{ CSR_SEPC, "sepc" },		{ CSR_SCAUSE, "scause" },
	{ CSR_STVAL, "stval" },		{ CSR_SIP, "sip" },
	{ CSR_STIMECMP, "stimecmp" },	{ CSR_SATP, "satp" },
	{ CSR_FFLAGS, "fflags" },	{ CSR_FRM, "frm" },
	{ CSR_FCSR, "fcsr" },		{ CSR_CYCLE, "cycle" },
	{ CSR_TIME, "time" },		{ CSR_INSTRET, "instret" },
	{ CSR_HSTATUS, "hstatus" },	{ CSR_HEDELEG, "hedeleg" },
	{ CSR_HIDELEG, "hideleg" },	{ CSR_HIE, "hie" },
	{ CSR_HTIMEDELTA, "htimedelta" }, { CSR_HCOUNTEREN, "hcounteren" },
	{ CSR_HGEIE, "hgeie" },		{ CSR_HENVCFG, "henvcfg" },
	{ CSR_HTVAL, "htval" },		{ CSR_HIP, "hip" },
	{ CSR_HVIP, "hvip" },		{ CSR_HTINST, "htinst" },
	{ CSR_HGATP, "hgatp" },		{ CSR_HGEIP, "hgeip" },
	{ CSR_VSSTATUS, "vsstatus" },	{ CSR_VSIE, "vsie" },
	{ CSR_VSTVEC, "vstvec" },	{ CSR_VSSCRATCH, "vsscratch" },
	{ CSR_VSEPC, "vsepc" },		{ CSR_VSCAUSE, "vscause" },
	{ CSR_VSTVAL, "vstval" },	{ CSR_VSIP, "vsip" },
	{ CSR_VSTIMECMP, "vstimecmp" },	{ CSR_VSATP, "vsatp" },
};

const char *csr_name(unsigned csr)
{
	for (size_t i = 0; i < ARRAY_SIZE(csr_names); i++)
		if (csr_names[i].number == csr)
			return csr_names[i].name;
	return NULL;
}

unsigned csr_named(unsigned index)
{
	return index < ARRAY_SIZE(csr_names) ? csr_names[index].number : 0;
}
