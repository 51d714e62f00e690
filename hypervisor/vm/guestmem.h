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
 * An instruction that is there: one halfword, and another if it says so. One fixup serves both.
 * Return: the instruction; 0, which is none, if it could not be fetched: vcpu_fetch_insn() has the
 * mode's help. Inline, so that an exit for a device needs no call for it; without a clobber of
 * memory, because nothing that we store before it is an instruction of the guest's.
 */
static inline uint64_t guestmem_try_fetch(uint64_t address)
{
	uint64_t hstatus = csr_read(CSR_HSTATUS), sstatus = csr_read(CSR_SSTATUS);
	uint64_t low, high = 0, next = address + 2, three = 3, both;

	__asm__ volatile("1: " HLVX_HU("%0", "%5") "and %2, %0, %4\n"
						    "bne %2, %4, 3f\n"
						    "2: " HLVX_HU("%1", "%3") "3:\n"
						    FIXUP_ENTRY(1b, 4f) FIXUP_ENTRY(2b, 4f)
						    ".subsection 1\n"
						    "4: li %0, 0\n"
						    "li %1, 0\n"
						    "j 3b\n"
						    ".previous\n"
			 : "=&r"(low), "+&r"(high), "=&r"(both)
			 : "r"(next), "r"(three), "r"(address));
	/* The trap overwrote where the guest came from. */
	if (unlikely(low == 0)) {
		csr_write(CSR_HSTATUS, hstatus);
		csr_write(CSR_SSTATUS, sstatus);
	}
	return low | high << 16;
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
