/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another program in the current process.
 * Linux man-pages, execve(2), elf(5), getauxval(3).
 */
#ifndef PROC_EXEC_H
#define PROC_EXEC_H

#include "lib/types.h"

/* Arguments in kernel memory; both lists end with NULL. 0 or negative. */
int exec_kernel(const char *path, char *const argv[], char *const envp[]);
/* execve(2): user addresses. If it fails after the old program is gone, the process is killed. */
int exec_user(uint64_t path, uint64_t argv, uint64_t envp);

#endif
