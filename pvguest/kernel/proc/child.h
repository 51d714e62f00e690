/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process learns of its children.
 * Linux man-pages, wait4(2).
 */
#ifndef PROC_CHILD_H
#define PROC_CHILD_H

#include "lib/types.h"

/* wait4(2): status and rusage are user addresses or 0. */
int child_wait(int pid, uint64_t status, int options, uint64_t rusage);

#endif
