/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying to and from user memory: each access may fault, and then the rest is reported.
 * The addresses of such instructions and where to go on stand in .extable.
 */

/* clang-format off */
.macro may_fault insn:vararg
100:	\insn
	.pushsection .extable, "a"
	.balign	8
	.dword	100b, 9f
	.popsection
.endm

	.section .text
	/* size_t user_copy_raw(void *dst, const void *src, size_t length): what is left */
	.globl	user_copy_raw
user_copy_raw:
	or	t0, a0, a1
	andi	t0, t0, 7
	bnez	t0, 5f
0:	li	t1, 32
1:	bltu	a2, t1, 2f
	may_fault ld t2, 0(a1)
	may_fault ld t3, 8(a1)
	may_fault ld t4, 16(a1)
	may_fault ld t5, 24(a1)
	may_fault sd t2, 0(a0)
	may_fault sd t3, 8(a0)
	may_fault sd t4, 16(a0)
	may_fault sd t5, 24(a0)
	addi	a0, a0, 32
	addi	a1, a1, 32
	addi	a2, a2, -32
	j	1b
2:	li	t1, 8
	bltu	a2, t1, 4f
	may_fault ld t2, 0(a1)
	may_fault sd t2, 0(a0)
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	j	2b
4:	beqz	a2, 9f
	li	t1, 4
	bltu	a2, t1, 3f
	may_fault lw t2, 0(a1)
	may_fault sw t2, 0(a0)
	addi	a0, a0, 4
	addi	a1, a1, 4
	addi	a2, a2, -4
3:	beqz	a2, 9f
	may_fault lbu t2, 0(a1)
	may_fault sb t2, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	3b
	/* Not aligned; but both may be after some bytes. */
5:	xor	t0, a0, a1
	andi	t0, t0, 7
	bnez	t0, 3b
6:	beqz	a2, 9f
	may_fault lbu t2, 0(a1)
	may_fault sb t2, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	andi	t0, a0, 7
	bnez	t0, 6b
	j	0b
9:	mv	a0, a2
	ret

	/* size_t user_clear_raw(void *dst, size_t length): what is left */
	.globl	user_clear_raw
user_clear_raw:
	li	t1, 32
1:	bltu	a1, t1, 3f
	andi	t0, a0, 7
	bnez	t0, 2f
	may_fault sd zero, 0(a0)
	may_fault sd zero, 8(a0)
	may_fault sd zero, 16(a0)
	may_fault sd zero, 24(a0)
	addi	a0, a0, 32
	addi	a1, a1, -32
	j	1b
2:	may_fault sb zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	1b
3:	beqz	a1, 9f
	may_fault sb zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	3b
9:	mv	a0, a1
	ret

	/* size_t user_compare_swap_raw(void *word, uint32_t old, uint32_t new, uint32_t *seen) */
	.globl	user_compare_swap_raw
user_compare_swap_raw:
	sext.w	a1, a1
1:	may_fault lr.w.aqrl t0, (a0)
	bne	t0, a1, 2f
	may_fault sc.w.aqrl t1, a2, (a0)
	bnez	t1, 1b
2:	sw	t0, 0(a3)
	li	a0, 0
	ret
9:	li	a0, 1
	ret
