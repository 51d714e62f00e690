/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vCPU has set by SBI FWFT. vsbi/fwft.c sets it, the modes obey it.
 * RISC-V Supervisor Binary Interface Specification 3.0, "Firmware Features Extension".
 */
#ifndef VM_VFWFT_H
#define VM_VFWFT_H

#include "lib/types.h"

struct vfwft {
	bool adue_there;		/* its harts let us choose adue, which else is true: */
	bool adue;			/* A and D of its PTEs are set for it; else it faults */
	uint32_t locked;		/* a bit for each feature that must not change any more */
};

#endif
