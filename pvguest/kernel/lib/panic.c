/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end: print why, and power off with the reason "system failure".
 * SBI specification, "System Reset Extension". Firmware ends QEMU with status 0 even for a failure
 * (OpenSBI 1.6): the sifive_test device of the machine has a status to give.
 */
#include "lib/panic.h"

#include "boot/hart.h"
#include "boot/info.h"
#include "drv/sbi.h"
#include "lib/printf.h"
#include "mm/map.h"
#include "priv/priv.h"
#include "priv/trap.h"
#include "proc/proc.h"

/* sifive_test: "fail" in the low half, the exit status of the machine in the high one. */
#define PANIC_TEST_FAIL	0x3333U

static volatile uint32_t *panic_test;

void panic_init(void)
{
	if (info.test_pa)
		panic_test = (volatile uint32_t *)map_early_io(info.test_pa);
}

_Noreturn void panic(const char *format, ...)
{
	char line[256];
	va_list args;

	priv_irq_disable();
	va_start(args, format);
	printf_vformat(line, sizeof(line), format, args);
	va_end(args);
	kprintf("panic: %s\n", line);
	/* The kernel lock is ours for ever: there the other harts stop, should power stay on. */
	for (size_t i = 0; i < hart_count; i++)
		if (hart_all[i] != hart_this)
			hart_kick(hart_all[i]);
	if (panic_test)
		*panic_test = 1U << 16 | PANIC_TEST_FAIL;
	sbi_shutdown(true);
}

_Noreturn void panic_frame(const struct trap_frame *f, uint64_t cause, uint64_t stval)
{
	const uint64_t values[] = {
		f->ra, f->iret.sp, f->gp, f->iret.tp, f->t0, f->t1, f->t2, f->s0, f->s1,
		f->iret.a0, f->a1, f->a2, f->a3, f->a4, f->a5, f->iret.a6, f->iret.a7, f->s2,
		f->s3, f->s4, f->s5, f->s6, f->s7, f->s8, f->s9, f->s10, f->s11, f->t3, f->t4,
		f->t5, f->t6,
	};
	static const char names[][4] = {
		"ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1",
		"a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6",
		"s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		kprintf("%4s %016lx%s", names[i], values[i], i % 4 == 3 ? "\n" : "");
	kprintf("\nsepc %016lx sstatus %016lx stval %016lx\n", f->sepc, f->sstatus, stval);
	panic("trap in the kernel, scause %lx, process %d", cause,
	      proc_current ? proc_current->pid : 0);
}
