/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One terminal for all: output of VMs, hypervisor and monitor; input to whoever has the focus.
 */
#include "drv/uart.h"
#include "hart/hostcon.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "monitor/conmux.h"
#include "monitor/console.h"
#include "monitor/monitor.h"
#include "monitor/option.h"
#include "vm/vconsole.h"

#define KEY_ESCAPE	0x1d		/* Ctrl-] */
#define NO_FOCUS	UINT32_MAX

enum console_names { NAMES_AUTO, NAMES_NEVER, NAMES_ALWAYS };

static struct {
	struct spinlock lock;		/* innermost of all: guards the display */
	struct conmux mux;
	struct vconsole_line log, trace, monitor;
	uint32_t focus;			/* id of the VM that gets the input */
	bool monitor_active;		/* the monitor gets it */
	bool hold_partial;		/* live trace: guests' unfinished lines wait */
	enum console_names names;
	unsigned vm_count;		/* VMs ever created, and not refused */

	struct spinlock input_lock;	/* taken before every other: guards the rest */
	bool escape;			/* the escape key came last */
} console = { .focus = NO_FOCUS };

/* ---- Output ---- */

static void console_put(void *arg, const char *text, size_t size)
{
	(void)arg;
	hostcon_write(text, size);
}

static void console_line_write(struct vconsole_line *line, bool live, const char *text, size_t size)
{
	spin_lock(&console.lock);
	conmux_write(&console.mux, line, live, text, size);
	spin_unlock(&console.lock);
}

static void console_kprintf_sink(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	console_line_write(&console.log, false, text, size);
}

void console_log(const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	kprintf("strata: %s\n", text);
}

void console_monitor_write(const char *text, size_t size)
{
	console_line_write(&console.monitor, true, text, size);
}

static void console_monitor_put(void *ctx, const char *text, size_t size)
{
	(void)ctx;
	console_monitor_write(text, size);
}

void console_monitor_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf_sink(console_monitor_put, NULL, format, args);
	va_end(args);
}

void console_trace_write(const char *text, size_t size)
{
	console_line_write(&console.trace, false, text, size);
}

void console_hold_partial(bool hold)
{
	console.hold_partial = hold;
}

/* ---- Focus; vm_list_lock held ---- */

/* The first VM that lives behind the one that has the focus, around the end; NULL: none does. */
static struct vm *console_next_vm(void)
{
	struct vm *vm, *first = NULL;

	list_for_each_entry(vm, &vm_list, link) {
		if (!vm_is_alive(vm) || vm->console == NULL)
			continue;
		if (first == NULL)
			first = vm;
		if (vm->id > console.focus)
			return vm;
	}
	return first;
}

/* Give the input to a VM, now or after the monitor. */
static void console_set_focus(struct vm *vm)
{
	bool moved = console.focus != vm->id;

	if (moved && console.vm_count > 1)
		console_log("input goes to %s", vm->config.name);
	spin_lock(&console.lock);
	console.focus = vm->id;
	if (!console.monitor_active && !console.hold_partial)
		conmux_show(&console.mux, &vm->console->line);
	spin_unlock(&console.lock);
}

void console_focus(struct vm *vm)
{
	spin_lock(&console.lock);
	if (console.monitor_active)
		conmux_end(&console.mux, &console.monitor);
	console.monitor_active = false;
	spin_unlock(&console.lock);
	console_set_focus(vm);
}

struct vm *console_focused_vm(void)
{
	struct vm *vm;

	list_for_each_entry(vm, &vm_list, link)
		if (vm->id == console.focus && vm_is_alive(vm) && vm->console != NULL)
			return vm;
	vm = console_next_vm();
	if (vm != NULL)
		console_set_focus(vm);
	return vm;
}

/* ---- What VMs do with their consoles: vconsole_ops ---- */

/* As many VMs have been created, and not been refused; the console is locked. */
static void console_set_count(unsigned count)
{
	console.vm_count = count;
	console.mux.names = console.names == NAMES_ALWAYS ||
			    (console.names == NAMES_AUTO && count > 1);
}

static void console_vm_created(struct vm *vm)
{
	struct vconsole_line *line = &vm->console->line;

	snprintf(line->prefix, sizeof(line->prefix), "[%s] ", vm->config.name);
	line->guest = true;
	spin_lock(&console.lock);
	console_set_count(console.vm_count + 1);
	if (console.focus == NO_FOCUS)
		console.focus = vm->id;
	spin_unlock(&console.lock);
}

static void console_vm_write(struct vm *vm, const char *text, size_t size)
{
	spin_lock(&console.lock);
	conmux_write(&console.mux, &vm->console->line,
		     vm->id == console.focus && !console.monitor_active && !console.hold_partial,
		     text, size);
	spin_unlock(&console.lock);
}

static bool console_vm_accepts(void)
{
	return !uart_present() || uart_has_room();
}

static void console_vm_room(struct vm *vm)
{
	(void)vm;
	if (uart_present())
		uart_rx_interrupt(true);
}

static void console_vm_ended(struct vm *vm)
{
	spin_lock(&console.lock);
	conmux_end(&console.mux, &vm->console->line);
	if (vm->state == VM_BUILDING) {
		/* It is refused, and had the keyboard if nobody else had it. */
		console_set_count(console.vm_count - 1);
		if (console.focus == vm->id)
			console.focus = NO_FOCUS;
	}
	spin_unlock(&console.lock);
	if (vm->id != console.focus)
		return;
	/* Its queue may have been full: nobody reads it any more, another VM gets what comes. */
	console_vm_room(vm);
	/* Whoever holds the list now may be waiting for us; then the next key moves the focus. */
	if (!spin_trylock(&vm_list_lock))
		return;
	if (console_focused_vm() == NULL) {
		/* The next one that is created has it. */
		spin_lock(&console.lock);
		console.focus = NO_FOCUS;
		spin_unlock(&console.lock);
	}
	spin_unlock(&vm_list_lock);
}

static const struct vconsole_ops console_vconsole_ops = {
	.created = console_vm_created,
	.write = console_vm_write,
	.accepts = console_vm_accepts,
	.room = console_vm_room,
	.ended = console_vm_ended,
};

/* ---- Input ---- */

static void console_prompt(void)
{
	if (console.monitor_active)
		console_monitor_printf("strata> ");
}

static void console_open_monitor(void)
{
	console.monitor_active = true;
	console_monitor_printf("monitor: `help' lists the commands, Ctrl-] Ctrl-] leaves\n");
	console_prompt();
}

static void console_help(void)
{
	console_log("after Ctrl-]: n next VM, 1-9 VM number, m or Ctrl-] monitor, ? this help,");
	console_log("] sends a Ctrl-] to the VM");
}

static struct vm *console_vm_number(unsigned number)
{
	struct vm *vm;

	list_for_each_entry(vm, &vm_list, link)
		if (--number == 0)
			return vm;
	return NULL;
}

/* Give a byte to the focused VM. false: it cannot take any now. */
static void console_feed(char byte)
{
	struct vm *vm;

	spin_lock(&vm_list_lock);
	vm = console_focused_vm();
	if (vm != NULL)
		vconsole_feed(vm, byte);
	spin_unlock(&vm_list_lock);
}

static void console_select(struct vm *vm)
{
	if (vm == NULL || !vm_is_alive(vm) || vm->console == NULL)
		console_log("no such VM is running");
	else
		console_focus(vm);
}

/* The key after Ctrl-]. */
static void console_escape_key(char key)
{
	if (key == 'n' || (key >= '1' && key <= '9')) {
		spin_lock(&vm_list_lock);
		console_select(key == 'n' ? console_next_vm()
					  : console_vm_number((unsigned)(key - '0')));
		spin_unlock(&vm_list_lock);
	} else if (key == 'm' || key == KEY_ESCAPE) {
		if (!console.monitor_active) {
			console_open_monitor();
			return;
		}
		spin_lock(&vm_list_lock);
		console_select(console_focused_vm());
		spin_unlock(&vm_list_lock);
	} else if (key == ']') {
		console_feed(KEY_ESCAPE);
	} else {
		console_help();
	}
}

/* The monitor's line editor. */
static void console_monitor_key(char key)
{
	static char line[128];
	static size_t length;

	if (key == '\r' || key == '\n') {
		line[length] = '\0';
		length = 0;
		console_monitor_write("\n", 1);
		monitor_command(line);
		console_prompt();
	} else if (key == '\b' || key == 0x7f) {
		if (length > 0) {
			length--;
			console_monitor_write("\b \b", 3);
		}
	} else if (key >= ' ' && key <= '~' && length < sizeof(line) - 1) {
		line[length++] = key;
		console_monitor_write(&key, 1);
	}
}

static void console_key(char key)
{
	if (console.escape) {
		console.escape = false;
		console_escape_key(key);
	} else if (key == KEY_ESCAPE) {
		console.escape = true;
	} else if (console.monitor_active) {
		console_monitor_key(key);
	} else {
		console_feed(key);
	}
}

/*
 * Is the focused VM's queue full? Then input waits in the uart, and whoever feeds it waits, until
 * the guest reads. The interrupt is off before the queue is asked, so that the guest's reading in
 * between turns it on again.
 */
static bool console_must_wait(void)
{
	struct vm *vm;
	bool wait = false;

	if (console.monitor_active || console.escape || !uart_present())
		return false;
	spin_lock(&vm_list_lock);
	vm = console_focused_vm();
	if (vm != NULL && vconsole_full(vm)) {
		uart_rx_interrupt(false);
		wait = vconsole_hold(vm);
		if (!wait)
			uart_rx_interrupt(true);
	}
	spin_unlock(&vm_list_lock);
	return wait;
}

void console_rx_interrupt(void)
{
	/* Whoever is here already will read the bytes. */
	if (!spin_trylock_io(&console.input_lock))
		return;
	while (!console_must_wait()) {
		int byte = hostcon_read();

		if (byte < 0)
			break;
		console_key((char)byte);
	}
	spin_unlock_io(&console.input_lock);
}

void console_init(const char *bootargs)
{
	conmux_init(&console.mux, console_put, NULL);
	strlcpy(console.trace.prefix, "trace: ", sizeof(console.trace.prefix));
	if (option_is(bootargs, "console", "raw"))
		console.names = NAMES_NEVER;
	else if (option_is(bootargs, "console", "prefix"))
		console.names = NAMES_ALWAYS;
	vconsole_ops = &console_vconsole_ops;
	printf_set_sink(console_kprintf_sink, NULL);
}
