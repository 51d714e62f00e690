/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own virtual addresses: Sv39 root slots 256-271, which Linux's Sv39 map leaves
 * free, so that they can stay mapped in the tables of a guest in world `u`, too.
 */
#ifndef RISCV_LAYOUT_H
#define RISCV_LAYOUT_H

#include <riscv/pte.h>

/* The direct map: host-physical address 0 stands here; the image is part of it. */
#define HV_OFFSET		RISCV_UL(0xffffffc000000000)
#define HV_DIRECT_SIZE		(RISCV_UL(15) << PAGE_1G_SHIFT)
/* Root slot 271: what must not be contiguous with RAM, such as stacks between guard pages. */
#define HV_WINDOW		(HV_OFFSET + HV_DIRECT_SIZE)
#define HV_WINDOW_SIZE		PAGE_1G_SIZE
#define HV_ROOT_FIRST		256
#define HV_ROOT_COUNT		16

/* Where QEMU's virt machine and OpenSBI's fw_dynamic put the next stage. */
#define HV_LOAD_ADDRESS		RISCV_UL(0x80200000)

#define HART_STACK_SIZE		(4 * PAGE_SIZE)

#endif
