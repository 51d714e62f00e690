/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sweeps hostile_*.c share: random numbers by a seed, and one instruction run with any
 * registers, whatever it does.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "guest.h"

static uint64_t hostile_state = 0x9e3779b97f4a7c15;
/* The instruction, then EBREAK; its page may be mapped for U-mode. */
static uint32_t hostile_code[1024] __attribute__((aligned(4096)));
static struct trap_frame hostile_frame;

static inline uint64_t hostile_random(void)
{
	hostile_state ^= hostile_state >> 12;
	hostile_state ^= hostile_state << 25;
	hostile_state ^= hostile_state >> 27;
	return hostile_state * 0x2545f4914f6cdd1d;
}

/* A number of the boot arguments, as in "seed=7". */
static inline uint64_t hostile_number(const char *word, uint64_t otherwise)
{
	const char *s = boot_arg(word);
	uint64_t value = 0;

	if (s == NULL)
		return otherwise;
	while (*s >= '0' && *s <= '9')
		value = value * 10 + (uint64_t)(*s++ - '0');
	return value;
}

/*
 * Run n words and EBREAK with the registers of hostile_frame, which are in trap_last afterwards.
 * Interrupts are off. A compressed instruction has EBREAK in its upper half.
 */
static inline void hostile_run(const uint32_t *words, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		((volatile uint32_t *)hostile_code)[i] = words[i];
	((volatile uint32_t *)hostile_code)[n] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	hostile_frame.sepc = (uintptr_t)hostile_code;
	hostile_frame.sstatus = SSTATUS_FS_DIRTY | SSTATUS_SPP;
	TRAP(trap_enter(&hostile_frame));
}

/* The same for one word in U-mode, where its page is mapped to va. */
static inline void hostile_run_user(uint32_t word, uint64_t va)
{
	((volatile uint32_t *)hostile_code)[0] = word;
	((volatile uint32_t *)hostile_code)[1] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	hostile_frame.sepc = va;
	hostile_frame.sstatus = SSTATUS_FS_DIRTY;
	TRAP(trap_enter(&hostile_frame));
}

#endif
