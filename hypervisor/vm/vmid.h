/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs: which hgatp.VMID values are taken. Privileged specification, "hgatp".
 */
#ifndef VM_VMID_H
#define VM_VMID_H

#include "lib/types.h"

/* Find out how many the machine has. Boot hart, before the first VM. */
void vmid_init(void);
/* A VMID of its own, or -ENOSPC. */
int vmid_alloc(void);
/* Give back the VMID in a value of hgatp, after all its translations were fenced; 0: nothing. */
void vmid_free(uint64_t hgatp);

#endif
