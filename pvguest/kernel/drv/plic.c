/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller; each hart can take those of all devices.
 * RISC-V PLIC specification 1.0.0, "Memory Map".
 */
#include "drv/plic.h"

#include "boot/hart.h"
#include "boot/info.h"
#include "mm/map.h"

#define PLIC_IRQ_MAX		1023U
#define PLIC_ENABLE(context)	(0x2000 + 0x80 * (uint64_t)(context))
#define PLIC_CONTEXT(context)	(0x200000 + 0x1000 * (uint64_t)(context))

static struct list plic_handlers = LIST_INIT(plic_handlers);
static volatile uint8_t *plic_priorities;

static volatile uint32_t *plic_word(volatile uint8_t *page, uint64_t offset)
{
	return (volatile uint32_t *)(page + offset);
}

static int plic_context_of(const struct hart *hart)
{
	for (size_t i = 0; i < info.hart_count; i++)
		if (info.harts[i].id == hart->id)
			return info.harts[i].plic_context;
	return -1;
}

/* The S-mode context of this hart. */
static bool plic_open_context(void)
{
	struct hart *hart = hart_this;
	int context = plic_context_of(hart);

	if (context < 0)
		return false;
	hart->plic_enables = map_io(info.plic_pa + PLIC_ENABLE(context), 0x80);
	hart->plic_context = map_io(info.plic_pa + PLIC_CONTEXT(context), PAGE_SIZE);
	if (!hart->plic_enables || !hart->plic_context) {
		hart->plic_context = NULL;
		return false;
	}
	*plic_word(hart->plic_context, 0) = 0;
	return true;
}

/* Once, for the first device. */
static bool plic_open(void)
{
	if (hart_this->plic_context)
		return true;
	if (!info.plic_pa)
		return false;
	plic_priorities = map_io(info.plic_pa, PAGE_SIZE);
	return plic_priorities && plic_open_context();
}

static void plic_enable(const struct plic_handler *handler)
{
	volatile uint32_t *enable = plic_word(hart_this->plic_enables, handler->irq / 32 * 4);

	*enable |= 1U << (handler->irq % 32);
}

bool plic_attach(struct plic_handler *handler)
{
	if (!handler->irq || handler->irq > PLIC_IRQ_MAX || !plic_open())
		return false;
	list_add_before(&plic_handlers, &handler->link);
	*plic_word(plic_priorities, 4 * (uint64_t)handler->irq) = 1;
	plic_enable(handler);
	return true;
}

void plic_join(void)
{
	struct list *pos;

	if (list_empty(&plic_handlers) || !plic_open_context())
		return;
	LIST_FOR_EACH (pos, &plic_handlers)
		plic_enable(LIST_ENTRY(pos, struct plic_handler, link));
}

void plic_handle(void)
{
	volatile uint8_t *context = hart_this->plic_context;
	uint32_t irq;

	if (!context)
		return;
	while ((irq = *plic_word(context, 4)) != 0) {
		struct list *pos;

		LIST_FOR_EACH (pos, &plic_handlers) {
			struct plic_handler *handler = LIST_ENTRY(pos, struct plic_handler, link);

			if (handler->irq == irq)
				handler->handle(handler);
		}
		*plic_word(context, 4) = irq;
	}
}
