/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's ns16550a: polled transmission, received bytes by interrupt.
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
/* Send; waits for room. The caller serialises. */
void uart_write(const char *text, size_t size);
/* The next received byte, or -1. */
int uart_read(void);
/* Whether received bytes interrupt; off after uart_init(). Bytes wait in the port meanwhile. */
void uart_rx_interrupt(bool on);

#endif
