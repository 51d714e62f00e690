/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash: ends by the trap or signal that is asked for. crash WAY
 * Privileged specification, table of exception codes; POSIX.1-2017, signal.h.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

/* Each way is volatile assembly or a volatile access: it is there for its trap. */
static void crash_null(void)
{
	__asm__ volatile("sd zero, 0(zero)" : : : "memory");
}

static void crash_read(void)
{
	__asm__ volatile("ld zero, 0(%0)" : : "r"(0x2000003000UL) : "memory");
}

static void crash_kernel(void)
{
	__asm__ volatile("sd zero, 0(%0)" : : "r"(0xffffffff80000000UL) : "memory");
}

static void crash_text(void)
{
	__asm__ volatile("sd zero, 0(%0)" : : "r"((uintptr_t)crash_text & ~7UL) : "memory");
}

static void crash_exec(void)
{
	static uint32_t data[1] = { 0x00008067 };	/* ret, in a page without X */

	__asm__ volatile("jalr ra, 0(%0)" : : "r"(data) : "ra", "memory");
}

static void crash_jump(void)
{
	__asm__ volatile("jalr ra, 0(%0)" : : "r"(0x4000UL) : "ra", "memory");
}

static void crash_illegal(void)
{
	__asm__ volatile("unimp");
}

static void crash_privileged(void)
{
	__asm__ volatile("csrw sscratch, zero");
}

static void crash_sret(void)
{
	__asm__ volatile("sret");
}

static void crash_break(void)
{
	__asm__ volatile("ebreak");
}

static void crash_stack(void)
{
	__asm__ volatile("1: addi sp, sp, -2047; sd zero, 0(sp); j 1b");
}

static void crash_abort(void)
{
	sys_kill(sys_getpid(), SIGABRT);
}

static const struct {
	const char *name, *what;
	void (*crash)(void);
} ways[] = {
	{ "null", "store to address 0", crash_null },
	{ "read", "load from an unmapped page", crash_read },
	{ "kernel", "store to an address of the kernel", crash_kernel },
	{ "text", "store to its own read-only text", crash_text },
	{ "exec", "execute data", crash_exec },
	{ "jump", "jump to an unmapped page", crash_jump },
	{ "illegal", "an illegal instruction", crash_illegal },
	{ "privileged", "write the sscratch CSR", crash_privileged },
	{ "sret", "return from a supervisor trap", crash_sret },
	{ "break", "a breakpoint", crash_break },
	{ "stack", "run down the stack to its end", crash_stack },
	{ "abort", "send itself SIGABRT", crash_abort },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < WAYS; i++) {
		if (strcmp(argv[1], ways[i].name) == 0) {
			ways[i].crash();
			dprintf(2, "crash: still alive after '%s'\n", ways[i].name);
			return 1;
		}
	}
	dprintf(2, "usage: crash WAY\n");
	for (i = 0; i < WAYS; i++)
		dprintf(2, "  %-10s %s\n", ways[i].name, ways[i].what);
	return 2;
}
