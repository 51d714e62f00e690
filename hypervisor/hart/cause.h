/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of exceptions and interrupts. Privileged specification, table of scause values.
 */
#ifndef HART_CAUSE_H
#define HART_CAUSE_H

#include "lib/types.h"

/* "load guest-page fault", "supervisor timer interrupt"; "reserved" for what has no name. */
const char *cause_name(uint64_t scause);
/* perf's name of a cause: "EXC_VIRTUAL_INST_FAULT", "IRQ_S_TIMER"...; never NULL. */
const char *cause_event_name(uint64_t scause);

#endif
