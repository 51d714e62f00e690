/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace, switched and shown: memory for the rings, entries printed as they happen or later.
 */
#ifndef MONITOR_TRACE_H
#define MONITOR_TRACE_H

#include "lib/types.h"
#include "vm/vm.h"

/* Once, before the rest. */
void trace_monitor_init(unsigned hart_count, uint64_t timebase_hz);
/*
 * Record from now on; live: and print each entry on the console when it happens. The first call
 * allocates the rings. Return: 0, -ENOMEM.
 */
int trace_start(bool live);
void trace_stop(void);
/* Print the last `count` entries of all harts together, in the order of time. */
void trace_dump(uint64_t count);

#endif
