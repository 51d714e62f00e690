/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns16550a: input only, output goes through SBI.
 * National Semiconductor PC16550D data sheet, chapter 8.
 */
#include "drv/uart.h"

#include "boot/info.h"
#include "mm/map.h"

#define UART_RBR	0
#define UART_IER	1
#define UART_IER_RDI	0x01
#define UART_LSR	5
#define UART_LSR_DR	0x01

static volatile uint8_t *uart_base;

static volatile uint8_t *uart_register(unsigned int index)
{
	return uart_base + ((size_t)index << info.uart_shift);
}

bool uart_init(void)
{
	if (!info.uart_pa)
		return false;
	uart_base = map_io(info.uart_pa, info.uart_size);
	return uart_base != NULL;
}

void uart_set_interrupt(bool on)
{
	*uart_register(UART_IER) = on ? UART_IER_RDI : 0;
}

int uart_getchar(void)
{
	if (!(*uart_register(UART_LSR) & UART_LSR_DR))
		return -1;
	return *uart_register(UART_RBR);
}

volatile uint8_t *uart_line_status(void)
{
	return uart_base ? uart_register(UART_LSR) : NULL;
}
