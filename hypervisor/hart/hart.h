/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hart has of its own, reached through tp while in HS-mode, and what the machine's harts
 * can do. Privileged specification, HS-mode; SBI HSM, IPI, TIME.
 */
#ifndef HART_HART_H
#define HART_HART_H

#include <riscv/csr.h>
#include <strata/firmware.h>
#include "lib/lock.h"
#include "lib/timerq.h"
#include "lib/types.h"

struct vcpu;
struct vimsic_vcpu;

/* Registers at a host trap; hart/vector.S fills it through generated offsets. */
struct host_trap_frame {
	uint64_t regs[32];
	uint64_t sepc, scause, stval, sstatus;
};

struct hart {
	uint64_t stack_top, satp;	/* hart_entry loads them */
	uint64_t hartid;
	unsigned index;
	bool online;
	bool sstc, hypervisor_ext;
	bool adue;		/* henvcfg says whether the hart sets A and D for VS-mode */
	bool aia;		/* VS-mode has a siselect of its own */
	unsigned vmid_bits;	/* VMIDLEN, or hart_vmid_limit if that is less */
	int plic_context, aia_index;	/* on the interrupt controllers; -1: none */
	/* What others store where to interrupt it; NULL: they ask firmware (boot/host_kick.c). */
	volatile uint32_t *kick_register;
	uint32_t kick_value;

	/*
	 * Guest interrupt files (AIA): the hart has geilen, of which gfile_limit can be addressed.
	 * gfile_owner, by number from 1 on, is under lock; the rest is fixed. vm/gfile.c.
	 */
	unsigned geilen, gfile_limit;
	hpa_t gfile_base;		/* the hart's own file; the others follow, page by page */
	uint8_t *gfile_pages;		/* the same, mapped */
	struct vcpu *gfile_owner[64];
	struct vimsic_vcpu *gfile_wanted;	/* another hart asks for this one's file; atomic */

	/* Host traps: the frame, and whether one is being handled (a second one is fatal). */
	struct host_trap_frame trap;
	uint64_t trap_depth;
	/* What a faulting access to guest memory raised: set by a fixup (hart/fixup.h). */
	uint64_t fault_cause, fault_value;

	uint32_t scratch;		/* for an SC that is to fail */
	bool in_interrupt;		/* or alarm: its work is for some VM (vm/sched.h) */
	/* Owned by vm/. */
	bool alone;			/* there is no other hart; set by vm/sched.c */
	struct vcpu *loaded;		/* whose state is in the CSRs */
	void *sched;			/* struct sched_hart */
	struct vcpu *woken;		/* by mode/fast.S, for sched_flush_woken() */
	uint64_t woken_ticks;		/* and when */

	struct spinlock lock;		/* guards timers */
	struct timerq timers;
	/*
	 * The deadline the hardware has now. 0, while its interrupt is pending: it has to be told
	 * anew, even the same one. QEMU may raise STIP for a deadline that was replaced a moment
	 * ago, and then nothing but a write of stimecmp takes it back.
	 */
	uint64_t timer_programmed;

	/* M-mode's instructions, which the firmware counts here once it has been asked to. */
	struct strata_fw_account fw_account;
	bool fw_counted;
};

static inline struct hart *this_hart(void)
{
	struct hart *hart;

	__asm__("mv %0, tp" : "=r"(hart));
	return hart;
}

/* The boot hart's structure exists before any allocator; the others are kalloc'ed. */
extern struct hart hart_boot;
extern struct hart **harts;
extern unsigned hart_count;
extern uint64_t timebase_hz;
/* Every hart that has been started lets us read its cycle and instret, and they count. */
extern bool hart_counters;
/* This hart's counters, if there are hart_counters; Zicntr. */
uint64_t hart_cycle(void);
uint64_t hart_instret(void);
/* What V=1 may read of them by itself, for the vCPU that is loaded here: bits COUNTEREN_*. */
void hart_set_counteren(uint64_t counteren);
extern unsigned hart_gfile_ids;	/* identities of a guest interrupt file */
/* Every hart has a kick_register. */
extern bool hart_kicks_directly;
/* The least VSASIDLEN of the harts that have been started; vCPUs go from one to another. */
extern unsigned hart_asid_bits;
/* At most so many bits of VMIDs and ASIDs, whatever there is. Set before the harts start. */
extern unsigned hart_vmid_limit, hart_asid_limit;

/* boot/entry.S: physical address to give to SBI hart_start. */
extern char hart_entry[];

static inline uint64_t time_now(void)
{
	return csr_read(CSR_TIME);
}

/*
 * Have the hart take a supervisor interrupt, which ends its WFI or its guest's run. What was stored
 * before is visible to it then: software interrupt or external one, by ACLINT, IMSIC or SBI IPI.
 */
void hart_kick(struct hart *hart);

/* The part of hart_timer_program() without Sstc. */
void hart_timer_ask(uint64_t deadline);

/*
 * Have this hart interrupted at deadline (ticks); UINT64_MAX: not at all. Costs nothing if
 * the hardware is set to it already.
 */
static inline void hart_timer_program(uint64_t deadline)
{
	struct hart *hart = this_hart();

	if (hart->timer_programmed == deadline)
		return;
	hart->timer_programmed = deadline;
	if (likely(hart->sstc))
		csr_write(CSR_STIMECMP, deadline);
	else
		hart_timer_ask(deadline);
}

/* Wait for an interrupt that is enabled in sie; returns with it pending. SIE stays 0. */
static inline void hart_wait(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

/* Probe what this hart can (H extension, Sstc) by trying, and set its CSRs to known values. */
void hart_init_this(void);

/* Stop the machine: message, registers, CSRs, backtrace; exit status 1. Never returns. */
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/*
 * The machine's sifive_test device, mapped, with which an emulator is left with an exit status;
 * SRST has none to give (OpenSBI 1.6 leaves QEMU with 0 even for a "system failure").
 */
void machine_set_test_device(volatile uint32_t *test);
/* Power off: a clean end, or a failure, for which QEMU exits with status 1. Never returns. */
void machine_shutdown(bool failure) __attribute__((noreturn));

#endif
