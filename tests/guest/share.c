/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM keeps of its hart beside one that reboots all the time (boot argument "reboot"), as its
 * steal time says. SBI 3.0, "Steal-time Accounting Extension", "System Reset Extension".
 */
#include "guest.h"

#define TICKS_PER_MS	10000UL		/* on QEMU's virt machine */
#define NS_PER_MS	1000000UL
#define WINDOW_MS	600UL
#define STOLEN_MAX_MS	360UL		/* half is fair, for both weigh the same */
#define GAP_MAX_MS	40UL		/* a slice is 10 ms, and a piece of work */
#define NAPS		40U
#define NAP_TICKS	(3 * TICKS_PER_MS)
#define LATE_MAX_MS	7UL		/* a piece of work; all of it takes some 100 */
#define REBOOT_TRAPS	60UL		/* then it has rebooted enough */

static _Alignas(64) struct sbi_sta_shmem memory;

static uint64_t traps(void)
{
	return sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0, 0, 0, 0)
		.value;
}

static void test_share(void)
{
	uint64_t begin, before, now, stolen, gap = 0;

	test_begin("a VM that reboots all the time takes no more than its share of the hart");
	EXPECT_EQ((uint64_t)sbi_call(SBI_EXT_STA, SBI_STA_SET_SHMEM, (uint64_t)&memory, 0, 0, 0, 0)
			  .error, SBI_SUCCESS);
	begin = before = read_time();
	stolen = *(volatile uint64_t *)&memory.steal;
	do {
		now = read_time();
		gap = now - before > gap ? now - before : gap;
		before = now;
	} while (now - begin < WINDOW_MS * TICKS_PER_MS);
	stolen = (*(volatile uint64_t *)&memory.steal - stolen) / NS_PER_MS;
	printf("stolen: %lu of %lu ms\n", stolen, WINDOW_MS);
	EXPECT(stolen <= STOLEN_MAX_MS);
	test_end();

	test_begin("nor does it keep the hart for long at a time, loading its images");
	printf("longest absence: %lu us\n", gap * 1000 / TICKS_PER_MS);
	EXPECT(gap <= GAP_MAX_MS * TICKS_PER_MS);
	test_end();
}

/* It sleeps, and its hart has nothing else to do but to make the other one ready. */
static void test_wake_up(void)
{
	uint64_t late = 0;

	test_begin("nor does it keep another one's timer from firing meanwhile");
	csr_write(CSR_SIE, SIP_STIP);
	for (unsigned i = 0; i < NAPS; i++) {
		uint64_t at = read_time() + NAP_TICKS, now;

		sbi_set_timer(at);
		do {
			__asm__ volatile("wfi");
			now = read_time();
		} while (now < at);
		late = now - at > late ? now - at : late;
	}
	sbi_set_timer(UINT64_MAX);
	printf("latest wake-up: %lu us\n", late * 1000 / TICKS_PER_MS);
	EXPECT(late <= LATE_MAX_MS * TICKS_PER_MS);
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	if (boot_arg("reboot") == NULL) {
		test_share();
		test_wake_up();
		return;
	}
	if (traps() >= REBOOT_TRAPS)
		return;
	sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_COLD_REBOOT, SBI_SRST_REASON_NONE, 0,
		 0, 0);
}
