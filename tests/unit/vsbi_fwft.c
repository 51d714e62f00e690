/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI FWFT, in sentences of the specification, above a fake vCPU.
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

static int64_t fwft_set(uint64_t feature, uint64_t value, uint64_t flags)
{
	return call(SBI_EXT_FWFT, SBI_FWFT_SET, feature, value, flags);
}

static int64_t fwft_get(uint64_t feature)
{
	return call(SBI_EXT_FWFT, SBI_FWFT_GET, feature, 0, 0);
}

TEST("FWFT: updating of A and D is off after a reset, and set to 0 or 1")
{
	start();
	CHECK_EQ(fwft_get(SBI_FWFT_PTE_AD_HW_UPDATING), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0);
	CHECK_EQ(fwft_get(SBI_FWFT_PTE_AD_HW_UPDATING), SBI_SUCCESS);
	CHECK_EQ(VALUE, 1);
	CHECK_EQ(adue_changes, 1);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, 0), SBI_SUCCESS);
	CHECK_EQ(adue_changes, 1);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 2, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, UINT64_MAX, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 0, 2), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 0, 1UL << 63), SBI_ERR_INVALID_PARAM);
	CHECK(cpus[0].fwft.adue);
	/* The feature's number has 32 bits. */
	CHECK_EQ(fwft_set(1UL << 32 | SBI_FWFT_PTE_AD_HW_UPDATING, 0, 0), SBI_SUCCESS);
	CHECK(!cpus[0].fwft.adue);
	cpus[0].fwft.adue_there = false;
	CHECK_EQ(fwft_get(SBI_FWFT_PTE_AD_HW_UPDATING), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(VALUE, 0);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, 0), SBI_ERR_NOT_SUPPORTED);
}

TEST("FWFT: a locked feature keeps its value, on this hart alone")
{
	start();
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 2, SBI_FWFT_LOCK), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, SBI_FWFT_LOCK), SBI_SUCCESS);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 0, 0), SBI_ERR_DENIED_LOCKED);
	CHECK_EQ(fwft_set(SBI_FWFT_PTE_AD_HW_UPDATING, 1, 0), SBI_ERR_DENIED_LOCKED);
	CHECK_EQ(fwft_get(SBI_FWFT_PTE_AD_HW_UPDATING), SBI_SUCCESS);
	CHECK_EQ(VALUE, 1);
	CHECK_EQ(fwft_set(SBI_FWFT_MISALIGNED_EXC_DELEG, 0, 0), SBI_SUCCESS);
	CHECK_EQ(cpus[1].fwft.locked, 0);
}

TEST("FWFT: misaligned exceptions are the firmware's choice; another one is denied")
{
	for (uint64_t host = 0; host < 2; host++) {
		start();
		delegates_misaligned = host;
		CHECK_EQ(fwft_get(SBI_FWFT_MISALIGNED_EXC_DELEG), SBI_SUCCESS);
		CHECK_EQ(VALUE, host);
		CHECK_EQ(fwft_set(SBI_FWFT_MISALIGNED_EXC_DELEG, !host, SBI_FWFT_LOCK),
			 SBI_ERR_DENIED);
		CHECK_EQ(fwft_set(SBI_FWFT_MISALIGNED_EXC_DELEG, host, 0), SBI_SUCCESS);
		CHECK_EQ(fwft_set(SBI_FWFT_MISALIGNED_EXC_DELEG, 2, 0), SBI_ERR_INVALID_PARAM);
		CHECK_EQ(fwft_set(SBI_FWFT_MISALIGNED_EXC_DELEG, host, SBI_FWFT_LOCK), SBI_SUCCESS);
		CHECK_EQ(fwft_set(SBI_FWFT_MISALIGNED_EXC_DELEG, host, 0), SBI_ERR_DENIED_LOCKED);
	}
}

TEST("FWFT: other features of the specification are not supported, and all others denied")
{
	static const uint64_t known[] = { SBI_FWFT_LANDING_PAD, SBI_FWFT_SHADOW_STACK,
					  SBI_FWFT_DOUBLE_TRAP, SBI_FWFT_POINTER_MASKING_PMLEN };
	static const uint64_t others[] = { 6, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
					   0xbfffffff, 0xc0000000, 0xffffffff, UINT64_MAX };

	start();
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		CHECK_EQ(fwft_get(known[i]), SBI_ERR_NOT_SUPPORTED);
		CHECK_EQ(fwft_set(known[i], 0, 0), SBI_ERR_NOT_SUPPORTED);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		CHECK_EQ(fwft_get(others[i]), SBI_ERR_DENIED);
		CHECK_EQ(VALUE, 0);
		CHECK_EQ(fwft_set(others[i], 0, 0), SBI_ERR_DENIED);
	}
	CHECK_EQ(call(SBI_EXT_FWFT, 2, 0, 0, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(adue_changes, 0);
}
