/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps of a test guest: an expected one is recorded and left behind, any other ends the guest.
 * RISC-V privileged specification, "Supervisor-Level ISA".
 */
#include "guest.h"

_Static_assert(offsetof(struct trap_frame, sepc) == TRAP_FRAME_SEPC, "sepc has moved");
_Static_assert(offsetof(struct trap_frame, sstatus) == TRAP_FRAME_SSTATUS, "sstatus has moved");
_Static_assert(offsetof(struct trap_frame, scause) == TRAP_FRAME_SCAUSE, "scause has moved");
_Static_assert(offsetof(struct trap_frame, stval) == TRAP_FRAME_STVAL, "stval has moved");
_Static_assert(offsetof(struct trap_frame, slot) == TRAP_FRAME_SLOT, "slot has moved");
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_SIZE, "trap_frame has grown");

struct trap_frame trap_frame;
struct trap_frame trap_last;
bool (*trap_hook)(struct trap_frame *frame);

/* trap_try saves here: ra, sp, gp, tp, s0-s11 */
uint64_t trap_resume[16];
uint64_t trap_armed;

void trap_handle(struct trap_frame *frame);

void trap_disarm(void)
{
	trap_armed = 0;
}

/* Make the frame return behind trap_try, in S-mode with interrupts off. */
static void trap_unwind(struct trap_frame *frame)
{
	static const uint8_t saved[16] = { 1, 2, 3, 4, 8, 9, 18, 19,
					   20, 21, 22, 23, 24, 25, 26, 27 };

	for (unsigned int i = 0; i < ARRAY_SIZE(saved); i++)
		frame->x[saved[i]] = trap_resume[i];
	frame->x[10] = 1;
	frame->sepc = trap_resume[0];
	frame->sstatus = (frame->sstatus & ~SSTATUS_SPIE) | SSTATUS_SPP;
}

void trap_handle(struct trap_frame *frame)
{
	if (trap_armed) {
		trap_armed = 0;
		trap_last = *frame;
		trap_unwind(frame);
		return;
	}
	if (trap_hook && trap_hook(frame))
		return;
	test_fail("unexpected trap: scause 0x%lx sepc 0x%lx stval 0x%lx sstatus 0x%lx",
		  frame->scause, frame->sepc, frame->stval, frame->sstatus);
	test_finish();
}

void user_run(uint64_t pc, uint64_t arg, uint64_t sp)
{
	static struct trap_frame user;

	user = (struct trap_frame){ .sepc = pc };
	user.x[2] = sp;
	user.x[10] = arg;
	user.sstatus = csr_read(CSR_SSTATUS) & ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE);
	TRAP(trap_enter(&user));
}
