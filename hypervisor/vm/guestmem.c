/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest virtual memory as the loaded vCPU sees it at this moment.
 */
#include <riscv/hyp.h>
#include "hart/fixup.h"
#include "hart/hart.h"
#include "lib/errno.h"
#include "vm/guestmem.h"
#include "vm/mode.h"

void guestmem_came_from_guest(void)
{
	csr_set(CSR_HSTATUS, HSTATUS_SPV);
	if (csr_read(CSR_HSTATUS) & HSTATUS_SPVP)
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	else
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
}

/*
 * One load through op that may fault; false: it did, and the cause is in the hart. The trap that
 * it took overwrote where the guest came from, which is put back.
 */
#define TRY_LOAD(name, op)                                                                 \
	static bool name(uint64_t address, uint64_t *value)                                \
	{                                                                                  \
		uint64_t hstatus = csr_read(CSR_HSTATUS), sstatus = csr_read(CSR_SSTATUS); \
		uint64_t ok = 1, got = 0;                                                  \
			\
		__asm__ volatile("1: " op("%0", "%2") "j 3f\n"                             \
						      "2: li %1, 0\n"                      \
						      "3:\n" FIXUP_ENTRY(1b, 2b)           \
				 : "+&r"(got), "+r"(ok)                                    \
				 : "r"(address)                                            \
				 : "memory");                                              \
		if (!ok) {                                                                 \
			csr_write(CSR_HSTATUS, hstatus);                                   \
			csr_write(CSR_SSTATUS, sstatus);                                   \
		}                                                                          \
		*value = got;                                                              \
		return ok != 0;                                                            \
	}

TRY_LOAD(try_byte, HLV_BU)
TRY_LOAD(try_dword, HLV_D)
TRY_LOAD(try_fetch, HLVX_HU)

/*
 * Aligned dwords from *address on, as many as come without a fault; both pointers are moved on.
 * One fixup serves the whole loop. Return: dwords left.
 */
static size_t try_dwords(uint64_t *address, uint64_t **to, size_t count)
{
	uint64_t hstatus = csr_read(CSR_HSTATUS), sstatus = csr_read(CSR_SSTATUS), value;

	__asm__ volatile("1: " HLV_D("%3", "%0") "sd %3, 0(%1)\n"
						 "addi %0, %0, 8\n"
						 "addi %1, %1, 8\n"
						 "addi %2, %2, -1\n"
						 "bnez %2, 1b\n"
						 "2:\n" FIXUP_ENTRY(1b, 2b)
			 : "+r"(*address), "+r"(*to), "+r"(count), "=&r"(value)
			 :
			 : "memory");
	if (unlikely(count != 0)) {
		csr_write(CSR_HSTATUS, hstatus);
		csr_write(CSR_SSTATUS, sstatus);
	}
	return count;
}

/* The same with the mode's help: a shadow may not have been filled yet. */
static bool load_gva(struct vcpu *v, bool (*try)(uint64_t, uint64_t *), uint64_t gva,
		     uint64_t *value, struct guest_trap *trap)
{
	for (int attempt = 0; attempt < 4; attempt++) {
		uint64_t cause;

		if (try(gva, value))
			return true;
		cause = this_hart()->fault_cause;
		if (try == try_fetch && cause == EXC_LOAD_PAGE_FAULT)
			cause = EXC_INST_PAGE_FAULT;
		if (!v->mode->fault_in(v, GVA(gva), cause, trap))
			break;
	}
	/* Where the guest has no memory, or the machine none for it. */
	if (trap->cause == EXC_LOAD_GUEST_FAULT)
		trap->cause = EXC_LOAD_ACCESS;
	return false;
}

/* An instruction with the mode's help. Out of line, so that the usual case saves no registers. */
static __attribute__((noinline)) bool fetch_helped(struct vcpu *v, uint32_t *raw)
{
	uint64_t low, high = 0;
	struct guest_trap trap;

	if (!load_gva(v, try_fetch, v->pc, &low, &trap))
		return false;
	if ((low & 3) == 3 && !load_gva(v, try_fetch, v->pc + 2, &high, &trap))
		return false;
	*raw = (uint32_t)(low | high << 16);
	return true;
}

bool vcpu_fetch_insn(struct vcpu *v, uint32_t *raw)
{
	uint64_t insn = guestmem_try_fetch(v->pc);

	if (unlikely(insn == 0)) {
		guestmem_came_from_guest();
		return fetch_helped(v, raw);
	}
	*raw = (uint32_t)(INSN_IS_16BIT(insn) ? insn & 0xffff : insn);
	return true;
}

int vcpu_read_gva(struct vcpu *v, gva_t gva, void *to, size_t size, struct guest_trap *trap)
{
	uint8_t *out = to;
	uint64_t address = gva.v, value;

	while (size > 0) {
		if (size >= 8 && (address | (uint64_t)(uintptr_t)out) % 8 == 0) {
			uint64_t *dwords = (uint64_t *)(void *)out;

			size = size % 8 + 8 * try_dwords(&address, &dwords, size / 8);
			out = (uint8_t *)dwords;
			/* What faulted is tried with the mode's help, and then again as above. */
			if (size >= 8 && !load_gva(v, try_dword, address, &value, trap))
				return -EFAULT;
			continue;
		}
		if (!load_gva(v, try_byte, address, &value, trap))
			return -EFAULT;
		*out++ = (uint8_t)value;
		address++;
		size--;
	}
	return 0;
}
