/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap frame and the entries that fill it.
 * Privileged specification, "Supervisor Trap Handling".
 */
#ifndef PRIV_TRAP_H
#define PRIV_TRAP_H

#include <riscv/csr.h>
#include <strata/abi.h>

#include "lib/types.h"

/*
 * All registers of what was interrupted. The last five stand in the order of struct strata_iret,
 * so that in pv step 0 the frame itself is what the IRET call reads.
 */
struct trap_frame {
	uint64_t ra, gp;
	uint64_t t0, t1, t2;
	uint64_t s0, s1;
	uint64_t a1, a2, a3, a4, a5;
	uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	uint64_t t3, t4, t5, t6;
	uint64_t sepc, sstatus;
	uint64_t orig_a0;	/* a0 at entry, for a call that is begun again */
	uint64_t cause;		/* from a program: scause; TRAP_DONE when that is settled */
	uint64_t reserved;	/* keeps the size a multiple of 16 */
	struct strata_iret iret; /* a0, a6, a7, sp, tp */
};

#define TRAP_DONE	(~0UL)

/* A program that begins: interrupts on in user mode, no FP yet; sepc and sp follow. */
static inline void trap_frame_begin(struct trap_frame *frame)
{
	*frame = (struct trap_frame){ .sstatus = SSTATUS_SPIE | SSTATUS_UXL_64,
				      .cause = TRAP_DONE };
}

static inline bool trap_fp_is_off(const struct trap_frame *frame)
{
	return (frame->sstatus & SSTATUS_FS) == SSTATUS_FS_OFF;
}

/* The program changed FP registers since they were last saved or loaded. */
static inline bool trap_fp_is_dirty(const struct trap_frame *frame)
{
	return (frame->sstatus & SSTATUS_FS) == SSTATUS_FS_DIRTY;
}

/* FP registers and what is in memory agree. */
static inline void trap_fp_set_clean(struct trap_frame *frame)
{
	frame->sstatus = (frame->sstatus & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
}

static inline bool trap_is_call(const struct trap_frame *frame)
{
	return frame->cause == EXC_ECALL_U;
}

/* Entries in assembly: natively stvec's; in pv what SET_TRAP_TABLE is given. */
void priv_trap_vector(void);
void priv_trap_from_user(void);
void priv_trap_from_kernel(void);
/* Where a new process begins: leaves the kernel with the frame at sp. */
void priv_return_to_user(void);
/* The same for a process that begins in C. */
_Noreturn void priv_enter_user(struct trap_frame *frame);

/* The rest of the kernel, called from the entries with interrupts off. */
void trap_user(struct trap_frame *frame, uint64_t cause);
void trap_kernel(struct trap_frame *frame, uint64_t cause);
/* Signals, rescheduling: whatever a process's `work` asks for, before it runs again. */
void trap_work(struct trap_frame *frame);

#endif
