/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A remote SFENCE.VMA of some addresses, some address space or all, on its way to a vCPU. Pure.
 * RISC-V Supervisor Binary Interface Specification 3.0, "RFENCE Extension".
 */
#ifndef VM_VFENCE_H
#define VM_VFENCE_H

#include "lib/lock.h"
#include "lib/types.h"

/* Pages fenced one by one; of a larger range the whole address space is. */
#define VFENCE_PAGES_MAX	64

struct vfence {
	uint64_t first, pages;		/* page-aligned address; 0 pages: every address */
	uint64_t asid;
	bool has_asid;
};

/* Where other harts leave one for a vCPU; zeroed: empty. */
struct vfence_box {
	struct spinlock lock;		/* innermost */
	bool full;
	struct vfence fence;
};

/* SBI's start_addr and size, in bytes. */
enum vfence_range {
	VFENCE_INVALID,			/* it ends beyond the address space; *f fences everything */
	VFENCE_EMPTY,			/* nothing to do */
	VFENCE_RANGE,			/* *f is set */
};
enum vfence_range vfence_make(struct vfence *f, uint64_t start, uint64_t size);

/*
 * Leave f, from any hart. Return: false if another one lies there, so that everything has to be
 * fenced instead.
 */
bool vfence_post(struct vfence_box *box, const struct vfence *f);
/* Empty the box into *f, on the vCPU's hart. Return: false if there was nothing in it. */
bool vfence_take(struct vfence_box *box, struct vfence *f);

#endif
