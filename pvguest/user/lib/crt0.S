/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a program starts: sp points to argc, argv, envp and the aux vector.
 * System V ABI, process initialisation; RISC-V psABI for gp and the alignment of sp.
 */
	.section .text.start, "ax"
	.globl	_start
	.type	_start, @function
_start:
	.option	push
	.option	norelax			/* gp is not yet there to be relaxed against */
	lla	gp, __global_pointer$
	.option	pop
	mv	a0, sp
	andi	sp, sp, -16
	li	fp, 0			/* ends backtraces */
	li	ra, 0
	call	program_start
	ebreak				/* program_start does not return */
	.size	_start, . - _start
	.section .note.GNU-stack, "", @progbits
