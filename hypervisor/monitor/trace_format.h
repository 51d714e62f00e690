/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace entry as one line of text, with the specification's reason. Pure.
 * RISC-V privileged specification, scause and "Hypervisor extension".
 */
#ifndef MONITOR_TRACE_FORMAT_H
#define MONITOR_TRACE_FORMAT_H

#include "hart/trace.h"

/*
 * The entry as one line without newline; always terminated. timebase_hz turns ticks into seconds.
 * Returns the length of the whole text, as snprintf does.
 */
int trace_format(const struct trace_entry *entry, uint64_t timebase_hz, char *text, size_t size);

#endif
