/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts that sleep for short times, and so change places under a hypervisor that has fewer, while
 * they fence each other. SBI 2.0, chapter 8 (RFENCE).
 */
#include "guest.h"
#include "smp.h"

#define TICKS_PER_MS	10000UL		/* QEMU's virt machine: 10 MHz */
#define PATIENCE	(20000 * TICKS_PER_MS)
#define FENCES		128U
#define FENCES_AWAKE	8U		/* between two sleeps */
#define SLEEP_TICKS	200UL

static struct smp_hart harts[SMP_MAX];

static void sleep_ticks(uint64_t ticks)
{
	uint64_t end = read_time() + ticks;

	sbi_set_timer(end);
	csr_write(CSR_SIE, SIP_STIP);
	while (read_time() < end)
		__asm__ volatile("wfi");
	csr_write(CSR_SIE, 0);
	sbi_set_timer(~0UL);
}

static uint64_t fence_and_sleep(uint64_t index)
{
	uint64_t failed = 0;

	for (unsigned i = 0; i < FENCES; i++) {
		failed += sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_SFENCE_VMA, 0, ~0UL, 0, ~0UL, 0)
				  .error != SBI_SUCCESS;
		if (i % FENCES_AWAKE == 0)
			sleep_ticks(SLEEP_TICKS + 37 * index);
	}
	return failed;
}

void smp_main(struct smp_hart *hart)
{
	hart->result = fence_and_sleep(hart->index);
	__atomic_store_n(&hart->done, 1, __ATOMIC_SEQ_CST);
	for (;;)
		sbi_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0);
}

/* Interrupts are off: nothing comes here but what fails the test. */
uint64_t smp_trap(struct smp_hart *hart, uint64_t scause, uint64_t stval)
{
	(void)stval;
	hart->trap_cause = scause;
	return 4;
}

static void test_fences(unsigned count)
{
	uint64_t end;

	test_begin("harts that sleep and wake while they fence each other all go on");
	if (count == 0) {
		test_skip("one hart");
		test_end();
		return;
	}
	for (unsigned i = 0; i < count; i++)
		EXPECT_EQ((uint64_t)sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, harts[i].hartid,
					     (uint64_t)smp_entry, (uint64_t)&harts[i], 0, 0).error,
			  SBI_SUCCESS);
	EXPECT_EQ(fence_and_sleep(0), 0);
	end = read_time() + PATIENCE;
	for (unsigned i = 0; i < count; i++) {
		while (!__atomic_load_n(&harts[i].done, __ATOMIC_SEQ_CST) && read_time() < end)
			sleep_ticks(TICKS_PER_MS);
		EXPECT_EQ(harts[i].done, 1);
		EXPECT_EQ(harts[i].result, 0);
		EXPECT_EQ(harts[i].trap_cause, 0);
	}
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t hartids[SMP_MAX + 1];
	unsigned found, count = 0;

	fdt_use(dtb);
	found = boot_harts(hartids, SMP_MAX + 1);
	for (unsigned i = 0; i < found; i++) {
		if (hartids[i] == hartid || count == SMP_MAX)
			continue;
		harts[count].hartid = hartids[i];
		harts[count].index = count + 1;
		count++;
	}
	test_fences(count);
	test_finish();
}
