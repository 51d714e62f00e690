/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller; the boot hart takes the interrupts of all devices.
 * RISC-V PLIC specification 1.0.0, "Memory Map".
 */
#include "drv/plic.h"

#include "boot/info.h"
#include "mm/map.h"

#define PLIC_IRQ_MAX		1023U
#define PLIC_ENABLE(context)	(0x2000 + 0x80 * (uint64_t)(context))
#define PLIC_CONTEXT(context)	(0x200000 + 0x1000 * (uint64_t)(context))

static struct list plic_handlers = LIST_INIT(plic_handlers);
static volatile uint8_t *plic_enables, *plic_context, *plic_priorities;

static volatile uint32_t *plic_word(volatile uint8_t *page, uint64_t offset)
{
	return (volatile uint32_t *)(page + offset);
}

/* Once, for the first device. */
static bool plic_open(void)
{
	if (plic_context)
		return true;
	if (!info.plic_pa || info.plic_context < 0)
		return false;
	plic_priorities = map_io(info.plic_pa, PAGE_SIZE);
	plic_enables = map_io(info.plic_pa + PLIC_ENABLE(info.plic_context), 0x80);
	plic_context = map_io(info.plic_pa + PLIC_CONTEXT(info.plic_context), PAGE_SIZE);
	if (!plic_priorities || !plic_enables || !plic_context) {
		plic_context = NULL;
		return false;
	}
	*plic_word(plic_context, 0) = 0;
	return true;
}

bool plic_attach(struct plic_handler *handler)
{
	volatile uint32_t *enable;

	if (!handler->irq || handler->irq > PLIC_IRQ_MAX || !plic_open())
		return false;
	list_add_before(&plic_handlers, &handler->link);
	*plic_word(plic_priorities, 4 * (uint64_t)handler->irq) = 1;
	enable = plic_word(plic_enables, handler->irq / 32 * 4);
	*enable |= 1U << (handler->irq % 32);
	return true;
}

void plic_handle(void)
{
	uint32_t irq;

	if (!plic_context)
		return;
	while ((irq = *plic_word(plic_context, 4)) != 0) {
		struct list *pos;

		LIST_FOR_EACH (pos, &plic_handlers) {
			struct plic_handler *handler = LIST_ENTRY(pos, struct plic_handler, link);

			if (handler->irq == irq)
				handler->handle(handler);
		}
		*plic_word(plic_context, 4) = irq;
	}
}
