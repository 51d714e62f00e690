/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's console from the first instruction on: the host's uart once drv/uart has it, the
 * firmware's DBCN or legacy console before. The uart's lock is the innermost of all; whoever may
 * have interrupted its holder, a host trap, calls hostcon_panic() first. SBI 2.0, chapters 5, 12.
 */
#ifndef HART_HOSTCON_H
#define HART_HOSTCON_H

#include "lib/types.h"

/* Sends in order, perhaps later. */
void hostcon_write(const char *text, size_t size);
/* Waits until all is sent. */
void hostcon_flush(void);
/* In a panic, before anything is printed: all that waits, and what comes, is sent at once. */
void hostcon_panic(void);
/* The next typed byte, or -1. */
int hostcon_read(void);
/* The same as hostcon_write(), for printf_set_sink(): early boot and host traps. */
void hostcon_put(void *ctx, const char *text, size_t size);

#endif
