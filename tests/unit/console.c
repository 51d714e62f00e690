/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has the display and the keyboard when VMs end, or are refused while they are built.
 * SOURCES: hypervisor/monitor/console.c hypervisor/monitor/conmux.c
 * SOURCES: hypervisor/monitor/option.c hypervisor/lib/string.c
 */
#include "drv/uart.h"
#include "hart/hostcon.h"
#include "lib/printf.h"
#include "monitor/console.h"
#include "monitor/monitor.h"
#include "test.h"
#include "vm/vconsole.h"

static struct vm vms[2];
static struct vconsole consoles[2];
static bool rx_on, full;
static const char *typed = "";
static char display[256];
static unsigned fed[2];
struct list_head vm_list;
struct spinlock vm_list_lock;
const struct vconsole_ops *vconsole_ops;

bool uart_present(void)
{
	return true;
}

bool uart_has_room(void)
{
	return true;
}

void uart_rx_interrupt(bool on)
{
	rx_on = on;
}

void hostcon_write(const char *text, size_t size)
{
	strncat(display, text, size);
}

int hostcon_read(void)
{
	return *typed ? *typed++ : -1;
}

void monitor_command(const char *line)
{
	(void)line;
}

void kprintf(const char *format, ...)
{
	(void)format;
}

void printf_set_sink(printf_put_fn *put, void *ctx)
{
	(void)put;
	(void)ctx;
}

int vprintf_sink(printf_put_fn *put, void *ctx, const char *format, va_list args)
{
	(void)put;
	(void)ctx;
	(void)format;
	(void)args;
	return 0;
}

bool vconsole_full(const struct vm *vm)
{
	return vm == &vms[0] && full;
}

bool vconsole_hold(struct vm *vm)
{
	vm->console->held = vconsole_full(vm);
	return vm->console->held;
}

bool vconsole_feed(struct vm *vm, char byte)
{
	(void)byte;
	fed[vm - vms]++;
	return true;
}

static void set_up(void)
{
	console_init(NULL);
	list_init(&vm_list);
	rx_on = true;
	full = false;
	display[0] = '\0';
	for (unsigned i = 0; i < 2; i++)
		fed[i] = 0;
}

/* The VM is being built. */
static void create(unsigned i)
{
	consoles[i] = (struct vconsole){ 0 };
	vms[i] = (struct vm){ .id = i + 1, .state = VM_BUILDING, .console = &consoles[i] };
	list_init(&vms[i].link);
	list_add_tail(&vm_list, &vms[i].link);
	vconsole_ops->created(&vms[i]);
}

/* What the machine does: a byte that waits interrupts, if that is on. */
static void type(const char *text)
{
	typed = text;
	if (rx_on)
		console_rx_interrupt();
}

TEST("a VM that is refused while it is built leaves the next one the display, without names")
{
	set_up();
	create(0);
	/* Its disk does not fit. */
	list_remove(&vms[0].link);
	vconsole_ops->ended(&vms[0]);
	create(1);
	vms[1].state = VM_RUNNING;
	vconsole_ops->write(&vms[1], "login: ", 7);
	CHECK_STR(display, "login: ");
	type("x");
	CHECK_EQ(fed[1], 1);
	vms[1].state = VM_CRASHED;
	vconsole_ops->ended(&vms[1]);
}

TEST("after the end of a VM whose input was full, the next one gets what is typed")
{
	set_up();
	for (unsigned i = 0; i < 2; i++) {
		create(i);
		vms[i].state = VM_RUNNING;
	}
	type("a");
	CHECK_EQ(fed[0], 1);
	full = true;
	type("b");
	CHECK(!rx_on);
	vms[0].state = VM_CRASHED;
	vconsole_ops->ended(&vms[0]);
	type("c");
	CHECK_EQ(fed[1], 1);
}
