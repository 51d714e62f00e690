/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sites that matter only where there are several harts: patched at boot, so that one hart pays
 * nothing. In assembly an instruction of 4 bytes becomes a jump to a body that does it, too.
 * Unprivileged specification, "Zifencei".
 */
#ifndef PRIV_SMP_H
#define PRIV_SMP_H

#ifdef __ASSEMBLER__

/* clang-format off */
/* 781 is the site, 782 the body, which ends with a jump to 781b + 4. */
.macro smp_site insn:vararg
	.option push
	.option norvc
781:	\insn
	.option pop
	.pushsection .smp_sites, "a"
	.dword	781b, 782f
	.popsection
.endm
/* clang-format on */

#else

#include "lib/types.h"

/* Makes priv_is_smp() true and the kernel lock real. While text is writable, on one hart. */
void priv_patch_smp(void);

/* Whether there are several harts: one NOP if not. */
static inline __attribute__((always_inline)) bool priv_is_smp(void)
{
	__asm__ goto(".option push\n\t.option norvc\n"
		     "781:\tnop\n\t"
		     ".option pop\n\t"
		     ".pushsection .smp_sites, \"a\"\n\t.dword 781b, %l0\n\t.popsection"
		     :
		     :
		     :
		     : several);
	return false;
several:
	__attribute__((cold));
	return true;
}

#endif
#endif
