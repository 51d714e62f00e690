/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ns16550a as a state machine. Pure. National Semiconductor PC16550D data sheet, section 8.
 *
 * The line is infinitely fast: a byte written to THR is sent at once, so THRE and TEMT are always
 * set. The trigger level of the receive FIFO is not waited for: data is reported when it is there,
 * as the timeout of four character times would report it anyway.
 */
#include "lib/string.h"
#include "vdev/vuart.h"

#define MCR_MASK	0x1f
#define IER_MASK	0x0f
#define FCR_KEPT	(VUART_FCR_ENABLE | 0x08 | VUART_FCR_TRIGGER)

static bool loopback(const struct vuart *uart)
{
	return (uart->mcr & VUART_MCR_LOOP) != 0;
}

/* Room for received bytes: without the FIFO there is one register. */
static unsigned rx_capacity(const struct vuart *uart)
{
	return uart->fcr & VUART_FCR_ENABLE ? VUART_FIFO_SIZE : 1;
}

static struct vuart_fifo *rx_fifo(struct vuart *uart)
{
	return loopback(uart) ? &uart->loop_rx : &uart->line_rx;
}

static void rx_push(struct vuart *uart, struct vuart_fifo *fifo, uint8_t byte)
{
	if (fifo->count >= rx_capacity(uart)) {
		uart->lsr_errors |= VUART_LSR_OE;
		return;
	}
	fifo->bytes[(fifo->head + fifo->count) % VUART_FIFO_SIZE] = byte;
	fifo->count++;
}

/* Take what waits at the other end, never more than fits: nothing is lost. */
static void rx_fill(struct vuart *uart)
{
	while (!loopback(uart) && uart->line_rx.count < rx_capacity(uart)) {
		int byte = uart->io->receive(uart->arg);

		if (byte < 0)
			return;
		rx_push(uart, &uart->line_rx, (uint8_t)byte);
	}
}

/* The pending interrupt of the highest priority (data sheet, table III). */
static uint8_t interrupt_id(struct vuart *uart)
{
	if (uart->ier & VUART_IER_RLSI && uart->lsr_errors)
		return VUART_IIR_RLSI;
	if (uart->ier & VUART_IER_RDI && rx_fifo(uart)->count > 0)
		return VUART_IIR_RDI;
	if (uart->ier & VUART_IER_THRI && uart->thr_empty_pending)
		return VUART_IIR_THRI;
	if (uart->ier & VUART_IER_MSI && uart->msr_delta)
		return VUART_IIR_MSI;
	return VUART_IIR_NONE;
}

static void line_update(struct vuart *uart)
{
	bool line = interrupt_id(uart) != VUART_IIR_NONE;

	if (line != uart->interrupting) {
		uart->interrupting = line;
		uart->io->interrupt(uart->arg, line);
	}
}

/* The modem inputs: a terminal that is always there, or in loopback our own outputs. */
static uint8_t modem_inputs(uint8_t mcr)
{
	if (!(mcr & VUART_MCR_LOOP))
		return VUART_MSR_CTS | VUART_MSR_DSR | VUART_MSR_DCD;
	return (uint8_t)((mcr & VUART_MCR_RTS ? VUART_MSR_CTS : 0) |
			 (mcr & VUART_MCR_DTR ? VUART_MSR_DSR : 0) |
			 (mcr & VUART_MCR_OUT1 ? VUART_MSR_RI : 0) |
			 (mcr & VUART_MCR_OUT2 ? VUART_MSR_DCD : 0));
}

static void write_mcr(struct vuart *uart, uint8_t value)
{
	uint8_t before = modem_inputs(uart->mcr), after, changed;

	uart->mcr = value & MCR_MASK;
	after = modem_inputs(uart->mcr);
	changed = before ^ after;
	if (changed & VUART_MSR_CTS)
		uart->msr_delta |= VUART_MSR_DCTS;
	if (changed & VUART_MSR_DSR)
		uart->msr_delta |= VUART_MSR_DDSR;
	if (before & ~after & VUART_MSR_RI)
		uart->msr_delta |= VUART_MSR_TERI;
	if (changed & VUART_MSR_DCD)
		uart->msr_delta |= VUART_MSR_DDCD;
}

static void write_fcr(struct vuart *uart, uint8_t value)
{
	/* Turning the FIFOs on or off clears them. */
	bool toggled = (value ^ uart->fcr) & VUART_FCR_ENABLE;

	/*
	 * Loopback's bytes go. What came over the line stays: what was typed ahead should not be
	 * lost to a driver that starts.
	 */
	if (toggled || value & VUART_FCR_CLEAR_RX)
		uart->loop_rx.count = 0;
	if (toggled || value & VUART_FCR_CLEAR_TX)
		uart->thr_empty_pending = true;
	/* The other bits are programmed only while bit 0 is written as 1. */
	uart->fcr = value & VUART_FCR_ENABLE ? value & FCR_KEPT : 0;
}

static void write_thr(struct vuart *uart, uint8_t byte)
{
	if (loopback(uart))
		rx_push(uart, &uart->loop_rx, byte);
	else
		uart->io->send(uart->arg, byte);
	uart->thr_empty_pending = true;
}

static void write_ier(struct vuart *uart, uint8_t value)
{
	/* Enabling THRI while the holding register is empty interrupts at once. */
	if (value & ~uart->ier & VUART_IER_THRI)
		uart->thr_empty_pending = true;
	uart->ier = value & IER_MASK;
}

static uint8_t read_rbr(struct vuart *uart)
{
	struct vuart_fifo *fifo = rx_fifo(uart);
	uint8_t byte = 0;

	rx_fill(uart);
	if (fifo->count > 0) {
		byte = fifo->bytes[fifo->head];
		fifo->head = (fifo->head + 1) % VUART_FIFO_SIZE;
		fifo->count--;
		rx_fill(uart);
	}
	return byte;
}

static uint8_t read_iir(struct vuart *uart)
{
	uint8_t id = interrupt_id(uart);

	/* Reading it is what acknowledges THRE, and no other. */
	if (id == VUART_IIR_THRI)
		uart->thr_empty_pending = false;
	return id | (uart->fcr & VUART_FCR_ENABLE ? VUART_IIR_FIFO : 0);
}

static uint8_t read_lsr(struct vuart *uart)
{
	uint8_t lsr = VUART_LSR_THRE | VUART_LSR_TEMT | uart->lsr_errors;

	rx_fill(uart);
	if (rx_fifo(uart)->count > 0)
		lsr |= VUART_LSR_DR;
	uart->lsr_errors = 0;
	return lsr;
}

static uint8_t read_msr(struct vuart *uart)
{
	uint8_t msr = modem_inputs(uart->mcr) | uart->msr_delta;

	uart->msr_delta = 0;
	return msr;
}

static uint8_t register_read(struct vuart *uart, unsigned reg)
{
	bool dlab = (uart->lcr & VUART_LCR_DLAB) != 0;

	switch (reg) {
	case VUART_RBR:
		return dlab ? uart->dll : read_rbr(uart);
	case VUART_IER:
		return dlab ? uart->dlm : uart->ier;
	case VUART_IIR:
		return read_iir(uart);
	case VUART_LCR:
		return uart->lcr;
	case VUART_MCR:
		return uart->mcr;
	case VUART_LSR:
		return read_lsr(uart);
	case VUART_MSR:
		return read_msr(uart);
	case VUART_SCR:
		return uart->scr;
	default:
		return 0;
	}
}

static void register_write(struct vuart *uart, unsigned reg, uint8_t value)
{
	bool dlab = (uart->lcr & VUART_LCR_DLAB) != 0;

	switch (reg) {
	case VUART_THR:
		if (dlab)
			uart->dll = value;
		else
			write_thr(uart, value);
		break;
	case VUART_IER:
		if (dlab)
			uart->dlm = value;
		else
			write_ier(uart, value);
		break;
	case VUART_FCR:
		write_fcr(uart, value);
		break;
	case VUART_LCR:
		uart->lcr = value;
		break;
	case VUART_MCR:
		write_mcr(uart, value);
		break;
	case VUART_SCR:
		uart->scr = value;
		break;
	default:
		/* LSR and MSR are read-only. */
		break;
	}
}

bool vuart_sends(const struct vuart *uart, unsigned reg)
{
	return reg == VUART_THR && !(uart->lcr & VUART_LCR_DLAB) && !loopback(uart);
}

void vuart_init(struct vuart *uart, const struct vuart_io *io, void *arg)
{
	memset(uart, 0, sizeof(*uart));
	uart->io = io;
	uart->arg = arg;
	uart->thr_empty_pending = true;
}

/* Out of line, so that the common poll saves no registers for it. */
static __attribute__((noinline)) uint8_t read_and_update(struct vuart *uart, unsigned reg)
{
	uint8_t value = register_read(uart, reg);

	line_update(uart);
	return value;
}

uint8_t vuart_read(struct vuart *uart, unsigned reg)
{
	/* The commonest access, a driver's poll: one that finds nothing changes nothing. */
	if (reg == VUART_LSR && uart->line_rx.count == 0 && uart->lsr_errors == 0 &&
	    !loopback(uart)) {
		int byte = uart->io->receive(uart->arg);

		if (byte < 0)
			return VUART_LSR_THRE | VUART_LSR_TEMT;
		rx_push(uart, &uart->line_rx, (uint8_t)byte);
	}
	return read_and_update(uart, reg);
}

void vuart_write(struct vuart *uart, unsigned reg, uint8_t value)
{
	register_write(uart, reg, value);
	/* Bytes wait in the other end's queue until somebody is interested. */
	if (uart->ier & VUART_IER_RDI)
		rx_fill(uart);
	line_update(uart);
}

void vuart_input_ready(struct vuart *uart)
{
	if (uart->ier & VUART_IER_RDI)
		rx_fill(uart);
	line_update(uart);
}
