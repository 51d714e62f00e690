/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's interrupt controller, a PLIC or an APLIC: who is called for which source.
 */
#include "drv/intc.h"
#include "lib/errno.h"

static struct {
	void (*handler)(void *arg);
	void *arg;
} handlers[INTC_SOURCES];

static const struct intc_ops *intc;

void intc_use(const struct intc_ops *ops)
{
	intc = ops;
}

int intc_handle(unsigned source, void (*handler)(void *arg), void *arg)
{
	if (intc == NULL || source == 0 || source >= INTC_SOURCES)
		return -EINVAL;
	handlers[source].handler = handler;
	handlers[source].arg = arg;
	return intc->enable(source);
}

void intc_dispatch(void)
{
	if (intc != NULL)
		intc->dispatch();
}

void intc_serve(unsigned source)
{
	if (source < INTC_SOURCES && handlers[source].handler != NULL)
		handlers[source].handler(handlers[source].arg);
}
