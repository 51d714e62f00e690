/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end: print why, and power off with the reason "system failure".
 * SBI specification, "System Reset Extension".
 */
#ifndef LIB_PANIC_H
#define LIB_PANIC_H

#include "lib/types.h"

struct trap_frame;

/* Looks for the device that gives the machine an exit status; after info_read(), true or not. */
void panic_init(void);
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, after the registers of frame. */
_Noreturn void panic_frame(const struct trap_frame *frame, uint64_t cause, uint64_t stval);

#endif
