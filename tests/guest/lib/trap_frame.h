/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where start.S keeps the registers of a trap: x0-x31 at 8 x number, then the CSRs.
 * trap.c asserts that struct trap_frame agrees.
 */
#ifndef TRAP_FRAME_H
#define TRAP_FRAME_H

#define TRAP_FRAME_T0		(5 * 8)
#define TRAP_FRAME_T1		(6 * 8)
#define TRAP_FRAME_SEPC		256
#define TRAP_FRAME_SSTATUS	264
#define TRAP_FRAME_SCAUSE	272
#define TRAP_FRAME_STVAL	280
#define TRAP_FRAME_SLOT		288
#define TRAP_FRAME_SIZE		296

#endif
