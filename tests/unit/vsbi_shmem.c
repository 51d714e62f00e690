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
 * SOURCES: hypervisor/vsbi/pmu.c hypervisor/vsbi/pmu_event.c hypervisor/vm/vpmu.c
 * SOURCES: hypervisor/vsbi/fwft.c hypervisor/vm/vfence.c
 */
#include "vsbi/pmu.h"
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
	CHECK(!cpus[0].reports_steal);
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
	CHECK(cpus[0].reports_steal);
	CHECK_EQ(cpus[0].steal.gpa, RAM_GPA);
}

/* ---- PMU ---- */

#define FW(code)	(0xf0000 | (code))
#define EVENT_TIMER	FW(SBI_PMU_FW_SET_TIMER)
#define EVENT_CYCLES	SBI_PMU_HW_CPU_CYCLES
#define EVENT_INSNS	SBI_PMU_HW_INSTRUCTIONS

static int64_t config(uint64_t base, uint64_t mask, uint64_t flags, uint64_t event, uint64_t data)
{
	return call5(SBI_EXT_PMU, SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask, flags, event, data);
}

static int64_t begin(uint64_t base, uint64_t mask, uint64_t flags, uint64_t value)
{
	return call5(SBI_EXT_PMU, SBI_PMU_COUNTER_START, base, mask, flags, value, 0);
}

static int64_t stop(uint64_t base, uint64_t mask, uint64_t flags)
{
	return call(SBI_EXT_PMU, SBI_PMU_COUNTER_STOP, base, mask, flags);
}

static void set_timers(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, 1, 0, 0);
}

static void expect_count(uint64_t counter, uint64_t value)
{
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_FW_READ, counter, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, value);
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_FW_READ_HI, counter, 0, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 0);
}

TEST("PMU: counters 0 and 2 are cycle and instret, if the harts have them, others firmware's")
{
	start();
	for (unsigned round = 0; round < 2; round++) {
		hart_counters = round == 0;
		CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_NUM_COUNTERS, 0, 0, 0), SBI_SUCCESS);
		CHECK_EQ(VALUE, VPMU_COUNTERS);
		for (uint64_t i = 0; i < VPMU_COUNTERS; i++) {
			CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_GET_INFO, i, 0, 0), SBI_SUCCESS);
			CHECK_EQ(VALUE, hart_counters && (i == 0 || i == 2) ? 0x3fc00 + i :
									      1UL << 63);
		}
		CHECK_EQ(config(0, 1, 0, EVENT_CYCLES, 0),
			 hart_counters ? SBI_SUCCESS : SBI_ERR_NOT_SUPPORTED);
	}
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_GET_INFO, VPMU_COUNTERS, 0, 0),
		 SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_GET_INFO, UINT64_MAX, 0, 0),
		 SBI_ERR_INVALID_PARAM);
}

static uint64_t read_csr(unsigned csr)
{
	uint64_t value = 0;

	CHECK(pmu_read_csr(&cpus[0], csr, &value));
	return value;
}

TEST("PMU: a hardware counter follows the hart while it is started, from the value it is given")
{
	start();
	hart_clocks[VPMU_INSTRUCTIONS] = 5000;
	CHECK_EQ(config(0, 0x3ffff, 0, EVENT_INSNS, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 2);
	CHECK_EQ(read_csr(CSR_INSTRET), 0);
	CHECK_EQ(begin(2, 1, SBI_PMU_START_SET_INIT_VALUE, 77), SBI_SUCCESS);
	CHECK_EQ(cpus[0].vpmu.clock_users, 1);
	CHECK_EQ(read_csr(CSR_INSTRET), 77);
	hart_clocks[VPMU_INSTRUCTIONS] += 23;
	hart_clocks[VPMU_CYCLES] += 9999;
	CHECK_EQ(read_csr(CSR_INSTRET), 100);
	/* Its hart runs another one, and then it runs on a hart that has counted less. */
	vpmu_pause(&cpus[0].vpmu);
	hart_clocks[VPMU_INSTRUCTIONS] = 3;
	vpmu_resume(&cpus[0].vpmu);
	CHECK_EQ(read_csr(CSR_INSTRET), 100);
	hart_clocks[VPMU_INSTRUCTIONS] += 1;
	CHECK_EQ(stop(2, 1, 0), SBI_SUCCESS);
	CHECK(!cpus[0].vpmu.clocks_run);
	hart_clocks[VPMU_INSTRUCTIONS] += 1000;
	CHECK_EQ(read_csr(CSR_INSTRET), 101);
	CHECK_EQ(begin(2, 1, 0, 0), SBI_SUCCESS);
	hart_clocks[VPMU_INSTRUCTIONS] += 1;
	CHECK_EQ(read_csr(CSR_INSTRET), 102);
}

TEST("PMU: cycle and instret are read as their counters, and nothing else; without PMU they trap")
{
	uint64_t value;

	start();
	CHECK_EQ(read_csr(CSR_CYCLE), 0);
	CHECK_EQ(config(0, 1, SBI_PMU_CONFIG_AUTO_START, EVENT_CYCLES, 0), SBI_SUCCESS);
	hart_clocks[VPMU_CYCLES] += 10;
	CHECK_EQ(read_csr(CSR_CYCLE), 10);
	CHECK(!pmu_read_csr(&cpus[0], CSR_TIME, &value));
	CHECK(!pmu_read_csr(&cpus[0], CSR_CYCLE + 3, &value));
	CHECK(!pmu_read_csr(&cpus[0], CSR_CYCLE - 1, &value));
	CHECK(!pmu_read_csr(&cpus[0], CSR_SSTATUS, &value));
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_FW_READ, 0, 0, 0), SBI_ERR_INVALID_PARAM);
	vm.config.sbi_disabled = 1UL << VSBI_PMU;
	CHECK(!pmu_read_csr(&cpus[0], CSR_CYCLE, &value));
	vm.config.sbi_disabled = 0;
	hart_counters = false;
	CHECK(!pmu_read_csr(&cpus[0], CSR_CYCLE, &value));
}

TEST("PMU: a counter that the tree lets a VM read is not the hart's once it is configured")
{
	start();
	vm.config.counters = true;
	cpus[0].vpmu.counteren = 7;
	CHECK_EQ(config(0, 1, 0, EVENT_CYCLES, 0), SBI_SUCCESS);
	CHECK_EQ(hcounteren, 6);
	CHECK_EQ(config(2, 1, 0, EVENT_INSNS, 0), SBI_SUCCESS);
	CHECK_EQ(hcounteren, 2);
	CHECK_EQ(stop(0, 5, SBI_PMU_STOP_RESET), SBI_ERR_ALREADY_STOPPED);
	CHECK_EQ(hcounteren, 7);
	CHECK_EQ(config(1, 1, 0, EVENT_TIMER, 0), SBI_SUCCESS);
	CHECK_EQ(hcounteren, 7);
}

TEST("PMU: a counter counts its event while it is started, from the value that it is given")
{
	start();
	set_timers(3);
	CHECK_EQ(config(3, 0x3, 0, EVENT_TIMER, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 3);
	set_timers(1);
	expect_count(3, 0);
	CHECK_EQ(begin(3, 1, SBI_PMU_START_SET_INIT_VALUE, 1000), SBI_SUCCESS);
	set_timers(5);
	expect_count(3, 1005);
	CHECK_EQ(begin(3, 1, 0, 0), SBI_ERR_ALREADY_STARTED);
	CHECK_EQ(stop(3, 1, 0), SBI_SUCCESS);
	set_timers(7);
	expect_count(3, 1005);
	CHECK_EQ(stop(3, 1, 0), SBI_ERR_ALREADY_STOPPED);
	CHECK_EQ(begin(3, 1, 0, 77), SBI_SUCCESS);
	set_timers(1);
	expect_count(3, 1006);
	CHECK_EQ(stop(3, 1, SBI_PMU_STOP_RESET), SBI_SUCCESS);
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_COUNTER_FW_READ, 3, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(begin(3, 1, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(config(3, 1, SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START, EVENT_TIMER,
			0), SBI_SUCCESS);
	set_timers(2);
	expect_count(3, 2);
}

TEST("PMU: matching takes a counter that is free and fits; skipping it the first, if that does")
{
	start();
	CHECK_EQ(config(0, 0xf, 0, EVENT_TIMER, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 1);
	CHECK_EQ(config(0, 0xf, 0, FW(SBI_PMU_FW_OWN), 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 3);
	CHECK_EQ(config(0, 0xf, 0, EVENT_TIMER, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(1, 0x3, SBI_PMU_CONFIG_SKIP_MATCH, EVENT_TIMER, 0), SBI_SUCCESS);
	CHECK_EQ(VALUE, 1);
	CHECK_EQ(begin(1, 1, 0, 0), SBI_SUCCESS);
	CHECK_EQ(config(1, 0x3, SBI_PMU_CONFIG_SKIP_MATCH, EVENT_TIMER, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(0, 0x3, SBI_PMU_CONFIG_SKIP_MATCH, EVENT_TIMER, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(1, 0x1, 0, EVENT_CYCLES, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(2, 0x1, 0, EVENT_CYCLES, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(2, 0x1, SBI_PMU_CONFIG_SKIP_MATCH, EVENT_CYCLES, 0), SBI_ERR_NOT_SUPPORTED);
}

TEST("PMU: sets with a counter that is not there, reserved flags and other events are refused")
{
	static const uint64_t events[] = { 0, 3, 10, 0x10000, 0x20000, 0x30000, 0x40000,
					   FW(14), FW(22), FW(255), FW(259), FW(65535),
					   1UL << 20 | EVENT_TIMER, 1UL << 20 | EVENT_CYCLES,
					   UINT64_MAX, 1UL << 32 | EVENT_TIMER,
					   1UL << 32 | EVENT_INSNS };
	static const struct pmu_wild {
		uint64_t base, mask;
	} sets[] = {
		{ 0, 0 }, { 0, 1UL << VPMU_COUNTERS },
		{ VPMU_COUNTERS - 1, 2 }, { VPMU_COUNTERS, 1 }, { UINT64_MAX, 1 },
		{ UINT64_MAX, 2 }, { 1UL << 63, UINT64_MAX },
	};

	start();
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		CHECK_EQ(config(0, 7, 0, events[i], 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(1, 1, 0, EVENT_TIMER, 1), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(0, 1, 0, EVENT_CYCLES, 1), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(config(1, 1, 0x100, EVENT_TIMER, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(config(1, 1, 1UL << 63, EVENT_TIMER, 0), SBI_ERR_INVALID_PARAM);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		CHECK_EQ(config(sets[i].base, sets[i].mask, 0, EVENT_TIMER, 0),
			 SBI_ERR_INVALID_PARAM);
		CHECK_EQ(begin(sets[i].base, sets[i].mask, 0, 0), SBI_ERR_INVALID_PARAM);
		CHECK_EQ(stop(sets[i].base, sets[i].mask, 0), SBI_ERR_INVALID_PARAM);
	}
	CHECK_EQ(config(1, 1, 0, EVENT_TIMER, 0), SBI_SUCCESS);
	CHECK_EQ(begin(1, 1, 4, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(begin(1, 1, SBI_PMU_START_INIT_SNAPSHOT, 0), SBI_ERR_NO_SHMEM);
	CHECK_EQ(stop(1, 1, 4), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(stop(1, 1, SBI_PMU_STOP_TAKE_SNAPSHOT), SBI_ERR_NO_SHMEM);
}

TEST("PMU: an IPI is received by each hart that it is for, a fast one by its sender")
{
	start();
	CHECK_EQ(config(4, 1, SBI_PMU_CONFIG_AUTO_START, FW(SBI_PMU_FW_IPI_RECEIVED), 0),
		 SBI_SUCCESS);
	CHECK_EQ(call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 3, 0, 0), SBI_SUCCESS);
	CHECK_EQ(call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 2, 0, 0), SBI_SUCCESS);
	CHECK_EQ(call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 0, UINT64_MAX, 0), SBI_SUCCESS);
	cpus[0].stat.fast[FAST_HW_IPI] += 5;
	expect_count(4, 1 + 1 + 5);
	CHECK_EQ(cpus[1].stat.received[STAT_IPI], 3);
	CHECK_EQ(cpus[2].stat.received[STAT_IPI], 1);
}

TEST("PMU: a snapshot holds the set's values from its base on, and starts them again")
{
	const uint64_t *memory = (const void *)(ram + 4096);

	start();
	memset(ram, 0xff, sizeof(ram));
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_SNAPSHOT_SET_SHMEM, RAM_GPA + 4096, 0, 0), SBI_SUCCESS);
	CHECK_EQ(config(4, 1, SBI_PMU_CONFIG_AUTO_START, EVENT_TIMER, 0), SBI_SUCCESS);
	CHECK_EQ(config(6, 1, SBI_PMU_CONFIG_AUTO_START, FW(SBI_PMU_FW_IPI_SENT), 0), SBI_SUCCESS);
	set_timers(9);
	CHECK_EQ(stop(4, 5, SBI_PMU_STOP_TAKE_SNAPSHOT), SBI_SUCCESS);
	CHECK_EQ(memory[0], 0);
	CHECK_EQ(memory[1], 9);
	CHECK_EQ(memory[2], UINT64_MAX);
	CHECK_EQ(memory[3], 0);
	CHECK_EQ(memory[4], UINT64_MAX);
	ram[4096 + 8] = 20;
	CHECK_EQ(begin(4, 1, SBI_PMU_START_INIT_SNAPSHOT | SBI_PMU_START_SET_INIT_VALUE, 0),
		 SBI_ERR_INVALID_PARAM);
	CHECK_EQ(begin(4, 5, SBI_PMU_START_INIT_SNAPSHOT, 0), SBI_SUCCESS);
	set_timers(1);
	expect_count(4, 21);
	CHECK_EQ(call(SBI_EXT_PMU, SBI_PMU_SNAPSHOT_SET_SHMEM, UINT64_MAX, UINT64_MAX, 0),
		 SBI_SUCCESS);
	CHECK_EQ(stop(4, 1, SBI_PMU_STOP_TAKE_SNAPSHOT), SBI_ERR_NO_SHMEM);
}

TEST("PMU: memory for snapshots and event information must be aligned RAM, whole")
{
	static struct sbi_pmu_event_info *info = (void *)(ram + 32);
	const uint64_t set = SBI_PMU_SNAPSHOT_SET_SHMEM, get = SBI_PMU_EVENT_GET_INFO;

	start();
	CHECK_EQ(call(SBI_EXT_PMU, set, RAM_GPA + 8, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_PMU, set, RAM_GPA, 0, 1), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call(SBI_EXT_PMU, set, RAM_GPA, 1, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_PMU, set, RAM_GPA + RAM_SIZE, 0, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SBI_EXT_PMU, set, 0, 0, 0), SBI_ERR_INVALID_ADDRESS);
	info[0] = (struct sbi_pmu_event_info){ .event = EVENT_TIMER, .output = 0xff };
	info[1] = (struct sbi_pmu_event_info){ .event = 3, .output = 0xff };
	info[2] = (struct sbi_pmu_event_info){ .event = 0x40000, .output = 0xff };
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA + 32, 0, 2, 0, 0), SBI_SUCCESS);
	CHECK_EQ(info[0].output, 1);
	CHECK_EQ(info[1].output, 0);
	CHECK_EQ(info[2].output, 0xff);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA + 32, 0, 3, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA + 32, 0, 1, 1, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA + 40, 0, 1, 0, 0), SBI_ERR_INVALID_PARAM);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA, 1, 1, 0, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA, 0, RAM_SIZE / 16 + 1, 0, 0),
		 SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA, 0, 1UL << 60, 0, 0), SBI_ERR_INVALID_ADDRESS);
	CHECK_EQ(call5(SBI_EXT_PMU, get, RAM_GPA, 0, UINT64_MAX, 0, 0), SBI_ERR_INVALID_ADDRESS);
}

/* ---- Extensions that are switched off ---- */

TEST("an extension that the VM's tree switches off is not probed and not called")
{
	start();
	vm.config.sbi_disabled = 1UL << VSBI_SUSP | 1UL << VSBI_TIME;
	cpus[0].sbi_restricted = true;
	CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_TIME, 0, 0), 0);
	CHECK_EQ(VALUE, 0);
	CHECK_EQ(call(SBI_EXT_TIME, SBI_TIME_SET_TIMER, 1, 0, 0), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(cpus[0].timer_deadline, 0);
	CHECK_EQ(call(SBI_EXT_SUSP, 0, SBI_SUSP_TO_RAM, RAM_GPA, 5), SBI_ERR_NOT_SUPPORTED);
	CHECK_EQ(call(SBI_EXT_BASE, SBI_BASE_PROBE_EXTENSION, SBI_EXT_HSM, 0, 0), 0);
	CHECK_EQ(VALUE, 1);
}
