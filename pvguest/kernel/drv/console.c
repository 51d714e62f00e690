/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: bytes out by SBI, bytes in from the UART's interrupt or by polling SBI.
 * SBI specification, "Debug Console Extension" and "Legacy Extensions".
 */
#include "drv/console.h"

#include "drv/plic.h"
#include "drv/sbi.h"
#include "drv/uart.h"
#include "fs/tty.h"
#include "lib/string.h"

static bool console_interrupt;

void console_write_raw(const char *text, size_t length)
{
	sbi_write(text, length);
}

void console_write(const char *text, size_t length)
{
	while (length) {
		size_t part = 0;

		while (part < length && text[part] != '\n')
			part++;
		console_write_raw(text, part);
		if (part < length) {
			console_write_raw("\r\n", 2);
			part++;
		}
		text += part;
		length -= part;
	}
}

void console_poll(void)
{
	int c;

	while ((c = console_interrupt ? uart_getchar() : sbi_getchar()) >= 0)
		tty_input((char)c);
}

bool console_has_interrupt(void)
{
	return console_interrupt;
}

void console_init(void)
{
	if (uart_init() && plic_init()) {
		console_interrupt = true;
		uart_enable_interrupt();
	}
}
