/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's console: the host's uart once there is one, the firmware's before.
 * SBI 2.0, chapters 5 (legacy) and 12 (DBCN).
 */
#include "drv/uart.h"
#include "hart/hostcon.h"
#include "hart/sbi_call.h"

/* Byte by byte: DBCN's buffers are physical addresses, and this runs before any map is known. */
static void hostcon_firmware_write(const char *text, size_t size)
{
	static int has_dbcn = -1;

	if (has_dbcn < 0)
		has_dbcn = sbi_probe(SBI_EXT_DBCN);
	for (size_t i = 0; i < size; i++) {
		if (has_dbcn)
			sbi_call(SBI_EXT_DBCN, SBI_DBCN_WRITE_BYTE, (uint8_t)text[i], 0, 0);
		else
			sbi_call(SBI_EXT_LEGACY_PUTCHAR, 0, (uint8_t)text[i], 0, 0);
	}
}

void hostcon_write(const char *text, size_t size)
{
	if (uart_present())
		uart_write(text, size);
	else
		hostcon_firmware_write(text, size);
}

void hostcon_flush(void)
{
	if (uart_present())
		uart_flush();
}

void hostcon_panic(void)
{
	if (uart_present())
		uart_panic();
}

int hostcon_read(void)
{
	if (uart_present())
		return uart_read();
	/* The answer of a legacy call is a0: the byte, or -1. */
	int64_t byte = sbi_call(SBI_EXT_LEGACY_GETCHAR, 0, 0, 0, 0).error;

	return byte >= 0 && byte <= UINT8_MAX ? (int)byte : -1;
}

void hostcon_put(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	hostcon_write(text, size);
}
