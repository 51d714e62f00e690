/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: bytes out by SBI, bytes in from the UART's interrupt or by polling SBI.
 * SBI specification, "Debug Console Extension".
 */
#ifndef DRV_CONSOLE_H
#define DRV_CONSOLE_H

#include "lib/types.h"

/* text: kernel memory that is physically contiguous. A newline becomes CR LF. */
void console_write(const char *text, size_t length);
/* Writes as it is. */
void console_write_raw(const char *text, size_t length);
/*
 * Takes what has come in and gives it to the terminal: from the interrupt, or each tick.
 * What the terminal has no room for stays in the device, and its sender has to wait.
 */
void console_poll(void);
/* The terminal has room again. */
void console_resume(void);
/* True if input comes by interrupt, so that nobody needs to poll. */
bool console_has_interrupt(void);
/* A reader is about to wait: without an interrupt, polling begins. */
void console_want_input(void);
/* After the devices were found. measuring: no tick unless a reader waits. */
void console_init(bool measuring);

#endif
