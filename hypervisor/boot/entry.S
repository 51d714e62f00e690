/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From OpenSBI to C: a0 = hart id, a1 = device tree or opaque, satp = 0, S-mode (HS).
 * SBI specification, HSM chapter, "hart start"; privileged specification, satp.
 */
#include <riscv/csr.h>
#include <riscv/layout.h>
#include <offsets.h>

	/* The boot hart; the image may stand at HV_LOAD_ADDRESS only. */
	.section .text.entry, "ax"
	.globl	_start
_start:
	csrw	CSR_SIE, zero
	csrw	CSR_SATP, zero
	lla	t0, bss_start
	lla	t1, bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	1b
2:	call	boot_map_enable
	la	sp, boot_stack_top
	la	t0, host_trap
	csrw	CSR_STVEC, t0
	la	tp, hart_boot
	mv	s0, zero
	la	t0, main
	jr	t0

	/* Every other hart: a1 = the virtual address of its struct hart. */
	.globl	hart_entry
hart_entry:
	csrw	CSR_SIE, zero
	call	boot_map_enable
	mv	tp, a1
	ld	sp, HART_STACK_TOP(tp)
	ld	t0, HART_SATP(tp)
	csrw	CSR_SATP, t0
	/* The table that boot_map_enable made translates otherwise: forget it. */
	sfence.vma
	la	t0, host_trap
	csrw	CSR_STVEC, t0
	mv	s0, zero
	mv	a0, tp
	la	t0, hart_main
	jr	t0

/*
 * Turn on translation with a root of gigapages: RAM where we stand (identity) and the direct map.
 * Returns into the direct map. Every hart writes the same values, so the order does not matter.
 */
boot_map_enable:
	lla	t0, boot_root
	li	t1, PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D
	li	t2, PA_TO_PTE(PAGE_1G_SIZE)
	li	t3, HV_ROOT_FIRST * 8
	add	t3, t0, t3			/* the direct map's first entry */
	li	t4, HV_DIRECT_SIZE >> PAGE_1G_SHIFT
	mv	t5, t1
1:	sd	t5, 0(t3)
	add	t5, t5, t2
	addi	t3, t3, 8
	addi	t4, t4, -1
	bnez	t4, 1b
	/* identity for the page that this code is in */
	lla	t3, boot_map_enable
	srli	t4, t3, PAGE_1G_SHIFT
	slli	t5, t4, 3
	add	t5, t0, t5
	slli	t4, t4, PAGE_1G_SHIFT - PAGE_SHIFT + PTE_PPN_SHIFT
	or	t4, t4, t1
	sd	t4, 0(t5)
	srli	t0, t0, PAGE_SHIFT
	li	t1, SATP_MODE_SV39 << SATP_MODE_SHIFT
	or	t0, t0, t1
	/* Order the stores to the table before the walks. */
	sfence.vma
	csrw	CSR_SATP, t0
	sfence.vma
	li	t0, HV_OFFSET
	or	ra, ra, t0
	ret

/* stack_switch(satp, stack top, next): the boot hart leaves the tables and stack it began with. */
	.globl	stack_switch
stack_switch:
	csrw	CSR_SATP, a0
	/* Forget what boot_root said, its identity mapping above all. */
	sfence.vma
	mv	sp, a1
	mv	s0, zero
	jr	a2

	.section .bss.page_aligned, "aw", @nobits
	.balign	4096
boot_root:
	.skip	4096
	/* Until the real stacks with guard pages are mapped. */
	.skip	HART_STACK_SIZE
	.globl	boot_stack_top
boot_stack_top:
