/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * APLIC and IMSIC as a kernel sees them; for `make run VM=guest-aia`, in any mode.
 * RISC-V Advanced Interrupt Architecture 1.0, chapters 2 to 4.
 */
#include <riscv/aia.h>
#include "guest.h"

/* The machine of dts/aia.dtsi. */
#define IMSIC		0x28000000UL
#define APLIC		0x0d000000UL
#define UART		0x10000000UL
#define UART_IER	1
#define UART_IER_THRI	2		/* raises the line as soon as the port can send */
#define SOURCE		10U
#define IDENTITY	77U
#define ROUNDS		100U

static void msi(uint32_t identity)
{
	*(volatile uint32_t *)(IMSIC + IMSIC_SETEIPNUM_LE) = identity;
	/* An MSI is a store to a device, and its effect is seen in a CSR. */
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}

static volatile uint32_t *aplic(uint64_t offset)
{
	return (volatile uint32_t *)(APLIC + offset);
}

static void sireg_write(uint64_t select, uint64_t value)
{
	csr_write(CSR_SISELECT, select);
	csr_write(CSR_SIREG, value);
}

static void start(const char *sentence)
{
	test_begin(sentence);
	sireg_write(IMSIC_EIDELIVERY, 1);
	sireg_write(IMSIC_EITHRESHOLD, 0);
	for (unsigned int i = 0; i < 8; i += 2) {
		sireg_write(IMSIC_EIP0 + i, 0);
		sireg_write(IMSIC_EIE0 + i, ~0UL);
	}
}

static bool is_interrupted(void)
{
	csr_write(CSR_SIE, SIP_SEIP);
	TRAP(csr_set(CSR_SSTATUS, SSTATUS_SIE));
	csr_clear(CSR_SSTATUS, SSTATUS_SIE);
	return trap_last.scause == (SCAUSE_INTERRUPT | IRQ_S_EXT);
}

static void test_imsic(void)
{
	start("an MSI interrupts, stopi and stopei name it, and a write of stopei claims it");
	EXPECT(!is_interrupted());
	msi(IDENTITY);
	msi(IDENTITY + 1);
	EXPECT(is_interrupted());
	EXPECT_EQ(csr_read(CSR_STOPI) >> TOPI_IID_SHIFT, IRQ_S_EXT);
	EXPECT_EQ(csr_swap(CSR_STOPEI, 0), IDENTITY << 16 | IDENTITY);
	EXPECT_EQ(csr_swap(CSR_STOPEI, 0), (IDENTITY + 1) << 16 | (IDENTITY + 1));
	EXPECT_EQ(csr_read(CSR_STOPEI), 0);
	EXPECT(!is_interrupted());
	test_end();

	start("eidelivery, eithreshold and eie hold an identity back that stays pending");
	msi(IDENTITY);
	sireg_write(IMSIC_EIDELIVERY, 0);
	EXPECT(!is_interrupted());
	sireg_write(IMSIC_EIDELIVERY, 1);
	sireg_write(IMSIC_EITHRESHOLD, IDENTITY);
	EXPECT(!is_interrupted());
	sireg_write(IMSIC_EITHRESHOLD, IDENTITY + 1);
	EXPECT(is_interrupted());
	sireg_write(IMSIC_EIE0 + IDENTITY / 64 * 2, 0);
	EXPECT(!is_interrupted());
	csr_write(CSR_SISELECT, IMSIC_EIP0 + IDENTITY / 64 * 2);
	EXPECT_EQ(csr_read(CSR_SIREG), 1UL << IDENTITY % 64);
	test_end();

	start("an odd register of eip does not exist, and stopi cannot be written");
	csr_write(CSR_SISELECT, IMSIC_EIP0 + 1);
	TRAP(csr_read(CSR_SIREG));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	TRAP(csr_write(CSR_STOPI, 0));
	EXPECT_EQ(trap_last.scause, EXC_ILLEGAL_INST);
	test_end();
}

static void test_aplic(void)
{
	start("the line of a device becomes an MSI, and setipnum another while it is high");
	*aplic(APLIC_DOMAINCFG) = APLIC_DOMAINCFG_IE | APLIC_DOMAINCFG_DM;
	*aplic(APLIC_SOURCECFG(SOURCE)) = APLIC_SM_LEVEL1;
	*aplic(APLIC_TARGET(SOURCE)) = IDENTITY;
	*aplic(APLIC_SETIENUM) = SOURCE;
	((volatile uint8_t *)UART)[UART_IER] = UART_IER_THRI;
	EXPECT(is_interrupted());
	EXPECT_EQ(csr_swap(CSR_STOPEI, 0) >> 16, IDENTITY);
	EXPECT(!is_interrupted());
	*aplic(APLIC_SETIPNUM_LE) = SOURCE;
	EXPECT_EQ(csr_swap(CSR_STOPEI, 0) >> 16, IDENTITY);
	((volatile uint8_t *)UART)[UART_IER] = 0;
	*aplic(APLIC_SETIPNUM_LE) = SOURCE;
	EXPECT_EQ(csr_read(CSR_STOPEI), 0);
	*aplic(APLIC_GENMSI) = IDENTITY + 5;
	EXPECT_EQ(csr_swap(CSR_STOPEI, 0) >> 16, IDENTITY + 5);
	test_end();
}

/* Every register, in an order that a seed makes: nothing but values may come of it. */
static void test_sweep(void)
{
	static uint64_t seed = 1, offset;

	start("no value in any register of APLIC and IMSIC does harm");
	for (unsigned int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		offset = i & 1 ? APLIC + (seed >> 40 & 0x7ffc) : IMSIC + (seed >> 40 & 4);
		TRAP({
			if (seed >> 63)
				*(volatile uint32_t *)offset = (uint32_t)(seed >> 20);
			else if (seed >> 62 & 1)
				(void)*(volatile uint32_t *)offset;
			else
				sireg_write(seed >> 30 & 0xff, seed);
		});
		EXPECT(trap_last.scause == NO_TRAP || trap_last.scause == EXC_ILLEGAL_INST);
	}
	TRAP((void)*(volatile uint8_t *)APLIC);
	EXPECT_EQ(trap_last.scause, EXC_LOAD_ACCESS);
	TRAP(*(volatile uint64_t *)APLIC = 0);
	EXPECT_EQ(trap_last.scause, EXC_STORE_ACCESS);
	test_end();
	start("and they work afterwards");
	msi(IDENTITY);
	EXPECT_EQ(csr_swap(CSR_STOPEI, 0) >> 16, IDENTITY);
	test_end();
}

/* Instructions of one, on all levels, under -icount. */
/* QEMU's machine reads an instruction from it, which is 0. */
static void test_no_code(void)
{
	start("there are no instructions in an interrupt file: a jump there is a fault");
	TRAP(((void (*)(void))IMSIC)());
	EXPECT(trap_last.scause == EXC_INST_ACCESS || trap_last.scause == EXC_ILLEGAL_INST);
	EXPECT_EQ(trap_last.sepc, IMSIC);
	test_end();
}

static void measure(void)
{
	uint64_t before, sent, claimed;

	start("instructions of an MSI to oneself and of a claim can be counted");
	csr_write(CSR_SIE, 0);
	before = csr_read(CSR_INSTRET);
	for (unsigned int i = 0; i < ROUNDS; i++)
		*(volatile uint32_t *)IMSIC = IDENTITY;
	sent = csr_read(CSR_INSTRET);
	for (unsigned int i = 0; i < ROUNDS; i++)
		(void)csr_swap(CSR_STOPEI, 0);
	claimed = csr_read(CSR_INSTRET);
	EXPECT(sent > before && claimed > sent);
	test_end();
	printf("COST: MSI %lu, claim %lu\n", (sent - before) / ROUNDS, (claimed - sent) / ROUNDS);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	(void)hartid;
	(void)dtb;
	test_imsic();
	test_aplic();
	test_no_code();
	measure();
	test_sweep();
	test_finish();
}
