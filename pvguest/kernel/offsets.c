/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets of structure members for assembly; the build turns the lines into a header.
 * Never linked.
 */
#include "boot/hart.h"
#include "priv/trap.h"
#include "proc/proc.h"

#define OFFSET(name, value)	__asm__ volatile("\n\t.ascii \"->" #name " %0\"" : : "i"(value))
#define FRAME(name, member)	OFFSET(FRAME_##name, offsetof(struct trap_frame, member))
#define HART(name, member)                                                                         \
	OFFSET(HART_##name, (long)offsetof(struct hart, member) - (long)sizeof(struct hart))

void offsets(void);

void offsets(void)
{
	FRAME(RA, ra);
	FRAME(GP, gp);
	FRAME(T0, t0);
	FRAME(T1, t1);
	FRAME(T2, t2);
	FRAME(S0, s0);
	FRAME(S1, s1);
	FRAME(A1, a1);
	FRAME(A2, a2);
	FRAME(A3, a3);
	FRAME(A4, a4);
	FRAME(A5, a5);
	FRAME(S2, s2);
	FRAME(S3, s3);
	FRAME(S4, s4);
	FRAME(S5, s5);
	FRAME(S6, s6);
	FRAME(S7, s7);
	FRAME(S8, s8);
	FRAME(S9, s9);
	FRAME(S10, s10);
	FRAME(S11, s11);
	FRAME(T3, t3);
	FRAME(T4, t4);
	FRAME(T5, t5);
	FRAME(T6, t6);
	FRAME(SEPC, sepc);
	FRAME(SSTATUS, sstatus);
	FRAME(ORIG_A0, orig_a0);
	FRAME(CAUSE, cause);
	FRAME(IRET, iret);
	FRAME(A0, iret.a0);
	FRAME(A6, iret.a6);
	FRAME(A7, iret.a7);
	FRAME(SP, iret.sp);
	FRAME(TP, iret.tp);
	OFFSET(FRAME_SIZE, sizeof(struct trap_frame));
	HART(CURRENT, current);
	HART(USER_SP, user_sp);
	HART(FRAME, frame);
	HART(STACK_TOP, stack_top);
	OFFSET(PROC_WORK, offsetof(struct proc, work));
}
