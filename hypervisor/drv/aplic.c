/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's APLIC, its supervisor-level domain, delivering by MSIs or directly.
 * RISC-V Advanced Interrupt Architecture 1.0, sections 4.5 (registers), 4.8, 4.9 (delivery).
 */
#include <riscv/aia.h>
#include "drv/aplic.h"
#include "drv/imsic.h"
#include "drv/intc.h"
#include "lib/errno.h"

static struct {
	uint8_t *base;
	unsigned sources, hart, ipi;
} aplic;

/* volatile: device registers */
static volatile uint32_t *aplic_reg(uint64_t offset)
{
	return (volatile uint32_t *)(aplic.base + offset);
}

static int aplic_enable(unsigned source, uint32_t target)
{
	if (source == 0 || source > aplic.sources)
		return -EINVAL;
	/* All that we drive are level-triggered and active high. */
	*aplic_reg(APLIC_SOURCECFG(source)) = APLIC_SM_LEVEL1;
	*aplic_reg(APLIC_TARGET(source)) = aplic.hart << APLIC_TARGET_HART_SHIFT | target;
	*aplic_reg(APLIC_SETIENUM) = source;
	return 0;
}

static int msi_enable(unsigned source)
{
	/* The identity has the source's number. */
	if (source >= aplic.ipi)
		return -EINVAL;
	imsic_enable(source);
	return aplic_enable(source, source);
}

/*
 * A line that is still high has sent its MSI already: have it send another. QEMU 7.2 sends one
 * whatever the line is, so that is looked at here.
 */
static void msi_retrigger(unsigned source)
{
	if (*aplic_reg(APLIC_IN_CLRIP + source / 32 * 4UL) >> source % 32 & 1)
		*aplic_reg(APLIC_SETIPNUM_LE) = source;
}

static void msi_dispatch(void)
{
	unsigned source, left = INTC_BATCH;

	while (left-- > 0 && (source = imsic_claim()) != 0) {
		if (source == aplic.ipi) {
			imsic_see_ipi();
			continue;
		}
		intc_serve(source);
		msi_retrigger(source);
	}
}

static int direct_enable(unsigned source)
{
	/* The priority: 1 is the highest. */
	return aplic_enable(source, 1);
}

static void direct_dispatch(void)
{
	uint32_t topi;
	unsigned left = INTC_BATCH;

	while (left-- > 0 && (topi = *aplic_reg(APLIC_IDC(aplic.hart) + APLIC_IDC_CLAIM)) != 0)
		intc_serve(topi >> TOPI_IID_SHIFT);
}

static const struct intc_ops msi_ops = { .enable = msi_enable, .dispatch = msi_dispatch };
static const struct intc_ops direct_ops = { .enable = direct_enable, .dispatch = direct_dispatch };

void aplic_init(void *base, unsigned sources, bool msi, unsigned hart, unsigned ipi)
{
	aplic.base = base;
	aplic.sources = sources;
	aplic.hart = hart;
	aplic.ipi = ipi;
	*aplic_reg(APLIC_DOMAINCFG) = 0;
	for (unsigned source = 1; source <= sources; source++)
		*aplic_reg(APLIC_SOURCECFG(source)) = APLIC_SM_INACTIVE;
	if (msi) {
		imsic_init(ipi);
	} else {
		*aplic_reg(APLIC_IDC(hart) + APLIC_IDC_THRESHOLD) = 0;
		*aplic_reg(APLIC_IDC(hart) + APLIC_IDC_DELIVERY) = 1;
	}
	*aplic_reg(APLIC_DOMAINCFG) = APLIC_DOMAINCFG_IE | (msi ? APLIC_DOMAINCFG_DM : 0);
	intc_use(msi ? &msi_ops : &direct_ops);
}
