/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of exceptions and interrupts. Privileged specification, table of scause values.
 */
#include <riscv/csr.h>
#include "hart/cause.h"

static const char *const exception_names[EXC_COUNT] = {
	[EXC_INST_MISALIGNED] = "instruction address misaligned",
	[EXC_INST_ACCESS] = "instruction access fault",
	[EXC_ILLEGAL_INST] = "illegal instruction",
	[EXC_BREAKPOINT] = "breakpoint",
	[EXC_LOAD_MISALIGNED] = "load address misaligned",
	[EXC_LOAD_ACCESS] = "load access fault",
	[EXC_STORE_MISALIGNED] = "store/AMO address misaligned",
	[EXC_STORE_ACCESS] = "store/AMO access fault",
	[EXC_ECALL_U] = "environment call from U-mode or VU-mode",
	[EXC_ECALL_S] = "environment call from HS-mode",
	[EXC_ECALL_VS] = "environment call from VS-mode",
	[EXC_INST_PAGE_FAULT] = "instruction page fault",
	[EXC_LOAD_PAGE_FAULT] = "load page fault",
	[EXC_STORE_PAGE_FAULT] = "store/AMO page fault",
	[EXC_INST_GUEST_FAULT] = "instruction guest-page fault",
	[EXC_LOAD_GUEST_FAULT] = "load guest-page fault",
	[EXC_VIRTUAL_INST] = "virtual instruction",
	[EXC_STORE_GUEST_FAULT] = "store/AMO guest-page fault",
};

static const char *const interrupt_names[] = {
	[IRQ_S_SOFT] = "supervisor software interrupt",
	[IRQ_VS_SOFT] = "VS software interrupt",
	[IRQ_S_TIMER] = "supervisor timer interrupt",
	[IRQ_VS_TIMER] = "VS timer interrupt",
	[IRQ_S_EXT] = "supervisor external interrupt",
	[IRQ_VS_EXT] = "VS external interrupt",
	[IRQ_S_GEXT] = "supervisor guest external interrupt",
};

const char *cause_name(uint64_t scause)
{
	uint64_t code = scause & ~SCAUSE_INTERRUPT;
	const char *name = NULL;

	if (scause & SCAUSE_INTERRUPT) {
		if (code < ARRAY_SIZE(interrupt_names))
			name = interrupt_names[code];
	} else if (code < ARRAY_SIZE(exception_names)) {
		name = exception_names[code];
	}
	return name ? name : "reserved cause";
}

const char *cause_event_name(uint64_t scause)
{
	static const char *const exceptions[EXC_COUNT] = {
		[EXC_INST_MISALIGNED] = "EXC_INST_MISALIGNED",
		[EXC_INST_ACCESS] = "EXC_INST_ACCESS",
		[EXC_ILLEGAL_INST] = "EXC_INST_ILLEGAL",
		[EXC_BREAKPOINT] = "EXC_BREAKPOINT",
		[EXC_LOAD_MISALIGNED] = "EXC_LOAD_MISALIGNED",
		[EXC_LOAD_ACCESS] = "EXC_LOAD_ACCESS",
		[EXC_STORE_MISALIGNED] = "EXC_STORE_MISALIGNED",
		[EXC_STORE_ACCESS] = "EXC_STORE_ACCESS",
		[EXC_ECALL_U] = "EXC_SYSCALL",
		[EXC_ECALL_S] = "EXC_HYPERVISOR_SYSCALL",
		[EXC_ECALL_VS] = "EXC_SUPERVISOR_SYSCALL",
		[EXC_INST_PAGE_FAULT] = "EXC_INST_PAGE_FAULT",
		[EXC_LOAD_PAGE_FAULT] = "EXC_LOAD_PAGE_FAULT",
		[EXC_STORE_PAGE_FAULT] = "EXC_STORE_PAGE_FAULT",
		[EXC_INST_GUEST_FAULT] = "EXC_INST_GUEST_PAGE_FAULT",
		[EXC_LOAD_GUEST_FAULT] = "EXC_LOAD_GUEST_PAGE_FAULT",
		[EXC_VIRTUAL_INST] = "EXC_VIRTUAL_INST_FAULT",
		[EXC_STORE_GUEST_FAULT] = "EXC_STORE_GUEST_PAGE_FAULT",
	};
	static const char *const interrupts[] = {
		[IRQ_S_SOFT] = "IRQ_S_SOFT",   [IRQ_VS_SOFT] = "IRQ_VS_SOFT",
		[IRQ_S_TIMER] = "IRQ_S_TIMER", [IRQ_VS_TIMER] = "IRQ_VS_TIMER",
		[IRQ_S_EXT] = "IRQ_S_EXT",     [IRQ_VS_EXT] = "IRQ_VS_EXT",
		[IRQ_S_GEXT] = "IRQ_S_GEXT",
	};
	uint64_t number = scause & ~SCAUSE_INTERRUPT;
	const char *name = NULL;

	if (scause & SCAUSE_INTERRUPT)
		name = number < ARRAY_SIZE(interrupts) ? interrupts[number] : NULL;
	else
		name = number < EXC_COUNT ? exceptions[number] : NULL;
	return name ? name : "EXC_UNKNOWN";
}
