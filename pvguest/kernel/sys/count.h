/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Size of the system call table; apart because the trap entry, which is assembly, needs it.
 * Linux, include/uapi/asm-generic/unistd.h.
 */
#ifndef SYS_COUNT_H
#define SYS_COUNT_H

#define SYSCALL_COUNT	464

#endif
