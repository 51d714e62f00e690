/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's ns16550a: polled transmission, received bytes by interrupt.
 * National Semiconductor PC16550D data sheet, section 8.
 */
#include "drv/uart.h"

#define REG_RBR_THR		0
#define REG_IER			1
#define REG_FCR			2
#define REG_LCR			3
#define REG_MCR			4
#define REG_LSR			5
#define IER_RECEIVED		0x01
#define FCR_ENABLE		0x01
#define LCR_8N1			0x03
#define MCR_DTR_RTS_OUT2	0x0b	/* OUT2 gates the interrupt on PC wiring */
#define LSR_DATA_READY		0x01
#define LSR_THR_EMPTY		0x20
#define FIFO_DEPTH		16

static struct {
	volatile uint8_t *base;		/* volatile: device registers */
	unsigned reg_shift;
	bool wide;			/* registers are accessed as 32-bit words */
} uart;

static uint8_t uart_get(unsigned reg)
{
	volatile uint8_t *at = uart.base + ((size_t)reg << uart.reg_shift);

	return uart.wide ? (uint8_t) *(volatile uint32_t *)at : *at;
}

static void uart_put(unsigned reg, uint8_t value)
{
	volatile uint8_t *at = uart.base + ((size_t)reg << uart.reg_shift);

	if (uart.wide)
		*(volatile uint32_t *)at = value;
	else
		*at = value;
}

void uart_init(void *base, unsigned reg_shift, unsigned io_width)
{
	uart.base = base;
	uart.reg_shift = reg_shift;
	uart.wide = io_width == 4;
	uart_put(REG_IER, 0);
	uart_put(REG_LCR, LCR_8N1);
	/* Enabled only, not cleared: bytes that were typed ahead stay. */
	uart_put(REG_FCR, FCR_ENABLE);
	uart_put(REG_MCR, MCR_DTR_RTS_OUT2);
}

bool uart_present(void)
{
	return uart.base != NULL;
}

void uart_write(const char *text, size_t size)
{
	while (size > 0) {
		size_t burst = MIN(size, (size_t)FIFO_DEPTH);

		while (!(uart_get(REG_LSR) & LSR_THR_EMPTY))
			;
		size -= burst;
		while (burst-- > 0)
			uart_put(REG_RBR_THR, (uint8_t)*text++);
	}
}

int uart_read(void)
{
	if (!(uart_get(REG_LSR) & LSR_DATA_READY))
		return -1;
	return uart_get(REG_RBR_THR);
}

void uart_rx_interrupt(bool on)
{
	uart_put(REG_IER, on ? IER_RECEIVED : 0);
}
