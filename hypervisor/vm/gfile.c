/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest interrupt files of the harts. RISC-V Advanced Interrupt Architecture 1.0, section 6.3
 * (hstatus.VGEIN); privileged specification, hgeip and hgeie.
 */
#include <riscv/aia.h>
#include "lib/bitmap.h"
#include "mem/page.h"
#include "vm/gfile.h"
#include "vm/sched.h"

/* vsiselect and vsireg reach the file that VGEIN names. What was there before is put back. */
struct window {
	uint64_t hstatus, vsiselect;
};

static struct window window_open(unsigned number)
{
	struct window before = { csr_read(CSR_HSTATUS), csr_read(CSR_VSISELECT) };

	csr_write(CSR_HSTATUS, (before.hstatus & ~HSTATUS_VGEIN) |
			       (uint64_t)number << HSTATUS_VGEIN_SHIFT);
	return before;
}

static void window_close(const struct window *before)
{
	csr_write(CSR_HSTATUS, before->hstatus);
	csr_write(CSR_VSISELECT, before->vsiselect);
}

static uint64_t reg_swap(unsigned select, uint64_t value)
{
	csr_write(CSR_VSISELECT, select);
	return csr_swap(CSR_VSIREG, value);
}

static void file_reset(unsigned number)
{
	struct window before = window_open(number);

	reg_swap(IMSIC_EIDELIVERY, 0);
	reg_swap(IMSIC_EITHRESHOLD, 0);
	for (unsigned i = 0; i <= hart_gfile_ids / 64; i++) {
		reg_swap(IMSIC_EIE0 + i * 2, 0);
		reg_swap(IMSIC_EIP0 + i * 2, 0);
	}
	window_close(&before);
}

unsigned gfile_take(struct vcpu *v)
{
	struct hart *hart = this_hart();
	unsigned number;

	spin_lock(&hart->lock);
	for (number = MIN(hart->geilen, hart->gfile_limit); number > 0; number--)
		if (hart->gfile_owner[number] == NULL)
			break;
	if (number != 0)
		hart->gfile_owner[number] = v;
	spin_unlock(&hart->lock);
	if (number != 0)
		file_reset(number);
	return number;
}

void gfile_free(struct hart *hart, unsigned number)
{
	spin_lock(&hart->lock);
	hart->gfile_owner[number] = NULL;
	spin_unlock(&hart->lock);
}

hpa_t gfile_hpa(const struct hart *hart, unsigned number)
{
	return HPA(hart->gfile_base.v + number * IMSIC_PAGE_SIZE);
}

volatile uint32_t *gfile_page(const struct hart *hart, unsigned number)
{
	return (volatile uint32_t *)(hart->gfile_pages + number * IMSIC_PAGE_SIZE);
}

void gfile_load(unsigned number, const struct gfile_regs *regs)
{
	struct window before = window_open(number);

	for (unsigned i = 0; i < regs->words; i++) {
		reg_swap(IMSIC_EIE0 + i * 2, regs->enabled[i]);
		csr_write(CSR_VSISELECT, IMSIC_EIP0 + i * 2);
		csr_set(CSR_VSIREG, regs->pending[i]);
	}
	reg_swap(IMSIC_EITHRESHOLD, regs->threshold);
	reg_swap(IMSIC_EIDELIVERY, regs->delivery);
	window_close(&before);
}

void gfile_save(unsigned number, struct gfile_regs *regs)
{
	struct window before = window_open(number);

	csr_clear(CSR_HGEIE, 1UL << number);
	regs->delivery = reg_swap(IMSIC_EIDELIVERY, 0);
	regs->threshold = reg_swap(IMSIC_EITHRESHOLD, 0);
	for (unsigned i = 0; i < regs->words; i++) {
		regs->enabled[i] = reg_swap(IMSIC_EIE0 + i * 2, 0);
		regs->pending[i] |= reg_swap(IMSIC_EIP0 + i * 2, 0);
	}
	window_close(&before);
}

void gfile_arm(unsigned number)
{
	csr_set(CSR_HGEIE, 1UL << number);
}

void gfile_wake(struct hart *hart)
{
	uint64_t ready = csr_read(CSR_HGEIP) & csr_read(CSR_HGEIE);

	if (likely(ready == 0))
		return;
	/* It is a level: until the guest has claimed there is nothing more to say. */
	csr_clear(CSR_HGEIE, ready);
	for (; ready != 0; ready &= ready - 1) {
		struct vcpu *v;

		spin_lock(&hart->lock);
		v = hart->gfile_owner[bit_lowest(ready)];
		spin_unlock(&hart->lock);
		if (v != NULL)
			sched_wake(v);
	}
}
