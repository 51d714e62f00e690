/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM that reboots: the same vCPUs, memory and devices as after power-on. The guest boots four
 * times and tells one boot from the next by what alone survives, the vCPU's count of traps.
 * SBI 3.0, "System Reset Extension".
 */
#include "guest.h"

#define BOOTS		4
#define BOOT_TRAPS	100000UL	/* so many belong to one boot */

#define UART_IER	((volatile uint8_t *)0x10000001)
#define PLIC_ENABLE_1	((volatile uint32_t *)0x0c002080)
#define PLIC_PRIORITY(n) ((volatile uint32_t *)0x0c000000 + (n))

#define MARK		0x7265626f6f743f21UL

static uint64_t traps(void)
{
	return sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0, 0, 0, 0)
		.value;
}

/* Memory behind the image that nothing of this guest uses. */
static volatile uint64_t *spare_word(void)
{
	uint64_t base, size;

	if (!boot_memory(&base, &size))
		return NULL;
	return (volatile uint64_t *)(base + size / 2);
}

static void check_fresh(uint64_t boot)
{
	volatile uint64_t *spare = spare_word();
	uint64_t sie = csr_read(CSR_SIE), satp = csr_read(CSR_SATP);

	test_begin("after a reboot RAM is zero and CSRs are as at the first start");
	EXPECT(spare && *spare == 0);
	EXPECT_EQ(satp, 0);
	EXPECT_EQ(csr_read(CSR_SSTATUS) & SSTATUS_SIE, 0);
	if (boot == 0)
		EXPECT_EQ(sie, 0);
	test_end();

	test_begin("after a reboot devices are as at the first start");
	EXPECT_EQ(*UART_IER, 0);
	EXPECT_EQ(*PLIC_ENABLE_1, 0);
	EXPECT_EQ(*PLIC_PRIORITY(10), 0);
	test_end();

	test_begin("after a reboot no interrupt is pending");
	csr_write(CSR_SIE, ~0UL);
	EXPECT_EQ(csr_read(CSR_SIP), 0);
	csr_write(CSR_SIE, 0);
	test_end();
}

/* Everything that a reboot must undo. */
static void make_dirty(void)
{
	volatile uint64_t *spare = spare_word();

	if (spare)
		*spare = MARK;
	*PLIC_PRIORITY(10) = 5;
	*PLIC_ENABLE_1 = 1U << 10;
	*UART_IER = 2;		/* its transmitter is empty: the line goes up */
	sbi_set_timer(0);
	sbi_call(SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1, 0, 0, 0, 0);
	csr_write(CSR_SIE, SIP_STIP | SIP_SSIP | SIP_SEIP);
	csr_set(CSR_SSTATUS, SSTATUS_SUM);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	uint64_t boot = traps() / BOOT_TRAPS;

	(void)hartid;
	(void)dtb;
	if (!sbi_probe(STRATA_EID)) {
		test_begin("a reboot can be told from a first start");
		test_skip("there is no Strata extension, whose counters survive");
		return;
	}
	printf("boot %lu, seed %016lx\n", boot, boot_seed());
	check_fresh(boot);
	if (boot + 1 == BOOTS)
		return;
	make_dirty();
	while (traps() < (boot + 1) * BOOT_TRAPS)
		;
	sbi_call(SBI_EXT_SRST, SBI_SRST_RESET,
		 boot % 2 ? SBI_SRST_TYPE_WARM_REBOOT : SBI_SRST_TYPE_COLD_REBOOT,
		 SBI_SRST_REASON_NONE, 0, 0, 0);
	test_fail("system_reset returned");
}
