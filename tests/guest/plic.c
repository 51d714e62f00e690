/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller as a kernel sees it, with the serial port's line as its source.
 * RISC-V Platform-Level Interrupt Controller Specification 1.0.
 */
#include "guest.h"

/* The machine of dts/virt.dtsi, which is QEMU's. */
#define PLIC		0x0c000000UL
#define PLIC_PENDING	0x1000UL
#define PLIC_ENABLE	0x2080UL	/* of context 1, the first hart's S-mode */
#define PLIC_THRESHOLD	0x201000UL
#define PLIC_CLAIM	0x201004UL
#define UART		0x10000000UL
#define UART_IER	1
#define UART_IER_THRI	2		/* raises the line as soon as the port can send */
#define SOURCE		10U

static volatile uint32_t *plic(uint64_t offset)
{
	return (volatile uint32_t *)(PLIC + offset);
}

static void line_set(bool level)
{
	((volatile uint8_t *)UART)[UART_IER] = level ? UART_IER_THRI : 0;
}

/* By taking the interrupt: QEMU 7.2 does not show SEIP in a guest's sip. */
static bool irq_is_pending(void)
{
	csr_write(CSR_SIE, SIP_SEIP);
	TRAP(csr_set(CSR_SSTATUS, SSTATUS_SIE));
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	return trap_last.scause == (SCAUSE_INTERRUPT | IRQ_S_EXT);
}

/* QEMU's own controller looks at the line when it changes, and not when a claim is completed. */
static bool forgets_level(void)
{
	if (boot_node("hypervisor"))
		return false;
	test_skip("the machine's controller does not look at the level at completion");
	line_set(false);
	*plic(PLIC_CLAIM) = SOURCE;
	test_end();
	return true;
}

/* Line low, nothing in service or pending, source enabled with priority 1, threshold 0. */
static void start(const char *sentence)
{
	uint32_t source;

	test_begin(sentence);
	line_set(false);
	*plic(PLIC_THRESHOLD) = 0;
	*plic(SOURCE * 4) = 1;
	*plic(PLIC_ENABLE) = 1U << SOURCE;
	*plic(PLIC_CLAIM) = SOURCE;
	while ((source = *plic(PLIC_CLAIM)) != 0)
		*plic(PLIC_CLAIM) = source;
	line_set(true);
}

static void test_delivery(void)
{
	start("an enabled source whose line is high interrupts S-mode, which claims and completes");
	EXPECT(irq_is_pending());
	EXPECT_EQ(*plic(PLIC_CLAIM), SOURCE);
	EXPECT(!irq_is_pending());
	EXPECT_EQ(*plic(PLIC_CLAIM), 0);
	line_set(false);
	*plic(PLIC_CLAIM) = SOURCE;
	EXPECT(!irq_is_pending());
	test_end();

	start("a line that is still high at completion interrupts again");
	if (forgets_level())
		return;
	EXPECT_EQ(*plic(PLIC_CLAIM), SOURCE);
	EXPECT(!irq_is_pending());
	*plic(PLIC_CLAIM) = SOURCE;
	EXPECT(irq_is_pending());
	EXPECT_EQ(*plic(PLIC_CLAIM), SOURCE);
	line_set(false);
	*plic(PLIC_CLAIM) = SOURCE;
	test_end();
}

static void test_masks(void)
{
	start("priority 0 and a priority that is not above the threshold do not interrupt");
	*plic(SOURCE * 4) = 0;
	EXPECT(!irq_is_pending());
	EXPECT_EQ(*plic(PLIC_PENDING) >> SOURCE & 1, 1);
	*plic(SOURCE * 4) = 3;
	EXPECT(irq_is_pending());
	*plic(PLIC_THRESHOLD) = 3;
	EXPECT(!irq_is_pending());
	*plic(PLIC_THRESHOLD) = 2;
	EXPECT(irq_is_pending());
	test_end();

	start("a source that is not enabled does not interrupt, and its completion is ignored");
	if (forgets_level())
		return;
	EXPECT_EQ(*plic(PLIC_CLAIM), SOURCE);
	*plic(PLIC_ENABLE) = 0;
	*plic(PLIC_CLAIM) = SOURCE;
	*plic(PLIC_ENABLE) = 1U << SOURCE;
	EXPECT(!irq_is_pending());
	*plic(PLIC_CLAIM) = SOURCE;
	EXPECT(irq_is_pending());
	test_end();
}

static void test_widths(void)
{
	start("registers are 32 bits wide: other widths are access faults");
	TRAP((void)*(volatile uint8_t *)(PLIC + SOURCE * 4));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_ACCESS);
	TRAP((void)*(volatile uint16_t *)(PLIC + SOURCE * 4));
	EXPECT_EQ(trap_last.scause, EXC_LOAD_ACCESS);
	TRAP(*(volatile uint8_t *)(PLIC + SOURCE * 4) = 1);
	EXPECT_EQ(trap_last.scause, EXC_STORE_ACCESS);
	EXPECT_EQ(trap_last.stval, PLIC + SOURCE * 4);
	test_end();
}

/* Every 32-bit register, in an order that a seed makes: nothing but values may come of it. */
static void test_sweep(void)
{
	static uint64_t seed = 1, offset;

	start("no value in any register does harm");
	for (unsigned int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		offset = seed >> 40 & (i & 1 ? 0x201ffcUL : 0x3ffcUL);
		TRAP({
			if (seed >> 63)
				*plic(offset) = (uint32_t)(seed >> 20);
			else
				(void)*plic(offset);
		});
		EXPECT_EQ(trap_last.scause, NO_TRAP);
	}
	test_end();
	start("and the controller works afterwards");
	EXPECT(irq_is_pending());
	test_end();
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	test_delivery();
	test_masks();
	test_widths();
	test_sweep();
	line_set(false);
	*plic(PLIC_ENABLE) = 0;
	test_finish();
}
