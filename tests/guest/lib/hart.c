/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One hart more, for guests that need no more than that. SBI 3.0, chapter 9 (HSM).
 */
#include "guest.h"

static _Alignas(16) uint64_t stack[512];

extern char hart_entry[];
__asm__(".pushsection .text\n"
	".balign 4\n"
	"hart_entry:\n"
	"	addi	sp, a1, -16\n"
	"	ld	t0, 8(sp)\n"
	"	jalr	t0\n"
	".popsection\n");

bool hart_start_other(uint64_t hartid, void (*run)(void))
{
	stack[511] = (uint64_t)run;
	return sbi_call(SBI_EXT_HSM, SBI_HSM_HART_START, hartid, (uint64_t)hart_entry,
			(uint64_t)&stack[512], 0, 0).error == 0;
}
