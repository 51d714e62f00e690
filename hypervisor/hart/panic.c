/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the machine, with everything that is known about why: message, registers, CSRs with
 * their bits named, backtrace by symbol. Then SBI SRST with a failure, so that QEMU exits with 1.
 */
#include <riscv/layout.h>
#include "hart/cause.h"
#include "hart/hostcon.h"
#include "hart/panic.h"
#include "hart/sbi_call.h"
#include "lib/assert.h"
#include "lib/printf.h"

struct symbol {
	uint64_t address;
	const char *name;
};

/* Made by scripts/symbols.py in the second link. */
extern const struct symbol symbol_table[];
extern const uint64_t symbol_count;
extern char text_start[], text_end[];

struct bit_name {
	uint64_t mask;
	const char *name;
};

static const struct bit_name sstatus_bits[] = {
	{ SSTATUS_SIE, "SIE" }, { SSTATUS_SPIE, "SPIE" }, { SSTATUS_SPP, "SPP" },
	{ SSTATUS_FS, "FS" },	{ SSTATUS_SUM, "SUM" },	  { SSTATUS_MXR, "MXR" },
	{ SSTATUS_SD, "SD" },	{ 0, NULL },
};

static const struct bit_name hstatus_bits[] = {
	{ HSTATUS_GVA, "GVA" },	  { HSTATUS_SPV, "SPV" }, { HSTATUS_SPVP, "SPVP" },
	{ HSTATUS_VTVM, "VTVM" }, { HSTATUS_VTW, "VTW" }, { HSTATUS_VTSR, "VTSR" },
	{ 0, NULL },
};

static const char *const reg_names[32] = {
	"zero", "ra", "sp", "gp", "tp",	 "t0",	"t1", "t2", "s0", "s1", "a0",
	"a1",	"a2", "a3", "a4", "a5",	 "a6",	"a7", "s2", "s3", "s4", "s5",
	"s6",	"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

/* sifive_test: "fail" in the low half, the exit status in the high one. */
#define TEST_FAIL	0x3333U

static volatile uint32_t *test_device;

void machine_set_test_device(volatile uint32_t *test)
{
	test_device = test;
}

void machine_shutdown(bool failure)
{
	hostcon_flush();
	if (failure && test_device != NULL)
		*test_device = 1U << 16 | TEST_FAIL;
	sbi_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN,
		 failure ? SBI_SRST_REASON_SYSTEM_FAILURE : SBI_SRST_REASON_NONE, 0);
	sbi_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0);
	for (;;)
		hart_wait();
}

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	uint64_t low = 0, high = symbol_count;

	if (address < (uint64_t)text_start || address >= (uint64_t)text_end)
		return NULL;
	while (high - low > 1) {
		uint64_t middle = (low + high) / 2;

		if (symbol_table[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	if (symbol_count == 0 || symbol_table[low].address > address)
		return NULL;
	*offset = address - symbol_table[low].address;
	return symbol_table[low].name;
}

static void print_bits(const char *name, uint64_t value, const struct bit_name *bits)
{
	kprintf("  %-8s %016lx ", name, value);
	for (; bits->name != NULL; bits++)
		if (value & bits->mask)
			kprintf(" %s", bits->name);
	kprintf("\n");
}

static void print_place(uint64_t address)
{
	uint64_t offset;
	const char *name = symbol_find(address, &offset);

	if (name != NULL)
		kprintf("    %016lx %s+0x%lx\n", address, name, offset);
	else
		kprintf("    %016lx\n", address);
}

/*
 * Walk the chain of frame pointers (RISC-V psABI: saved ra and s0 stand just below the frame
 * pointer). Every frame must lie above the last on the same stack, so a broken chain ends.
 */
static void print_backtrace(uint64_t pc, uint64_t fp)
{
	uint64_t stack_top = this_hart()->stack_top;

	kprintf("  backtrace:\n");
	print_place(pc);
	for (int depth = 0; depth < 32; depth++) {
		if (fp % 16 || fp <= stack_top - HART_STACK_SIZE || fp > stack_top)
			break;
		uint64_t ra = ((const uint64_t *)fp)[-1], next = ((const uint64_t *)fp)[-2];

		if (ra < (uint64_t)text_start || ra >= (uint64_t)text_end)
			break;
		print_place(ra);
		if (next <= fp)
			break;
		fp = next;
	}
}

static void print_machine(void)
{
	const struct hart *hart = this_hart();

	kprintf("  hart %lu\n", hart->hartid);
	if (!hart->hypervisor_ext)
		return;
	print_bits("hstatus", csr_read(CSR_HSTATUS), hstatus_bits);
	print_bits("vsstatus", csr_read(CSR_VSSTATUS), sstatus_bits);
	kprintf("  hgatp    %016lx  vsatp  %016lx\n", csr_read(CSR_HGATP), csr_read(CSR_VSATP));
	kprintf("  hedeleg  %016lx  hideleg %016lx\n", csr_read(CSR_HEDELEG),
		csr_read(CSR_HIDELEG));
	kprintf("  htval    %016lx  htinst %016lx\n", csr_read(CSR_HTVAL), csr_read(CSR_HTINST));
}

/* Whoever holds the console's lock may be this very hart: print past it. */
static void print_directly(void)
{
	hostcon_panic();
	printf_set_sink(hostcon_put, NULL);
}

void panic_trap(const struct host_trap_frame *frame)
{
	print_directly();
	kprintf("\nstrata: panic: unexpected trap in HS-mode: %s\n", cause_name(frame->scause));
	kprintf("  scause   %016lx\n  sepc     %016lx  stval  %016lx\n", frame->scause, frame->sepc,
		frame->stval);
	print_bits("sstatus", frame->sstatus, sstatus_bits);
	print_machine();
	for (int i = 1; i < 32; i++)
		kprintf("  %-4s %016lx%s", reg_names[i], frame->regs[i], i % 4 == 3 ? "\n" : "");
	print_backtrace(frame->sepc, frame->regs[8]);
	machine_shutdown(true);
}

void panic_nested(const struct host_trap_frame *frame)
{
	print_directly();
	kprintf("\nstrata: panic: trap while handling a trap: %s, sepc %lx, stval %lx\n",
		cause_name(frame->scause), frame->sepc, frame->stval);
	machine_shutdown(true);
}

void panic(const char *fmt, ...)
{
	va_list args;

	print_directly();
	kprintf("\nstrata: panic: ");
	va_start(args, fmt);
	vkprintf(fmt, args);
	va_end(args);
	kprintf("\n");
	print_machine();
	print_backtrace((uint64_t)__builtin_return_address(0),
			(uint64_t)__builtin_frame_address(0));
	machine_shutdown(true);
}

void assert_fail(const char *expr, const char *file, int line)
{
	panic("%s:%d: assertion failed: %s", file, line, expr);
}
