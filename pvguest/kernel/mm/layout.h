/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual address map of the kernel; usable from assembly and from the link script.
 * Privileged specification, "Sv39": root slots 256-271 belong to the hypervisor in pv and te.
 */
#ifndef MM_LAYOUT_H
#define MM_LAYOUT_H

/* All physical memory, at a constant distance: root slots 320-447 (128 GiB). */
#define LAYOUT_DIRECT_SLOT	320
#define LAYOUT_DIRECT_SLOTS	128
#define LAYOUT_DIRECT		0xffffffd000000000
/* Device registers: root slot 509. */
#define LAYOUT_IO		0xffffffff40000000
#define LAYOUT_IO_END		0xffffffff80000000
/* The kernel's image: root slot 510. */
#define LAYOUT_IMAGE_SLOT	510
#define LAYOUT_IMAGE		0xffffffff80000000
#define LAYOUT_LOAD_PA		0x80200000
#define LAYOUT_IMAGE_MAX	0x1000000
/* Per-hart windows, two pages each: the hart's data, then its shared page; root slot 511. */
#define LAYOUT_WINDOW		0xffffffffc0000000
#define LAYOUT_WINDOW_SIZE	0x2000
/* The last page of the windows' first table: a device that is needed before there is a map. */
#define LAYOUT_EARLY_IO		(LAYOUT_WINDOW + 0x1ff000)

/* User addresses are 0..LAYOUT_USER_END; the last page holds the signal trampoline. */
#define LAYOUT_USER_END		0x4000000000
#define LAYOUT_TRAMPOLINE	0x3ffffff000
/* In the same page: what the kernel shares with programs. */
#define LAYOUT_SHARED		(LAYOUT_TRAMPOLINE + 0x40)
#define LAYOUT_STACK_TOP	0x3ffffe0000
#define LAYOUT_STACK_MAX	0x800000
#define LAYOUT_MMAP_TOP		0x3fc0000000
#define LAYOUT_PIE_BASE		0x2aaaaaa000

#define LAYOUT_KSTACK_ORDER	1
#define LAYOUT_KSTACK_SIZE	0x2000

#ifndef __ASSEMBLER__
#include <stdint.h>

extern char __image_start[], __rodata_start[], __data_start[], __bss_start[], __bss_end[];
extern char __image_end[];
/* Where the image really is; set by boot.S. */
extern uint64_t layout_load_pa;

static inline void *phys_to_virt(uint64_t pa)
{
	return (void *)(pa + LAYOUT_DIRECT);
}

/* va: an address of the direct map or of the image. */
static inline uint64_t virt_to_phys(const void *va)
{
	uint64_t addr = (uint64_t)va;

	return addr >= LAYOUT_IMAGE ? addr - LAYOUT_IMAGE + layout_load_pa : addr - LAYOUT_DIRECT;
}
#endif

#endif
