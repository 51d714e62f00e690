/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-hart data. tp points just behind it, at the page that pv shares with the hypervisor.
 * psABI: tp is otherwise unused in a kernel without thread-local storage.
 */
#ifndef BOOT_HART_H
#define BOOT_HART_H

#include "lib/list.h"
#include "lib/types.h"

/* As many as a mask of 64 bits has room for; harts beyond that are left alone. */
#define HART_MAX	64

struct proc;
struct root;

struct hart {
	struct proc *current;	/* NULL: the idle loop */
	uint64_t user_sp;	/* for a moment, at entry from a program */
	uint64_t frame;		/* where the trap frame of the current process goes */
	struct proc *fp_owner;	/* whose values the FP registers hold */
	uint64_t id;		/* SBI's */
	uint32_t number;	/* its place in hart_all */
	uint64_t mask;		/* the bit that stands for this hart in sets of harts */
	uint64_t satp;
	struct root *root;	/* what satp holds; kept where there are several harts */
	uint64_t deadline_ticks;	/* what the timer was last set to */
	uint64_t slice_end_ticks;	/* when the current process has had its time; 0: no limit */
	uint64_t switch_ticks;	/* when the current process got the hart */
	struct list timers;	/* sorted by deadline */
	struct list run_queue;	/* runnable, without the current one */
	size_t run_count;
	bool online;		/* it is in its idle loop or runs a process */
	bool slice_wanted;	/* the current process got competition from another hart */
	bool lock_asleep;	/* it waits for the kernel lock by WFI */
	uint64_t ipi_count;
	uint64_t stack_top;	/* of the idle loop; the boot hart has boot.S's */
	/* Registers of its PLIC context; NULL: it takes no external interrupts. */
	volatile uint8_t *plic_context, *plic_enables;
	uint64_t idle_context[14];
};

register struct hart *hart_end __asm__("tp");
#define hart_this		(&hart_end[-1])
#define proc_current		(hart_this->current)

/* All harts, the boot hart first. */
extern struct hart *hart_all[HART_MAX];
extern size_t hart_count;

/* The boot hart exists; called before any other function here. */
void hart_init_boot(uint64_t id);
/* Starts the other harts, which then wait for the kernel lock. */
void hart_start_others(void);
/* A software interrupt, so that the hart enters the kernel or leaves its WFI. */
void hart_kick(const struct hart *hart);

#endif
