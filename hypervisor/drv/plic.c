/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's PLIC, from one context: which source interrupts the hypervisor.
 * RISC-V Platform-Level Interrupt Controller Specification 1.0, chapter 3 (memory map).
 */
#include "drv/plic.h"
#include "lib/errno.h"

#define PLIC_PRIORITY(source)		((source) * 4UL)
#define PLIC_ENABLE(context, word)	(0x2000UL + (context) * 0x80UL + (word) * 4UL)
#define PLIC_THRESHOLD(context)		(0x200000UL + (context) * 0x1000UL)
#define PLIC_CLAIM(context)		(PLIC_THRESHOLD(context) + 4)

#define PLIC_SOURCES			1024U	/* the specification's limit */

static struct {
	void (*handler)(void *arg);
	void *arg;
} handlers[PLIC_SOURCES];

static struct {
	uint8_t *base;
	unsigned ndev, context;
} plic;

/* volatile: device registers */
static volatile uint32_t *plic_reg(uint64_t offset)
{
	return (volatile uint32_t *)(plic.base + offset);
}

void plic_init(void *base, unsigned ndev, unsigned context)
{
	plic.base = base;
	plic.ndev = ndev;
	plic.context = context;
	for (unsigned word = 0; word <= ndev / 32; word++)
		*plic_reg(PLIC_ENABLE(context, word)) = 0;
	*plic_reg(PLIC_THRESHOLD(context)) = 0;
}

int plic_handle(unsigned source, void (*handler)(void *arg), void *arg)
{
	if (plic.base == NULL || source == 0 || source > plic.ndev || source >= PLIC_SOURCES)
		return -EINVAL;
	handlers[source].handler = handler;
	handlers[source].arg = arg;
	*plic_reg(PLIC_PRIORITY(source)) = 1;
	*plic_reg(PLIC_ENABLE(plic.context, source / 32)) |= 1U << (source % 32);
	return 0;
}

void plic_dispatch(void)
{
	uint32_t source;

	/* A claim shuts the source's gateway until it is completed. */
	while ((source = *plic_reg(PLIC_CLAIM(plic.context))) != 0) {
		if (source < PLIC_SOURCES && handlers[source].handler != NULL)
			handlers[source].handler(handlers[source].arg);
		*plic_reg(PLIC_CLAIM(plic.context)) = source;
	}
}
