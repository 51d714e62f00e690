/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations that the kernel measures, as unrolled straight-line code.
 * docs/hacking.md, "The measuring method". Interrupts are off unless an operation turns them on.
 */
#include "bench/ops.h"

#include <riscv/csr.h>

#include "boot/hart.h"
#include "drv/sbi.h"
#include "drv/timer.h"
#include "drv/uart.h"
#include "lib/string.h"
#include "priv/priv.h"
#include "priv/root.h"

#define OPS_SPINS_MAX	1000000U
/* A page that no table maps, so that a fence for it has nothing to forget. */
#define OPS_FENCE_VA	0x10000UL

/* `body` OPS_UNROLL times in a loop; %[left] counts the rounds. */
#define OPS_LOOP(body)                                                                             \
	"1:\n\t.rept " PRIV_STR(OPS_UNROLL) "\n\t" body "\n\t.endr\n\t"                            \
	"addi %[left], %[left], -1\n\tbnez %[left], 1b\n\t"

static void ops_empty(uint64_t rounds)
{
	/* volatile: the loop is what is measured. */
	__asm__ volatile(OPS_LOOP("") : [left] "+r"(rounds));
}

static void ops_csr_read(uint64_t rounds)
{
	uint64_t value;

	__asm__ volatile(OPS_LOOP(PRIV_SITE("csrr %[v], sscratch",
					    PRIV_CALL_CSR(STRATA_FN_CSR_READ, sscratch)
					    "mv %[v], a1" PRIV_BACK,
					    "ld %[v], " PRIV_OFFSET(sscratch)))
			 : [left] "+r"(rounds), [v] "=&r"(value)
			 :
			 : PRIV_CLOBBER);
}

/* sscratch is 0 while the kernel runs, and stays so. */
static void ops_csr_write(uint64_t rounds)
{
	uint64_t value = 0;

	__asm__ volatile(OPS_LOOP(PRIV_SITE("csrw sscratch, %[v]",
					    "mv a1, %[v]\n\t"
					    PRIV_CALL_CSR(STRATA_FN_CSR_WRITE, sscratch) PRIV_BACK,
					    "sd %[v], " PRIV_OFFSET(sscratch)))
			 : [left] "+r"(rounds)
			 : [v] "r"(value)
			 : PRIV_CLOBBER);
}

static void ops_irq_toggle(uint64_t rounds)
{
	priv_irq_enable();
	__asm__ volatile(OPS_LOOP(
		PRIV_SITE("csrci sstatus, 2",
			  "li a1, 2\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_CLEAR, sstatus) PRIV_BACK,
			  "sb zero, " PRIV_STR(STRATA_PAGE_SIE_ON) "(tp)")
		PRIV_SITE("csrsi sstatus, 2",
			  "li a1, 2\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_SET, sstatus) PRIV_BACK,
			  PRIV_IRQ_ENABLE_PAGE))
			 : [left] "+r"(rounds)
			 :
			 : PRIV_CLOBBER);
	priv_irq_disable();
}

static void ops_irq_base(uint64_t rounds)
{
	priv_irq_enable();
	ops_empty(rounds);
	priv_irq_disable();
}

/* What stands in front of each SRET: where to, and S-mode with interrupts off. */
#define OPS_SRET_SETUP                                                                             \
	"lla t0, 2f\n\t"                                                                           \
	PRIV_SITE("csrw sepc, t0", "mv a1, t0\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_WRITE, sepc)        \
		  PRIV_BACK, "sd t0, " PRIV_OFFSET(sepc))                                          \
	PRIV_SITE("csrw sstatus, %[s]",                                                            \
		  "mv a1, %[s]\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_WRITE, sstatus) PRIV_BACK,         \
		  "sd %[s], " PRIV_OFFSET(sstatus))
#define OPS_IRET_SP	24
#define OPS_IRET_TP	32
#define OPS_IRET_PAGE(offset)	PRIV_STR(STRATA_PAGE_IRET) " + " PRIV_STR(offset) "(tp)"
/* A return to the same stack and hart; the other registers are free anyway. */
#define OPS_SRET                                                                                   \
	PRIV_SITE("sret",                                                                          \
		  "mv a1, sp\n\taddi sp, sp, -48\n\tsd a1, " PRIV_STR(OPS_IRET_SP) "(sp)\n\t"      \
		  "sd tp, " PRIV_STR(OPS_IRET_TP) "(sp)\n\tmv a0, sp\n\t"                          \
		  PRIV_HYPERCALL(STRATA_FN_IRET),                                                  \
		  "sd sp, " OPS_IRET_PAGE(OPS_IRET_SP) "\n\tsd tp, " OPS_IRET_PAGE(OPS_IRET_TP)    \
		  "\n\tli a0, 0\n\t" PRIV_HYPERCALL(STRATA_FN_IRET))

_Static_assert(offsetof(struct strata_iret, sp) == OPS_IRET_SP, "strata_iret.sp");
_Static_assert(offsetof(struct strata_iret, tp) == OPS_IRET_TP, "strata_iret.tp");

static uint64_t ops_sret_sstatus(void)
{
	return (priv_csr_read(sstatus) | SSTATUS_SPP) & ~(SSTATUS_SPIE | SSTATUS_SIE);
}

static void ops_sret(uint64_t rounds)
{
	__asm__ volatile(OPS_LOOP(OPS_SRET_SETUP OPS_SRET "2:\n\t")
			 : [left] "+r"(rounds)
			 : [s] "r"(ops_sret_sstatus())
			 : "t0", PRIV_CLOBBER);
}

static void ops_sret_base(uint64_t rounds)
{
	__asm__ volatile(OPS_LOOP(OPS_SRET_SETUP "2:\n\t")
			 : [left] "+r"(rounds)
			 : [s] "r"(ops_sret_sstatus())
			 : "t0", PRIV_CLOBBER);
}

static void ops_sfence(uint64_t rounds)
{
	__asm__ volatile(OPS_LOOP(PRIV_SITE("sfence.vma %[va], zero",
					    PRIV_SFENCE_BODY("mv a0, %[va]\n\tli a2, 1\n\t"),
					    PRIV_SFENCE_BODY("mv a0, %[va]\n\tli a2, 1\n\t")))
			 : [left] "+r"(rounds)
			 : [va] "r"(OPS_FENCE_VA)
			 : PRIV_CLOBBER, "a2");
}

static struct root ops_root;

static const char *ops_satp_prepare(void)
{
	return root_new(&ops_root) ? "no memory" : NULL;
}

static void ops_satp_finish(void)
{
	root_free(&ops_root);
}

#define OPS_SATP(value)                                                                            \
	PRIV_SITE("csrw satp, " value,                                                             \
		  "mv a1, " value "\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_WRITE, satp) PRIV_BACK,       \
		  "mv a1, " value "\n\t" PRIV_CALL_CSR(STRATA_FN_CSR_WRITE, satp) PRIV_BACK)

/* To and fro between two address spaces: half as many rounds of twice as much. */
static void ops_satp_switch(uint64_t rounds)
{
	uint64_t left = rounds / 2;

	__asm__ volatile(OPS_LOOP(OPS_SATP("%[a]") OPS_SATP("%[b]"))
			 : [left] "+r"(left)
			 : [a] "r"(root_satp(&ops_root)), [b] "r"(hart_this->satp)
			 : PRIV_CLOBBER);
}

static void ops_satp_base(uint64_t rounds)
{
	ops_empty(rounds / 2);
}

static void ops_timer_sbi(uint64_t rounds)
{
	__asm__ volatile("li a6, " PRIV_STR(SBI_TIME_SET_TIMER) "\n\t"
			 "li a7, " PRIV_STR(SBI_EXT_TIME) "\n\t" OPS_LOOP("li a0, -1\n\tecall")
			 : [left] "+r"(rounds)
			 :
			 : PRIV_CLOBBER);
}

/* stimecmp is now at the end of time, but the kernel's timer may have been elsewhere. */
static void ops_timer_finish(void)
{
	timer_resume();
}

static const char *ops_sstc_prepare(void)
{
	return timer_has_sstc() ? NULL : "no Sstc";
}

static void ops_timer_sstc(uint64_t rounds)
{
	__asm__ volatile(OPS_LOOP("csrw " PRIV_STR(CSR_STIMECMP) ", %[v]")
			 : [left] "+r"(rounds)
			 : [v] "r"(~0UL)
			 : "memory");
}

static void ops_null_sbi(uint64_t rounds)
{
	__asm__ volatile("li a6, " PRIV_STR(SBI_BASE_GET_SPEC_VERSION) "\n\t"
			 "li a7, " PRIV_STR(SBI_EXT_BASE) "\n\t" OPS_LOOP("ecall")
			 : [left] "+r"(rounds)
			 :
			 : PRIV_CLOBBER);
}

/* From the call until the interrupt has been handled. false: it did not come. */
static bool ops_ipi_once(void)
{
	const volatile uint64_t *count = &hart_this->ipi_count;
	uint64_t before = *count, spins = 0;

	sbi_send_ipi(hart_this->id);
	while (*count == before)
		if (++spins > OPS_SPINS_MAX)
			return false;
	return true;
}

static const char *ops_ipi_prepare(void)
{
	bool came;

	priv_irq_enable();
	came = ops_ipi_once();
	priv_irq_disable();
	return came ? NULL : "the interrupt did not come";
}

static void ops_ipi_self(uint64_t rounds)
{
	priv_irq_enable();
	for (uint64_t i = rounds * OPS_UNROLL; i; i--)
		ops_ipi_once();
	priv_irq_disable();
}

static void ops_ipi_base(uint64_t rounds)
{
	priv_irq_enable();
	for (uint64_t i = rounds * OPS_UNROLL; i; i--)
		/* volatile: the loop stays */
		__asm__ volatile("");
	priv_irq_disable();
}

static const char *ops_mmio_prepare(void)
{
	return uart_line_status() ? NULL : "no UART";
}

static void ops_mmio_read(uint64_t rounds)
{
	uint64_t value;

	__asm__ volatile(OPS_LOOP("lbu %[v], 0(%[p])")
			 : [left] "+r"(rounds), [v] "=&r"(value)
			 : [p] "r"(uart_line_status())
			 : "memory");
}

const struct ops_entry ops_table[] = {
	{ "csr_read", NULL, ops_csr_read, ops_empty, NULL },
	{ "csr_write", NULL, ops_csr_write, ops_empty, NULL },
	{ "irq_toggle", NULL, ops_irq_toggle, ops_irq_base, NULL },
	{ "sret", NULL, ops_sret, ops_sret_base, NULL },
	{ "sfence", NULL, ops_sfence, ops_empty, NULL },
	{ "satp_switch", ops_satp_prepare, ops_satp_switch, ops_satp_base, ops_satp_finish },
	{ "timer_sbi", NULL, ops_timer_sbi, ops_empty, ops_timer_finish },
	{ "timer_sstc", ops_sstc_prepare, ops_timer_sstc, ops_empty, ops_timer_finish },
	{ "null_sbi", NULL, ops_null_sbi, ops_empty, NULL },
	{ "ipi_self", ops_ipi_prepare, ops_ipi_self, ops_ipi_base, NULL },
	{ "mmio_read", ops_mmio_prepare, ops_mmio_read, ops_empty, NULL },
};

const size_t ops_count = ARRAY_SIZE(ops_table);
