/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command shell of the hypervisor: xl's commands over the VMs, statistics, the trace.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "lib/types.h"

/*
 * Called by boot once, after console_init() and when kalloc works. bootargs: the host's; `trace=1`
 * prints every privilege transition as it happens, `trace=ring` only fills the ring. poweroff ends
 * the machine; it is called when no VM runs any more, and need not return. create starts the VM of
 * a tree's name, or says why not.
 */
void monitor_init(const char *bootargs, unsigned harts_max, uint64_t ticks_per_s,
		  void (*poweroff)(void), void (*create)(const char *name));

/* One line of input, without its newline. Runs at once, on the hart that took the interrupt. */
void monitor_command(const char *line);

#endif
