/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller; the boot hart takes the interrupts of all devices.
 * RISC-V PLIC specification 1.0.0.
 */
#ifndef DRV_PLIC_H
#define DRV_PLIC_H

#include "lib/list.h"

/* Who handles an interrupt; a device has one of its own. */
struct plic_handler {
	struct list link;
	uint32_t irq;
	void (*handle)(struct plic_handler *handler);
};

/* Lets an interrupt through to the boot hart; false if there is no PLIC or no such interrupt. */
bool plic_attach(struct plic_handler *handler);
/* Another hart takes the same interrupts: whichever comes first claims one. */
void plic_join(void);
/* Claims, handles and completes what is pending. */
void plic_handle(void);

#endif
