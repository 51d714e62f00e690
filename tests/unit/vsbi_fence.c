/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Remote fences of ranges and address spaces, in sentences of the SBI specification.
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

static int64_t fence_call(uint64_t fid, uint64_t start_addr, uint64_t size, uint64_t asid)
{
	remote_fence = (struct vfence){ .first = 99, .pages = 99 };
	return call5(SBI_EXT_RFENCE, fid, 3, 0, start_addr, size, asid);
}

TEST("RFENCE: a range is passed on in pages, from that of its first byte to that of its last")
{
	start();
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA, 0x1fff, 2, 7), SBI_SUCCESS);
	CHECK_EQ(remote_fence.first, 0x1000);
	CHECK_EQ(remote_fence.pages, 2);
	CHECK(!remote_fence.has_asid);
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA_ASID, 0, 0x1000, 0xffff), SBI_SUCCESS);
	CHECK_EQ(remote_fence.first, 0);
	CHECK_EQ(remote_fence.pages, 1);
	CHECK(remote_fence.has_asid);
	CHECK_EQ(remote_fence.asid, 0xffff);
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA, ~0xfffUL, 0x1000, 0), SBI_SUCCESS);
	CHECK_EQ(remote_fence.first, ~0xfffUL);
	CHECK_EQ(remote_fence.pages, 1);
}

TEST("RFENCE: start and size 0, a size of -1, and a large range fence every address")
{
	static const uint64_t ranges[][2] = {
		{ 0, 0 }, { 0, UINT64_MAX }, { 0x1234000, UINT64_MAX }, { 1, UINT64_MAX - 1 },
		{ 0x1000, (VFENCE_PAGES_MAX + 1) * 0x1000 }, { 0, 1UL << 63 },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA_ASID, ranges[i][0], ranges[i][1], 5),
			 SBI_SUCCESS);
		CHECK_EQ(remote_fence.pages, 0);
		CHECK(remote_fence.has_asid);
		CHECK_EQ(remote_fence.asid, 5);
	}
	CHECK_EQ(remote_calls, ARRAY_SIZE(ranges));
}

TEST("RFENCE: an empty range is no fence; a wrapping range, an ASID and harts that are none err")
{
	start();
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA, 0x1000, 0, 0), SBI_SUCCESS);
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA, 0x2000, UINT64_MAX - 1, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA_ASID, UINT64_MAX, 2, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(fence_call(SBI_RFENCE_SFENCE_VMA_ASID, 0, 0, 0x10000), SBI_ERR_INVALID_PARAM);
	for (uint64_t fid = SBI_RFENCE_FENCE_I; fid <= SBI_RFENCE_SFENCE_VMA_ASID; fid++) {
		CHECK_EQ(call5(SBI_EXT_RFENCE, fid, 4, 0, 0x1000, 0, 0), SBI_ERR_INVALID_PARAM);
		CHECK_EQ(call5(SBI_EXT_RFENCE, fid, 2, UINT64_MAX - 1, 0, 0, 0),
			 SBI_ERR_INVALID_PARAM);
	}
	CHECK_EQ(remote_calls, 0);
}

TEST("a box holds one fence; the same again is no second one, another does not fit")
{
	struct vfence_box box = { .full = false };
	struct vfence one = { .first = 0x1000, .pages = 1 }, two = one, got;

	CHECK(!vfence_take(&box, &got));
	CHECK(vfence_post(&box, &one));
	CHECK(vfence_post(&box, &two));
	two.has_asid = true;
	CHECK(!vfence_post(&box, &two));
	two = one;
	two.pages = 2;
	CHECK(!vfence_post(&box, &two));
	CHECK(vfence_take(&box, &got));
	CHECK_EQ(got.first, 0x1000);
	CHECK_EQ(got.pages, 1);
	CHECK(!vfence_take(&box, &got));
	CHECK(vfence_post(&box, &two));
}

TEST("legacy: a fence's range and ASID are passed on; what is not valid is fenced as a whole")
{
	start();
	CHECK_EQ(call5(SBI_EXT_LEGACY_RFENCE_VMA_ASID, 0, 0, 0x3000, 0x1000, 9, 0), 0);
	CHECK_EQ(remote_fence.first, 0x3000);
	CHECK_EQ(remote_fence.pages, 1);
	CHECK(remote_fence.has_asid && remote_fence.asid == 9);
	CHECK_EQ(call5(SBI_EXT_LEGACY_RFENCE_VMA_ASID, 0, 0, 0x3000, ~1UL, 0x10000, 0), 0);
	CHECK_EQ(remote_fence.pages, 0);
	CHECK(!remote_fence.has_asid);
	CHECK_EQ(remote_calls, 2);
	CHECK_EQ(call(SBI_EXT_LEGACY_RFENCE_VMA, 0, 0, 0x3000, 0), 0);
	CHECK_EQ(remote_calls, 2);
}
