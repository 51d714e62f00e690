/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest virtual memory as the loaded vCPU sees it at this moment, under its own translation and
 * privilege. Privileged specification, "Hypervisor Virtual-Machine Load and Store Instructions".
 */
#ifndef VM_GUESTMEM_H
#define VM_GUESTMEM_H

#include <riscv/hyp.h>
#include "hart/fixup.h"
#include "vm/vcpu.h"

/*
 * The trap of a failed access to guest memory has overwritten where the guest came from: put it
 * back. SPVP is what SPP was, and a trap from HS-mode leaves it alone.
 */
void guestmem_came_from_guest(void);

/*
 * An instruction that is there: all at once where it is aligned, else one halfword, and another if
 * it says so. One fixup serves all. Return: the instruction, and beyond one of 2 bytes anything;
 * 0, which is none, if it could not be fetched: then guestmem_came_from_guest() has to be called,
 * and vcpu_fetch_insn() has the mode's help. Inline, so that an exit for a device needs no call for
 * it; without a clobber of memory, because nothing that we store before it is an instruction of the
 * guest's.
 */
static inline uint64_t guestmem_try_fetch(uint64_t address)
{
	uint64_t insn, part;

	__asm__ volatile("andi %1, %2, 3\n"
			 "bnez %1, 4f\n"
			 "1: " HLVX_WU("%0", "%2") "5:\n"
			 ".subsection 1\n"
			 "4:\n"
			 "2: " HLVX_HU("%0", "%2") "andi %1, %0, 3\n"
						   "addi %1, %1, -3\n"
						   "bnez %1, 5b\n"
						   "addi %1, %2, 2\n"
						   "3: " HLVX_HU("%1", "%1") "slli %1, %1, 16\n"
									     "or %0, %0, %1\n"
									     "j 5b\n"
									     "6: li %0, 0\n"
									     "j 5b\n"
									     ".previous\n"
			 FIXUP_ENTRY(1b, 6b) FIXUP_ENTRY(2b, 6b) FIXUP_ENTRY(3b, 6b)
			 : "=&r"(insn), "=&r"(part)
			 : "r"(address));
	return insn;
}

/*
 * The instruction at v->pc, 2 or 4 bytes of it (the upper half is 0 for 2). Return: false if it
 * cannot be fetched any more; the guest will find that out itself when it runs on.
 */
bool vcpu_fetch_insn(struct vcpu *v, uint32_t *raw);
/*
 * Copy size bytes at gva. Return: 0; -EFAULT, and in *trap what the guest would get for a load of
 * the first byte that cannot be read.
 */
int vcpu_read_gva(struct vcpu *v, gva_t gva, void *to, size_t size, struct guest_trap *trap);

#endif
