/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs: which hgatp.VMID values are taken. Privileged specification, "hgatp".
 */
#include <riscv/csr.h>
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "vm/vmid.h"

#define VMID_WORDS	((HGATP_VMID_MASK + 1) / 64)

static uint64_t used[VMID_WORDS];
static uint64_t last;
static struct spinlock lock;

void vmid_init(void)
{
	/* VMIDLEN is found by writing ones, with a MODE that takes them. */
	csr_write(CSR_HGATP, HGATP_MODE_SV39X4 << SATP_MODE_SHIFT |
				     HGATP_VMID_MASK << HGATP_VMID_SHIFT);
	last = csr_read(CSR_HGATP) >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;
	csr_write(CSR_HGATP, 0);
	used[0] = 1;	/* VMID 0 is what an idle hart has */
}

int vmid_alloc(void)
{
	int vmid = -ENOSPC;

	spin_lock(&lock);
	for (uint64_t i = 0; i <= last / 64 && vmid < 0; i++) {
		uint64_t bit = bit_lowest(~used[i]);

		if (~used[i] != 0 && i * 64 + bit <= last) {
			used[i] |= 1UL << bit;
			vmid = (int)(i * 64 + bit);
		}
	}
	spin_unlock(&lock);
	return vmid;
}

void vmid_free(uint64_t hgatp)
{
	uint64_t vmid = hgatp >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;

	if (vmid == 0)
		return;
	spin_lock(&lock);
	used[vmid / 64] &= ~(1UL << (vmid % 64));
	spin_unlock(&lock);
}
