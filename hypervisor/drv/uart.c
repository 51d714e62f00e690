/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's ns16550a: bytes to send go straight into the port while it takes them, else they wait
 * in a queue for its interrupt; received bytes by interrupt.
 * National Semiconductor PC16550D data sheet, section 8.
 */
#include "drv/uart.h"
#include "lib/lock.h"

#define REG_RBR_THR		0
#define REG_IER			1
#define REG_FCR			2
#define REG_LCR			3
#define REG_MCR			4
#define REG_LSR			5
#define IER_RECEIVED		0x01
#define IER_THR_EMPTY		0x02
#define FCR_ENABLE		0x01
#define LCR_8N1			0x03
#define MCR_DTR_RTS_OUT2	0x0b	/* OUT2 gates the interrupt on PC wiring */
#define LSR_DATA_READY		0x01
#define LSR_THR_EMPTY		0x20
#define FIFO_DEPTH		16
#define QUEUE_BYTES		16384U		/* a power of two */
/* More than this waits: guests do, too. The rest is for the hypervisor's own lines. */
#define QUEUE_GUESTS		4096U

static struct {
	struct spinlock lock;		/* of all but reception; innermost of all */
	bool queued;			/* bytes that do not fit are for the interrupt */
	uint8_t ier;
	uint32_t added, taken;		/* bytes of the queue, since the beginning */
	char queue[QUEUE_BYTES];

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

/* ---- Sending; the lock is held, or it is a panic ---- */

/* Bytes in the queue. Never below 0: in a panic, without the lock, two harts may take the last. */
static uint32_t waiting(void)
{
	int32_t count = (int32_t)(READ_ONCE(uart.added) - READ_ONCE(uart.taken));

	return count > 0 ? (uint32_t)count : 0;
}

static bool is_empty(void)
{
	return waiting() == 0;
}

static bool takes_bytes(void)
{
	return (uart_get(REG_LSR) & LSR_THR_EMPTY) != 0;
}

static void ier_set(uint8_t ier)
{
	if (uart.ier == ier)
		return;
	uart.ier = ier;
	uart_put(REG_IER, ier);
}

/* From the queue into the port as long as it takes bytes. */
static void pump(void)
{
	while (!is_empty() && takes_bytes())
		for (unsigned i = 0; i < FIFO_DEPTH && !is_empty(); i++)
			uart_put(REG_RBR_THR, (uint8_t)uart.queue[uart.taken++ % QUEUE_BYTES]);
}

/* Until no more than so many bytes wait. */
static void pump_to(uint32_t most)
{
	while (waiting() > most) {
		uint32_t before = uart.taken;

		pump();
		if (uart.taken == before)
			spin_relax();
	}
}

/* So many bytes into the port, which takes them. */
static void fill(const char *text, size_t count)
{
	volatile uint8_t *thr = uart.base;

	if (uart.wide)
		for (size_t i = 0; i < count; i++)
			*(volatile uint32_t *)thr = (uint8_t)text[i];
	else
		for (size_t i = 0; i < count; i++)
			*thr = (uint8_t)text[i];
}

/* Straight into the port, as far as it takes them now. Return: how many. */
static size_t send(const char *text, size_t size)
{
	size_t done = 0;

	while (done < size && takes_bytes()) {
		size_t count = MIN(size - done, (size_t)FIFO_DEPTH);

		fill(text + done, count);
		done += count;
	}
	return done;
}

static void enqueue(const char *text, size_t size)
{
	while (size-- > 0) {
		pump_to(QUEUE_BYTES - 1);
		uart.queue[uart.added++ % QUEUE_BYTES] = *text++;
	}
}

void uart_write(const char *text, size_t size)
{
	size_t done;

	spin_lock_io(&uart.lock);
	done = is_empty() ? send(text, size) : 0;
	enqueue(text + done, size - done);
	if (!uart.queued)
		pump_to(0);
	if (!is_empty())
		ier_set(uart.ier | IER_THR_EMPTY);
	spin_unlock_io(&uart.lock);
}

void uart_interrupt(void)
{
	if (!(READ_ONCE(uart.ier) & IER_THR_EMPTY))
		return;
	spin_lock_io(&uart.lock);
	pump();
	if (is_empty())
		ier_set(uart.ier & (uint8_t)~IER_THR_EMPTY);
	spin_unlock_io(&uart.lock);
}

bool uart_has_room(void)
{
	return waiting() <= QUEUE_GUESTS;
}

void uart_use_interrupt(void)
{
	uart.queued = true;
}

void uart_flush(void)
{
	spin_lock_io(&uart.lock);
	pump_to(0);
	spin_unlock_io(&uart.lock);
}

void uart_panic(void)
{
	uart.queued = false;
	/* Whoever has it may be this very hart, or never go on. */
	spin_init(&uart.lock);
	pump_to(0);
}

/* ---- Receiving ---- */

int uart_read(void)
{
	if (!(uart_get(REG_LSR) & LSR_DATA_READY))
		return -1;
	return uart_get(REG_RBR_THR);
}

void uart_rx_interrupt(bool on)
{
	spin_lock_io(&uart.lock);
	ier_set((uint8_t)((uart.ier & ~IER_RECEIVED) | (on ? IER_RECEIVED : 0)));
	spin_unlock_io(&uart.lock);
}
