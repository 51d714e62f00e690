/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's own messages and the sink that they go to.
 */
#include "lib/printf.h"

static struct {
	printf_put_fn *put;
	void *ctx;
} sink;

/* Called by boot before other harts run, and when the console takes over from the early one. */
void printf_set_sink(printf_put_fn *put, void *ctx)
{
	sink.ctx = ctx;
	__atomic_store_n(&sink.put, put, __ATOMIC_RELEASE);
}

void vkprintf(const char *format, va_list args)
{
	printf_put_fn *put = __atomic_load_n(&sink.put, __ATOMIC_ACQUIRE);

	if (put)
		vprintf_sink(put, sink.ctx, format, args);
}

void kprintf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vkprintf(format, args);
	va_end(args);
}
