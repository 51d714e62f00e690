/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest virtual memory as the loaded vCPU sees it at this moment, under its own translation and
 * privilege. Privileged specification, "Hypervisor Virtual-Machine Load and Store Instructions".
 */
#ifndef VM_GUESTMEM_H
#define VM_GUESTMEM_H

#include "vm/vcpu.h"

/*
 * The instruction at v->pc, 2 or 4 bytes of it (the upper half is 0 for 2). Return: false if it
 * cannot be fetched any more; the guest will find that out itself when it runs on.
 */
bool vcpu_fetch_insn(struct vcpu *v, uint32_t *raw);
/* Copy size bytes at gva. Return: 0; -EFAULT. */
int vcpu_read_gva(struct vcpu *v, gva_t gva, void *to, size_t size);

#endif
