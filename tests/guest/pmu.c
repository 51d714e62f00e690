/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware counters: they count what a hart calls, and nothing while they are stopped.
 * SBI 3.0, "Performance Monitoring Unit Extension".
 */
#include "guest.h"

#define FW(code)	(0xf0000UL | (code))
#define CALLS		10
#define IMPL_OPENSBI	1

static _Alignas(SBI_PMU_SNAPSHOT_SIZE) volatile uint64_t snapshot[SBI_PMU_SNAPSHOT_SIZE / 8];
static uint64_t self, counters;

static struct sbi_ret pmu(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	return sbi_call(SBI_EXT_PMU, fid, a0, a1, a2, a3, 0);
}

/* A mask of all firmware counters; the first one's number in *first. */
static uint64_t firmware_counters(uint64_t *first)
{
	uint64_t mask = 0;

	*first = counters;
	for (uint64_t i = counters; i-- > 0;) {
		struct sbi_ret info = pmu(SBI_PMU_COUNTER_GET_INFO, i, 0, 0, 0);

		if (info.error == SBI_SUCCESS && info.value & SBI_PMU_INFO_FIRMWARE)
			*first = i;
	}
	for (uint64_t i = *first; i < counters; i++)
		mask |= 1UL << (i - *first);
	return mask;
}

static void call_timer(void)
{
	sbi_set_timer(~0UL);
}

static void call_ipi(void)
{
	sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, self, 0, 0, 0);
	csr_clear(CSR_SIP, SIP_SSIP);
}

static void call_fence(void)
{
	sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, 1, self, 0, 0, 0);
}

/* Configures a counter, has it count from 100 on, and reads it while it counts and after. */
static void check_event(uint64_t event, void (*call)(void), const char *what)
{
	uint64_t base, mask = firmware_counters(&base), counted;
	struct sbi_ret found = pmu(SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask,
				   SBI_PMU_CONFIG_CLEAR_VALUE, event);

	if (found.error)
		return test_fail("%s: error %ld", what, found.error);
	EXPECT(pmu(SBI_PMU_COUNTER_START, found.value, 1, SBI_PMU_START_SET_INIT_VALUE, 100)
		       .error == SBI_SUCCESS);
	for (int i = 0; i < CALLS; i++)
		call();
	counted = pmu(SBI_PMU_COUNTER_FW_READ, found.value, 0, 0, 0).value;
	if (counted != 100 + CALLS)
		test_fail("%s: %lu, not %d", what, counted, 100 + CALLS);
	EXPECT(pmu(SBI_PMU_COUNTER_STOP, found.value, 1, 0, 0).error == SBI_SUCCESS);
	call();
	EXPECT_EQ(pmu(SBI_PMU_COUNTER_FW_READ, found.value, 0, 0, 0).value, counted);
	EXPECT(pmu(SBI_PMU_COUNTER_STOP, found.value, 1, SBI_PMU_STOP_RESET, 0).error ==
	       SBI_ERR_ALREADY_STOPPED);
}

static void test_events(void)
{
	test_begin("a firmware counter counts its event from its start value until it is stopped");
	check_event(FW(SBI_PMU_FW_SET_TIMER), call_timer, "set_timer");
	check_event(FW(SBI_PMU_FW_IPI_SENT), call_ipi, "send_ipi");
	check_event(FW(SBI_PMU_FW_FENCE_I_SENT), call_fence, "remote_fence_i");
	test_end();
}

static void test_snapshot(void)
{
	uint64_t base, mask = firmware_counters(&base), one;

	test_begin("a snapshot at the stop holds the counter's value, and nothing overflows");
	EXPECT(pmu(SBI_PMU_SNAPSHOT_SET_SHMEM, (uint64_t)snapshot, 0, 0, 0).error == SBI_SUCCESS);
	one = pmu(SBI_PMU_COUNTER_CONFIG_MATCHING, base, mask,
		  SBI_PMU_CONFIG_CLEAR_VALUE | SBI_PMU_CONFIG_AUTO_START,
		  FW(SBI_PMU_FW_SET_TIMER)).value;
	call_timer();
	snapshot[0] = 5;
	EXPECT(pmu(SBI_PMU_COUNTER_STOP, one, 1, SBI_PMU_STOP_TAKE_SNAPSHOT, 0).error ==
	       SBI_SUCCESS);
	EXPECT_EQ(snapshot[0], 0);
	EXPECT_EQ(snapshot[1], 1);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)dtb;
	self = hartid;
	test_begin("counters are offered");
	if (sbi_call(SBI_EXT_BASE, SBI_BASE_GET_IMPL_ID, 0, 0, 0, 0, 0).value == IMPL_OPENSBI)
		return test_skip("OpenSBI 1.6 traps in M-mode on this");
	if (!sbi_probe(SBI_EXT_PMU))
		return test_skip("no PMU extension");
	counters = pmu(SBI_PMU_NUM_COUNTERS, 0, 0, 0, 0).value;
	EXPECT(counters > 0 && counters <= 64);
	test_end();
	test_events();
	test_snapshot();
}
