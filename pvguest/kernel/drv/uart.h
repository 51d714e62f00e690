/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns16550a: input only, output goes through SBI.
 * National Semiconductor PC16550D data sheet, chapter 8.
 */
#ifndef DRV_UART_H
#define DRV_UART_H

#include "lib/types.h"

/* Finds and maps the UART of the device tree; false if there is none. */
bool uart_init(void);
/* Whether a received byte interrupts. Bytes that are not taken stay in the device. */
void uart_set_interrupt(bool on);
/* The next received byte, or -1. */
int uart_getchar(void);
/* The line status register, for the benchmark; NULL without a UART. */
volatile uint8_t *uart_line_status(void);

#endif
