/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller, for the one interrupt that the console uses.
 * RISC-V PLIC specification 1.0.0, "Memory Map".
 */
#include "drv/plic.h"

#include "boot/info.h"
#include "drv/console.h"
#include "mm/map.h"

#define PLIC_ENABLE(context)	(0x2000 + 0x80 * (uint64_t)(context))
#define PLIC_CONTEXT(context)	(0x200000 + 0x1000 * (uint64_t)(context))

static volatile uint8_t *plic_enables, *plic_context, *plic_priorities;

static volatile uint32_t *plic_word(volatile uint8_t *page, uint64_t offset)
{
	return (volatile uint32_t *)(page + offset);
}

bool plic_init(void)
{
	uint32_t irq = info.uart_irq;

	if (!info.plic_pa || !irq || irq >= 1024 || info.plic_context < 0)
		return false;
	plic_priorities = map_io(info.plic_pa, PAGE_SIZE);
	plic_enables = map_io(info.plic_pa + PLIC_ENABLE(info.plic_context), 0x80);
	plic_context = map_io(info.plic_pa + PLIC_CONTEXT(info.plic_context), PAGE_SIZE);
	if (!plic_priorities || !plic_enables || !plic_context)
		return false;
	*plic_word(plic_priorities, 4 * (uint64_t)irq) = 1;
	*plic_word(plic_enables, irq / 32 * 4) = 1U << (irq % 32);
	*plic_word(plic_context, 0) = 0;
	return true;
}

void plic_handle(void)
{
	uint32_t irq;

	if (!plic_context)
		return;
	while ((irq = *plic_word(plic_context, 4)) != 0) {
		if (irq == info.uart_irq)
			console_poll();
		*plic_word(plic_context, 4) = irq;
	}
}
