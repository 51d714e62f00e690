/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hart's own supervisor-level interrupt file. RISC-V Advanced Interrupt Architecture 1.0,
 * sections 3.8 (indirect registers) and 3.10 (stopei).
 */
#include <riscv/aia.h>
#include <riscv/csr.h>
#include "drv/imsic.h"

void imsic_init(unsigned ipi)
{
	csr_write(CSR_SISELECT, IMSIC_EITHRESHOLD);
	csr_write(CSR_SIREG, 0);
	csr_write(CSR_SISELECT, IMSIC_EIDELIVERY);
	csr_write(CSR_SIREG, 1);
	imsic_enable(ipi);
}

void imsic_enable(unsigned identity)
{
	csr_write(CSR_SISELECT, IMSIC_EIE0 + identity / 64 * 2);
	csr_set(CSR_SIREG, 1UL << (identity % 64));
}

void imsic_see_ipi(void)
{
	/* CSR accesses are ordered with memory only as a device's are. */
	__asm__ volatile("fence io, rw" : : : "memory");
}

unsigned imsic_claim(void)
{
	return (unsigned)(csr_swap(CSR_STOPEI, 0) >> TOPEI_ID_SHIFT);
}
