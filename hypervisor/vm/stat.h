/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of a vCPU, with the names that KVM and perf use for them (docs/hacking.md lists both).
 */
#ifndef VM_STAT_H
#define VM_STAT_H

#include <stdint.h>
#include <riscv/csr.h>
#include "lib/types.h"

/* Hypercalls are counted by extension (enum vsbi_index) and function; higher ones share a place. */
#define STAT_EXTENSIONS		13
#define STAT_FUNCTIONS		32

/* CSR numbers 0x100-0x1ff, where all of S-mode is, each by itself; the last: all others. */
#define STAT_CSRS		257

/* Counters of the exits that mode/fast.S answers. */
#define STAT_FAST		43
/* Of these: bytes of the console, one for each cause; a vCPU uses one of them. */
#define STAT_FAST_CONSOLE	5
#define STAT_FAST_CONSOLES	2

/* What vCPUs of the VM ask of each other, by SBI IPI and RFENCE. */
enum stat_received { STAT_IPI, STAT_FENCE_I, STAT_FENCE_VMA, STAT_FENCE_ASID, STAT_RECEIVED };

struct vcpu_stat {
	uint64_t received[STAT_RECEIVED];	/* counted by whoever asks, on any hart: atomic */
	uint64_t mmio_read, mmio_write;
	uint64_t light_load, light_store;	/* light exits, in no other counter */
	uint64_t fast[STAT_FAST];	/* exits that are in no other counter: mode/fast.h */
	uint64_t injected_interrupts[16];
	uint64_t exceptions[64];	/* synchronous exits, by scause; vm/enter.S counts them */
	uint64_t csr[STAT_CSRS];	/* emulated CSR instructions, by stat_csr_slot() */
	uint64_t interrupts[16];	/* exits for host interrupts, by number */
	uint64_t sret, sfence, wfi_exit_stat, illegal_injected;
	uint64_t ecall[STAT_EXTENSIONS][STAT_FUNCTIONS];
	uint64_t ecall_unknown;
	uint64_t injected_exceptions[32];
	uint64_t shadow_fills, satp_switches;
	uint64_t schedules, migrations;
};

/* The vCPU with these counters has been asked for that; an IPI to itself may be in fast[]. */
static inline void stat_receive(struct vcpu_stat *stat, enum stat_received what)
{
	__atomic_fetch_add(&stat->received[what], 1, __ATOMIC_RELAXED);
}

/* Add the counters of a vCPU, which may be counting just now, to sum. */
static inline void stat_add(struct vcpu_stat *sum, const struct vcpu_stat *stat)
{
	/* Nothing but counters. */
	_Static_assert(sizeof(*sum) % sizeof(uint64_t) == 0, "vcpu_stat is not all uint64_t");
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)stat;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(uint64_t); i++)
		to[i] += READ_ONCE(from[i]);
}

/* All synchronous exits: STRATA_COUNTER_TRAPS. */
static inline uint64_t stat_traps(const struct vcpu_stat *stat)
{
	uint64_t sum = stat->light_load + stat->light_store;

	for (int i = 0; i < 64; i++)
		sum += stat->exceptions[i];
	for (int i = 0; i < STAT_FAST; i++)
		sum += stat->fast[i];
	return sum;
}

static inline uint64_t stat_interrupt_exits(const struct vcpu_stat *stat)
{
	uint64_t sum = 0;

	for (int i = 0; i < 16; i++)
		sum += stat->interrupts[i];
	return sum;
}

static inline unsigned stat_csr_slot(unsigned csr)
{
	return csr >> 8 == 1 ? csr & 0xff : STAT_CSRS - 1;
}

#endif
