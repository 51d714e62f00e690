/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the machine, with everything that is known about why.
 */
#ifndef HART_PANIC_H
#define HART_PANIC_H

#include "hart/hart.h"

/* Print an unexpected host trap (registers, CSRs, backtrace) and stop the machine. */
void panic_trap(const struct host_trap_frame *frame) __attribute__((noreturn));
/* The same for a trap inside panic_trap: one line, as nothing else can be trusted. */
void panic_nested(const struct host_trap_frame *frame) __attribute__((noreturn));
/* Bounds of the stack that addr lies in may be scanned; set when a hart's stack is mapped. */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif
