/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of remote fences, and the box in which one waits for its vCPU. Pure.
 * RISC-V Supervisor Binary Interface Specification 3.0, "RFENCE Extension".
 */
#include <riscv/pte.h>
#include "vm/vfence.h"

enum vfence_range vfence_make(struct vfence *f, uint64_t start, uint64_t size)
{
	uint64_t last = start + size - 1;

	*f = (struct vfence){ .pages = 0 };
	/* Either of these is how a caller says "all". */
	if ((start == 0 && size == 0) || size == UINT64_MAX)
		return VFENCE_RANGE;
	if (size == 0)
		return VFENCE_EMPTY;
	if (last < start)
		return VFENCE_INVALID;
	f->first = start & ~(uint64_t)PAGE_MASK;
	f->pages = (last >> PAGE_SHIFT) - (start >> PAGE_SHIFT) + 1;
	if (f->pages > VFENCE_PAGES_MAX)
		f->first = f->pages = 0;
	return VFENCE_RANGE;
}

static bool vfence_equal(const struct vfence *a, const struct vfence *b)
{
	return a->first == b->first && a->pages == b->pages && a->has_asid == b->has_asid &&
	       a->asid == b->asid;
}

bool vfence_post(struct vfence_box *box, const struct vfence *f)
{
	bool there;

	spin_lock(&box->lock);
	if (!box->full) {
		box->fence = *f;
		box->full = true;
	}
	there = vfence_equal(&box->fence, f);
	spin_unlock(&box->lock);
	return there;
}

bool vfence_take(struct vfence_box *box, struct vfence *f)
{
	bool full;

	spin_lock(&box->lock);
	full = box->full;
	*f = box->fence;
	box->full = false;
	spin_unlock(&box->lock);
	return full;
}
