/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: bytes out by SBI, bytes in from the UART's interrupt or by polling SBI.
 * SBI specification, "Debug Console Extension" and "Legacy Extensions".
 */
#include "drv/console.h"

#include "boot/info.h"
#include "drv/plic.h"
#include "drv/sbi.h"
#include "drv/timer.h"
#include "drv/uart.h"
#include "fs/tty.h"
#include "priv/priv.h"

#define CONSOLE_POLL_NS	10000000UL

static bool console_interrupt, console_measuring;
static bool console_stalled;	/* the terminal is full: the interrupt is off */

static void console_tick(struct timer *timer);

static struct timer console_timer = { .link = LIST_INIT(console_timer.link),
				      .expired = console_tick };

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

	while (tty_has_room(&tty_console)) {
		c = console_interrupt ? uart_getchar() : sbi_getchar();
		if (c < 0)
			return;
		tty_input(&tty_console, (char)c);
	}
	if (console_interrupt) {
		console_stalled = true;
		uart_set_interrupt(false);
	}
}

void console_resume(void)
{
	if (!console_stalled)
		return;
	console_stalled = false;
	uart_set_interrupt(true);
}

bool console_has_interrupt(void)
{
	return console_interrupt;
}

static void console_start_polling(void)
{
	if (!list_empty(&console_timer.link))
		return;
	console_timer.deadline_ticks = priv_time() + timer_ns_to_ticks(CONSOLE_POLL_NS);
	timer_add(&console_timer);
}

/* Ctrl-C must come through although nobody reads; but a window that is measured holds no tick. */
static void console_tick(struct timer *timer)
{
	(void)timer;
	console_poll();
	if (tty_console.readers || !console_measuring)
		console_start_polling();
}

void console_want_input(void)
{
	if (!console_interrupt)
		console_start_polling();
}

static void console_handle(struct plic_handler *handler)
{
	(void)handler;
	console_poll();
}

void console_init(bool measuring)
{
	static struct plic_handler handler = { .handle = console_handle };

	console_measuring = measuring;
	handler.irq = info.uart_irq;
	if (uart_init() && plic_attach(&handler)) {
		console_interrupt = true;
		uart_set_interrupt(true);
	} else if (!measuring) {
		console_start_polling();
	}
}
