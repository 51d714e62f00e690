/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's interrupt controller, a PLIC or an APLIC: who is called for which source.
 */
#ifndef DRV_INTC_H
#define DRV_INTC_H

#include "lib/types.h"

#define INTC_SOURCES		1024U	/* the limit of both specifications */
#define INTC_BATCH		16U	/* served at a time: a hart has more to do than that */

struct intc_ops {
	/* Let a source interrupt the boot hart. Return: 0, or -EINVAL if there is none. */
	int (*enable)(unsigned source);
	/* Call intc_serve() for the sources that are pending, at most INTC_BATCH times. */
	void (*dispatch)(void);
};

/* By the driver's init function: from now on it is the one. */
void intc_use(const struct intc_ops *ops);
/*
 * Enable a source, and have intc_dispatch() call handler(arg) for it. By boot, before interrupts
 * are served. Return: 0; -EINVAL: there is no such source, or no controller.
 */
int intc_handle(unsigned source, void (*handler)(void *arg), void *arg);
/*
 * Serve the sources that are pending; with no lock held, on the boot hart. While there are more,
 * its external interrupt stays pending.
 */
void intc_dispatch(void);
/* By the driver: a source is to be served. One without a handler is ignored. */
void intc_serve(unsigned source);

#endif
