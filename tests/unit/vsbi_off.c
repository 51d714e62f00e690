/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI extensions that the VM's tree switches off, above a fake vCPU.
 * SOURCES: hypervisor/vsbi/vsbi.c hypervisor/vsbi/base.c hypervisor/vsbi/time.c
 * SOURCES: hypervisor/vsbi/ipi.c hypervisor/vsbi/hartmask.c hypervisor/vsbi/rfence.c
 * SOURCES: hypervisor/vsbi/hsm.c hypervisor/vsbi/srst.c hypervisor/vsbi/dbcn.c
 * SOURCES: hypervisor/vsbi/legacy.c hypervisor/vsbi/strata.c hypervisor/vsbi/account_name.c
 * SOURCES: hypervisor/vsbi/names.c hypervisor/vm/account.c hypervisor/hart/cause.c
 * SOURCES: hypervisor/emul/csr_name.c hypervisor/emul/insn.c
 * SOURCES: hypervisor/vsbi/susp.c hypervisor/vsbi/sta.c hypervisor/vm/steal.c
 * SOURCES: hypervisor/vsbi/pmu.c hypervisor/vsbi/pmu_event.c hypervisor/vm/vpmu.c
 * SOURCES: hypervisor/vsbi/fwft.c hypervisor/vm/vfence.c
 */
#include "vsbi_fake.h"

TEST("an extension that is switched off is answered in no way, nor in the short ones")
{
	start();
	cpus[0].sbi_restricted = true;
	vm.config.sbi_disabled = 1UL << VSBI_TIME | 1UL << VSBI_IPI;
	CHECK_EQ(call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 2, 0, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, 5, 0, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(cpus[0].irq_pending, 0);
	CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_IPI, 0, 0), 0);
	CHECK_EQ(VALUE, 0);
	/* The others are there, by the long way. */
	vm.config.sbi_disabled = 1UL << VSBI_TIME;
	CHECK_EQ(call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0, 0), 0);
	CHECK_EQ(cpus[0].irq_pending, 1UL << IRQ_S_SOFT);
}
