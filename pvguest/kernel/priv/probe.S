/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading CSRs that may not be there or may be denied: an illegal-instruction trap means no.
 * The addresses of such instructions and where to go on stand in .extable.
 */
#include <riscv/csr.h>

/* clang-format off */
.macro may_fault insn:vararg
100:	\insn
	.pushsection .extable, "a"
	.balign	8
	.dword	100b, 9f
	.popsection
.endm

	.section .text
	/* int priv_probe_stimecmp(uint64_t *value): whether the Sstc extension's CSR is there */
	.globl	priv_probe_stimecmp
priv_probe_stimecmp:
	may_fault csrr t0, CSR_STIMECMP
	sd	t0, 0(a0)
	li	a0, 1
	ret
9:	li	a0, 0
	ret

	/* int priv_probe_instret(uint64_t *value): whether the counter is open */
	.globl	priv_probe_instret
priv_probe_instret:
	may_fault csrr t0, CSR_INSTRET
	sd	t0, 0(a0)
	li	a0, 1
	ret
9:	li	a0, 0
	ret
