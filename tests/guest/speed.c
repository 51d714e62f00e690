/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `make bench` counts of calls, registers of devices, interrupts between harts, sleeping and
 * waking. The boot argument rows= chooses, count= says how often the rows that sleep do, `peer` is
 * the second machine of vm_ping_pong. SBI 2.0.
 */
#include "speed.h"

#define UART		0x10000000UL
#define UART_LSR	5
#define UART_SCR	7
#define PLIC_CLAIM	0x0c201004UL	/* of hart 0's S-mode context */
#define TOUCHED		0x81000000UL	/* RAM that nobody has used */
#define TICKS_PER_US	10UL
#define PERIOD		(100 * TICKS_PER_US)
#define START		(100 * PERIOD)	/* both are ready at a multiple of it */

#define LOOP(n, ...)                                                           \
	for (uint64_t left = (n); left > 0; left--)                            \
		__asm__ volatile(__VA_ARGS__)

static void nothing(uint64_t n)
{
	/* volatile: the loop is what is subtracted. */
	LOOP(n, "");
}

/* ---- Calls ---- */

static void run_base_call(uint64_t n)
{
	register uint64_t a6 __asm__("a6") = SBI_BASE_GET_SPEC_VERSION;
	register uint64_t a7 __asm__("a7") = SBI_EXT_BASE;

	LOOP(n, "ecall" : : "r"(a6), "r"(a7) : "a0", "a1", "memory");
}

/* One call with one argument in a0 and another in a1, set anew each time. */
#define CALL(n, eid, fid, first, second)                                                        \
	do {                                                                                    \
		register uint64_t a6 __asm__("a6") = (fid), a7 __asm__("a7") = (eid);           \
											        \
		for (uint64_t left = (n); left > 0; left--)                                     \
			__asm__ volatile("mv a0, %2\n\tmv a1, %3\n\tecall\n\tcsrw sip, zero"    \
					 : : "r"(a6), "r"(a7), "r"(first), "r"(second)          \
					 : "a0", "a1", "memory");                               \
	} while (0)

static void run_call_base(uint64_t n)
{
	LOOP(n, "mv a0, zero\n\tmv a1, zero\n\tcsrw sip, zero" : : : "a0", "a1");
}

static uint64_t self;

static void run_set_timer(uint64_t n)
{
	CALL(n, SBI_EXT_TIME, SBI_TIME_SET_TIMER, ~0UL, 0UL);
}

static void run_ipi_call(uint64_t n)
{
	CALL(n, SBI_EXT_IPI, SBI_IPI_SEND_IPI, 1UL, self);
}

static void run_console_byte(uint64_t n)
{
	CALL(n, SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, (uint64_t)'.', 0UL);
}

/* Lines of 64 bytes with their ends, until they are shown. */
static void run_console_line(uint64_t n)
{
	for (uint64_t line = 0; line < n / 64; line++) {
		run_console_byte(63);
		CALL(1, SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, (uint64_t)'\n', 0UL);
	}
}

/* ---- Registers of devices ---- */

static void run_mmio_read(uint64_t n)
{
	LOOP(n, "lbu t0, 0(%0)" : : "r"(UART + UART_LSR) : "t0", "memory");
}

static void run_mmio_write(uint64_t n)
{
	LOOP(n, "sb zero, 0(%0)" : : "r"(UART + UART_SCR) : "memory");
}

static void run_mmio_compressed(uint64_t n)
{
	register uint64_t at __asm__("s0") = PLIC_CLAIM;

	LOOP(n, ".option push\n\t.option arch, +c\n\tc.lw a0, 0(%0)\n\t.option pop"
	     : : "r"(at) : "a0", "memory");
}

/* ---- Memory ---- */

static uint64_t touched = TOUCHED;

static void run_first_touch(uint64_t n)
{
	for (uint64_t left = n; left > 0; left--, touched += PAGE_SIZE)
		*(volatile uint64_t *)touched = left;
}

static void run_second_touch(uint64_t n)
{
	touched = TOUCHED;
	run_first_touch(n);
}

/* ---- Sleeping ---- */

static void sleep_until(uint64_t deadline)
{
	csr_write(CSR_STIMECMP, deadline);
	while (read_time() < deadline)
		__asm__ volatile("wfi");
}

/*
 * The three rows that sleep. instret goes on in sleep under -icount, so these run n times and end,
 * and QEMU is asked what two lengths took.
 */
static void run_sleep(uint64_t n)
{
	sleep_until(read_time() + n * 1000 * TICKS_PER_US);
}

static void run_wake_up(uint64_t n)
{
	for (uint64_t left = n; left > 0; left--)
		sleep_until(read_time() + PERIOD);
}

/*
 * Two machines on one hart that wake in turn: one at the beginning of each period, the other in the
 * middle, so that the hart goes from one to the other at every wake-up.
 */
static void wake_in_turn(uint64_t n, uint64_t phase)
{
	uint64_t deadline = (read_time() / START + 2) * START + phase;

	for (uint64_t left = n; left > 0; left--, deadline += PERIOD)
		sleep_until(deadline);
}

/* ---- Interrupts to another hart ---- */

static uint64_t other;

static inline void send_ipi(uint64_t hartid)
{
	register uint64_t a0 __asm__("a0") = 1, a1 __asm__("a1") = hartid;
	register uint64_t a6 __asm__("a6") = SBI_IPI_SEND_IPI, a7 __asm__("a7") = SBI_EXT_IPI;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

static inline void wait_ipi(void)
{
	while (!(csr_read(CSR_SIP) & SIP_SSIP))
		__asm__ volatile("wfi");
	csr_clear(CSR_SIP, SIP_SSIP);
}

/* The other hart answers each interrupt with one. */
static void other_main(void)
{
	csr_write(CSR_SIE, SIP_SSIP);
	for (;;) {
		wait_ipi();
		send_ipi(self);
	}
}

/* n interrupts: there and back. */
static void run_ipi_other(uint64_t n)
{
	for (uint64_t left = n / 2; left > 0; left--) {
		send_ipi(other);
		wait_ipi();
	}
}

static bool start_other(void)
{
	uint64_t ids[2];

	if (boot_harts(ids, 2) < 2)
		return false;
	other = ids[ids[0] == self];
	return hart_start_other(other, other_main);
}

static void sleeping_rows(uint64_t n)
{
	csr_write(CSR_SIE, SIP_STIP);
	if (wanted("sleep"))
		run_sleep(n);
	if (wanted("wake_up"))
		run_wake_up(n);
	if (wanted("vm_ping_pong"))
		wake_in_turn(n, boot_arg("peer") ? PERIOD / 2 : 0);
	if (wanted("ipi_other") && start_other()) {
		csr_write(CSR_SIE, SIP_SSIP);
		run_ipi_other(n);
	}
	power_off(false);
}

/* ---- The rows ---- */

static uint64_t number(const char *digits)
{
	uint64_t value = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		value = 10 * value + (uint64_t)(*digits - '0');
	return value;
}

static void measure_ipi_other(void)
{
	struct cost cost;

	if (!wanted("ipi_other"))
		return;
	if (!start_other()) {
		printf("BENCH {\"op\":\"ipi_other\",\"skip\":\"there is no other hart\"}\n");
		return;
	}
	/* Until it waits: what is sent to a hart that is starting may be lost. */
	csr_write(CSR_SIE, SIP_STIP);
	sleep_until(read_time() + START);
	csr_write(CSR_STIMECMP, ~0UL);
	csr_write(CSR_SIE, SIP_SSIP);
	cost = slope(run_ipi_other, 200);
	csr_write(CSR_SIE, 0);
	report("ipi_other", 200, cost);
}

void guest_main(uint64_t hartid, const void *dtb)
{
	const char *count = boot_arg("count");

	(void)dtb;
	self = hartid;
	if (count != NULL)
		sleeping_rows(number(count));
	measure("null_sbi", 100, run_base_call, nothing);
	measure("set_timer", 100, run_set_timer, run_call_base);
	measure("ipi_call", 100, run_ipi_call, run_call_base);
	measure("mmio_read", 100, run_mmio_read, nothing);
	measure("mmio_write", 100, run_mmio_write, nothing);
	measure("mmio_c_read", 100, run_mmio_compressed, nothing);
	measure("first_touch", 256, run_first_touch, run_second_touch);
	/* Last: a hypervisor that shows bytes a little later may have something left to do. */
	measure("console_byte", 16, run_console_byte, run_call_base);
	measure("console_line", 640, run_console_line, run_call_base);
	measure_ipi_other();
	printf("BENCH-END\n");
	power_off(false);
}
