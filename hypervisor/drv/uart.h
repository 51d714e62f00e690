/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's ns16550a: sends and receives by interrupt; sends by polling before there is one.
 * National Semiconductor PC16550D data sheet.
 */
#ifndef DRV_UART_H
#define DRV_UART_H

#include "lib/types.h"

/*
 * Take over the port whose registers are mapped at base, register n at n << reg_shift, accessed
 * with io_width (1 or 4) bytes. The line's speed stays as firmware set it. Called once, by boot.
 */
void uart_init(void *base, unsigned reg_shift, unsigned io_width);
/* Was there one? Everything below needs it. */
bool uart_present(void);
/*
 * Send, in order. What the port does not take at once is queued for its interrupt; waits only when
 * the queue is full. Any hart, any lock but this driver's.
 */
void uart_write(const char *text, size_t size);
/* The port's interrupt has a handler, which calls uart_interrupt(): no waiting from now on. */
void uart_use_interrupt(void);
/* The port's interrupt: send what waits. */
void uart_interrupt(void);
/* Is the queue short? While it is not, guests wait with their output. */
bool uart_has_room(void);
/* Wait until all is sent. */
void uart_flush(void);
/* The machine ends: send all, and whatever comes, by polling and without the lock. */
void uart_panic(void);
/* The next received byte, or -1. */
int uart_read(void);
/* Whether received bytes interrupt; off after uart_init(). Bytes wait in the port meanwhile. */
void uart_rx_interrupt(bool on);

#endif
