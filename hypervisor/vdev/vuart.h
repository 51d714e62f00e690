/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ns16550a as a state machine. Pure: what it sends, receives and interrupts goes through
 * callbacks. National Semiconductor PC16550D data sheet, section 8.
 */
#ifndef VDEV_VUART_H
#define VDEV_VUART_H

#include "lib/types.h"

#define VUART_FIFO_SIZE		16

/* Registers; those with two names depend on the direction, or on LCR.DLAB for the first two. */
enum vuart_reg {
	VUART_RBR = 0, VUART_THR = 0, VUART_DLL = 0,
	VUART_IER = 1, VUART_DLM = 1,
	VUART_IIR = 2, VUART_FCR = 2,
	VUART_LCR = 3,
	VUART_MCR = 4,
	VUART_LSR = 5,
	VUART_MSR = 6,
	VUART_SCR = 7,
	VUART_REGS = 8
};

#define VUART_IER_RDI		0x01	/* received data available, or timeout */
#define VUART_IER_THRI		0x02	/* transmitter holding register empty */
#define VUART_IER_RLSI		0x04	/* receiver line status */
#define VUART_IER_MSI		0x08	/* modem status */
#define VUART_IIR_NONE		0x01
#define VUART_IIR_MSI		0x00
#define VUART_IIR_THRI		0x02
#define VUART_IIR_RDI		0x04
#define VUART_IIR_RLSI		0x06
#define VUART_IIR_TIMEOUT	0x0c
#define VUART_IIR_FIFO		0xc0
#define VUART_FCR_ENABLE	0x01
#define VUART_FCR_CLEAR_RX	0x02
#define VUART_FCR_CLEAR_TX	0x04
#define VUART_FCR_TRIGGER	0xc0
#define VUART_LCR_DLAB		0x80
#define VUART_MCR_DTR		0x01
#define VUART_MCR_RTS		0x02
#define VUART_MCR_OUT1		0x04
#define VUART_MCR_OUT2		0x08
#define VUART_MCR_LOOP		0x10
#define VUART_LSR_DR		0x01
#define VUART_LSR_OE		0x02
#define VUART_LSR_THRE		0x20
#define VUART_LSR_TEMT		0x40
#define VUART_MSR_DCTS		0x01
#define VUART_MSR_DDSR		0x02
#define VUART_MSR_TERI		0x04
#define VUART_MSR_DDCD		0x08
#define VUART_MSR_CTS		0x10
#define VUART_MSR_DSR		0x20
#define VUART_MSR_RI		0x40
#define VUART_MSR_DCD		0x80

struct vuart_io {
	void (*send)(void *arg, uint8_t byte);
	/* The next byte that waits at the other end of the line, or -1. */
	int (*receive)(void *arg);
	/* The interrupt line changed. */
	void (*interrupt)(void *arg, bool level);
};

struct vuart_fifo {
	uint8_t bytes[VUART_FIFO_SIZE];
	unsigned head, count;
};

struct vuart {
	const struct vuart_io *io;
	void *arg;
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	uint8_t lsr_errors;		/* OE until LSR is read */
	uint8_t msr_delta;		/* the low half of MSR, until MSR is read */
	bool thr_empty_pending;		/* THRE is to be reported and was not yet */
	bool interrupting;		/* the level that interrupt() was told last */
	struct vuart_fifo line_rx;	/* received over the line */
	struct vuart_fifo loop_rx;	/* received from ourselves, in loopback */
};

void vuart_init(struct vuart *uart, const struct vuart_io *io, void *arg);
/* reg is 0 .. VUART_REGS - 1; a higher one reads 0 and ignores writes. */
uint8_t vuart_read(struct vuart *uart, unsigned reg);
void vuart_write(struct vuart *uart, unsigned reg, uint8_t value);
/* Would a write to the register send a byte over the line now? Not a divisor's, nor in loopback. */
bool vuart_sends(const struct vuart *uart, unsigned reg);
/* Bytes wait at the other end: take what fits, and interrupt. */
void vuart_input_ready(struct vuart *uart);

#endif
