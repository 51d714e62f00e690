/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI extensions that share memory with the guest, above a fake vCPU.
 * SOURCES: hypervisor/vsbi/vsbi.c hypervisor/vsbi/base.c hypervisor/vsbi/time.c
 * SOURCES: hypervisor/vsbi/ipi.c hypervisor/vsbi/hartmask.c hypervisor/vsbi/rfence.c
 * SOURCES: hypervisor/vsbi/hsm.c hypervisor/vsbi/srst.c hypervisor/vsbi/dbcn.c
 * SOURCES: hypervisor/vsbi/legacy.c hypervisor/vsbi/strata.c hypervisor/vsbi/account_name.c
 * SOURCES: hypervisor/vsbi/names.c hypervisor/vm/account.c hypervisor/hart/cause.c
 * SOURCES: hypervisor/emul/csr_name.c hypervisor/emul/insn.c
 * SOURCES: hypervisor/vsbi/susp.c hypervisor/vsbi/sta.c hypervisor/vm/steal.c
 */
#include "vsbi_fake.h"

/* ---- STA ---- */

TEST("STA: stolen time is told in nanoseconds from the call on, between two sequence numbers")
{
	const struct sbi_sta_shmem *memory = (const void *)(ram + 128);

	start();
	memset(ram, 0xff, 256);
	stolen_ticks = 5000;
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, RAM_GPA + 128, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0);
	CHECK_EQ(ram[127], 0xff);
	for (unsigned i = 128; i < 192; i++)
		CHECK_EQ(ram[i], 0);
	CHECK_EQ(ram[192], 0xff);
	steal_preempted(&cpus[0]);
	CHECK_EQ(memory->preempted, 1);
	stolen_ticks += 7;
	steal_update(&cpus[0]);
	CHECK_EQ(memory->steal, 700);
	CHECK_EQ(memory->sequence, 2);
	CHECK_EQ(memory->preempted, 0);
	/* Ticks of ten years, which times 10^9 exceed 64 bits. */
	stolen_ticks = 5000 + 315360000UL * timebase_hz + 3;
	steal_update(&cpus[0]);
	CHECK_EQ(memory->steal, 315360000UL * 1000000000UL + 300);
	CHECK_EQ(memory->sequence, 4);
	memset(ram, 0xff, 256);
	steal_update(&cpus[0]);
	CHECK_EQ(memory->sequence, 0);
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, UINT64_MAX, UINT64_MAX, 0), SBI_SUCCESS);
	CHECK(!cpus[0].steal.enabled);
}

TEST("STA: memory that is not aligned or not RAM, and flags, are refused, and all stays as it is")
{
	static const uint64_t wild[] = { 0, RAM_GPA - 64, RAM_GPA + RAM_SIZE, UINT64_MAX - 63 };

	start();
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, RAM_GPA, 0, 0), SBI_SUCCESS);
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, wild[i], 0, 0),
			 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, RAM_GPA, 1, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, RAM_GPA + 8, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, UINT64_MAX, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, RAM_GPA, 0, 1), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_STA, SBI_STA_SET_SHMEM, UINT64_MAX, UINT64_MAX, 1),
		 SBI_ERR_INVALID_PARAM);
	CHECK(cpus[0].steal.enabled);
	CHECK_EQ(cpus[0].steal.gpa, RAM_GPA);
}
