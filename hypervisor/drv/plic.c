/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's PLIC, from one context: which source interrupts the hypervisor.
 * RISC-V Platform-Level Interrupt Controller Specification 1.0, chapter 3 (memory map).
 */
#include "drv/intc.h"
#include "drv/plic.h"
#include "lib/errno.h"

#define PLIC_PRIORITY(source)		((source) * 4UL)
#define PLIC_ENABLE(context, word)	(0x2000UL + (context) * 0x80UL + (word) * 4UL)
#define PLIC_THRESHOLD(context)		(0x200000UL + (context) * 0x1000UL)
#define PLIC_CLAIM(context)		(PLIC_THRESHOLD(context) + 4)

static struct {
	uint8_t *base;
	unsigned ndev, context;
} plic;

/* volatile: device registers */
static volatile uint32_t *plic_reg(uint64_t offset)
{
	return (volatile uint32_t *)(plic.base + offset);
}

static int plic_enable(unsigned source)
{
	if (source > plic.ndev)
		return -EINVAL;
	*plic_reg(PLIC_PRIORITY(source)) = 1;
	*plic_reg(PLIC_ENABLE(plic.context, source / 32)) |= 1U << (source % 32);
	return 0;
}

static void plic_dispatch(void)
{
	uint32_t source;
	unsigned left = INTC_BATCH;

	/* A claim shuts the source's gateway until it is completed. */
	while (left-- > 0 && (source = *plic_reg(PLIC_CLAIM(plic.context))) != 0) {
		intc_serve(source);
		*plic_reg(PLIC_CLAIM(plic.context)) = source;
	}
}

static const struct intc_ops plic_ops = { .enable = plic_enable, .dispatch = plic_dispatch };

void plic_init(void *base, unsigned ndev, unsigned context)
{
	plic.base = base;
	plic.ndev = ndev;
	plic.context = context;
	for (unsigned word = 0; word <= ndev / 32; word++)
		*plic_reg(PLIC_ENABLE(context, word)) = 0;
	*plic_reg(PLIC_THRESHOLD(context)) = 0;
	intc_use(&plic_ops);
}
