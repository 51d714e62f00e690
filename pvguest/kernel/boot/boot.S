/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions: from the firmware, MMU off, any physical base, to main_boot at the
 * link address. SBI specification, "Hart start": a0 = hart id, a1 = device tree.
 */
#include <pvguest-offsets.h>
#include <riscv/pte.h>

#include "mm/layout.h"

#define BOOT_RIGHTS	(PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)
#define BOOT_STACK_SIZE	8192

/* clang-format off */
/* A 1 GiB leaf for the GiB of \pa: as an identity map (slot 0 on) or in the direct map. */
.macro map_gigabyte pa, slot
	srli	t0, \pa, PAGE_1G_SHIFT
	slli	t1, t0, PAGE_1G_SHIFT - PAGE_SHIFT + PTE_PPN_SHIFT
	ori	t1, t1, BOOT_RIGHTS
	addi	t0, t0, \slot
	slli	t0, t0, 3
	add	t0, t0, s4
	sd	t1, 0(t0)
.endm

	.section .head.text, "ax"
	.globl	_start
_start:
	mv	s0, a0
	mv	s1, a1
	lla	t0, __bss_start
	lla	t1, __bss_end
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b

	/* s2 = the hypervisor's feature word, s5 = whether its extension answers */
	call	priv_early_features
	mv	s2, a0
	mv	s5, a1

	/* The first tables: the image, the identity for the next instruction, some of RAM. */
	lla	s3, _start
	lla	s4, boot_root
	map_gigabyte s3, 0
	map_gigabyte s3, LAYOUT_DIRECT_SLOT
	map_gigabyte s1, LAYOUT_DIRECT_SLOT
	li	t2, PAGE_2M_SIZE
	add	t2, s1, t2
	map_gigabyte t2, LAYOUT_DIRECT_SLOT
	lla	t0, boot_image_table
	srli	t1, t0, PAGE_SHIFT
	slli	t1, t1, PTE_PPN_SHIFT
	ori	t1, t1, PTE_V
	li	t2, LAYOUT_IMAGE_SLOT * 8
	add	t2, t2, s4
	sd	t1, 0(t2)
	srli	t1, s3, PAGE_SHIFT
	slli	t1, t1, PTE_PPN_SHIFT
	ori	t1, t1, BOOT_RIGHTS
	li	t2, LAYOUT_IMAGE_MAX / PAGE_2M_SIZE
	li	t3, PAGE_2M_SIZE >> PAGE_SHIFT << PTE_PPN_SHIFT
3:	sd	t1, 0(t0)
	addi	t0, t0, 8
	add	t1, t1, t3
	addi	t2, t2, -1
	bnez	t2, 3b

	/* Paging on. */
	srli	a0, s4, PAGE_SHIFT
	li	t0, SATP_MODE_SV39 << SATP_MODE_SHIFT
	or	a0, a0, t0
	mv	a1, s2
	call	priv_early_write_satp
	lla	t0, 5f
	ld	t0, 0(t0)
	jr	t0

4:	/* at the link address */
	lla	sp, boot_stack + BOOT_STACK_SIZE
	lla	t0, layout_load_pa
	sd	s3, 0(t0)
	mv	a0, s0
	mv	a1, s1
	mv	a2, s2
	mv	a3, s5
	li	ra, 0
	call	main_boot
	j	.

	.balign	8
5:	.dword	4b

	/* Another hart, by SBI's hart_start: a1 = where its data ends. The tables are there. */
	.globl	boot_start_secondary
boot_start_secondary:
	/* The text was patched since this hart may last have fetched it. */
	fence.i
	mv	s0, a1
	lla	t0, boot_root
	srli	a0, t0, PAGE_SHIFT
	li	t0, SATP_MODE_SV39 << SATP_MODE_SHIFT
	or	a0, a0, t0
	lla	t0, priv_features
	ld	a1, 0(t0)
	call	priv_early_write_satp
	lla	t0, 7f
	ld	t0, 0(t0)
	jr	t0

6:	/* at the link address */
	mv	tp, s0
	ld	sp, HART_STACK_TOP(tp)
	li	ra, 0
	call	main_secondary
	j	.

	.balign	8
7:	.dword	6b

	.section .bss
	.balign	4096
	.globl	boot_root
boot_root:
	.skip	4096
boot_image_table:
	.skip	4096
	.balign	16
boot_stack:
	.skip	BOOT_STACK_SIZE

	.section .data
	.balign	8
	.globl	layout_load_pa
layout_load_pa:
	.dword	0
