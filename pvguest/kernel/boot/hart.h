/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-hart data. tp points just behind it, at the page that pv shares with the hypervisor.
 * psABI: tp is otherwise unused in a kernel without thread-local storage.
 */
#ifndef BOOT_HART_H
#define BOOT_HART_H

#include "lib/list.h"
#include "lib/types.h"

struct proc;

struct hart {
	struct proc *current;	/* NULL: the idle loop */
	uint64_t user_sp;	/* for a moment, at entry from a program */
	uint64_t frame;		/* where the trap frame of the current process goes */
	struct proc *fp_owner;	/* whose values the FP registers hold */
	uint64_t id;
	uint64_t satp;
	uint64_t deadline_ticks;	/* what the timer was last set to */
	uint64_t slice_end_ticks;	/* when the current process has had its time; 0: no limit */
	uint64_t switch_ticks;	/* when the current process got the hart */
	struct list run_queue;	/* runnable, without the current one */
	size_t run_count;
	uint64_t ipi_count;
	uint64_t idle_context[14];
};

register struct hart *hart_end __asm__("tp");
#define hart_this		(&hart_end[-1])
#define proc_current		(hart_this->current)

#endif
