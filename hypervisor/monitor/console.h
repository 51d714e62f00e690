/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One terminal for all: the VMs' output line by line with their names, the hypervisor's messages,
 * the monitor's prompt; the input to whoever has the focus. Ctrl-] is the key to the monitor.
 */
#ifndef MONITOR_CONSOLE_H
#define MONITOR_CONSOLE_H

#include "lib/types.h"
#include "vm/vm.h"

/*
 * Take over the output of kprintf() and of every VM. Called by boot as soon as locks work, before
 * the first VM is built. bootargs: the host's /chosen/bootargs; `console=raw` never prefixes lines
 * with VM names, `console=prefix` always does; without it, names appear when there are two VMs.
 */
void console_init(const char *bootargs);

/* The uart has received something (external interrupt), or it is to be polled. No lock held. */
void console_rx_interrupt(void);

/* A message of the hypervisor: kprintf(). Lines get the prefix `strata: `. */
void console_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The monitor's own output: no prefix. */
void console_monitor_write(const char *text, size_t size);
void console_monitor_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines of the trace: the prefix `trace: `. */
void console_trace_write(const char *text, size_t size);

/* Live trace: show guests' output in whole lines only, or every byte would be between two lines. */
void console_hold_partial(bool hold);

/*
 * Give the input to a VM and end the monitor's prompt. vm_list_lock held.
 */
void console_focus(struct vm *vm);
/*
 * The VM that has the input, or would get it after the monitor; moves on from one that has ended.
 * NULL: none runs. vm_list_lock held.
 */
struct vm *console_focused_vm(void);

#endif
