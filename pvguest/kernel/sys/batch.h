/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several system calls by one, for programs that know this kernel: Xen's multicall, one floor up.
 * pvguest's own; docs/modes.md, "When the program is changed as well".
 */
#ifndef SYS_BATCH_H
#define SYS_BATCH_H

#include "lib/types.h"

/*
 * Performs calls first ... first + count - 1 of the array at `calls` in the program's memory and
 * writes each one's result there. How many were done: fewer than count if the caller has a signal
 * or its time slice is over, then it asks for the rest. -EFAULT; -ERESTART as the first call's.
 * A call that may not be in a batch answers -ENOSYS, one that uses a failed one's result
 * -ECANCELED.
 */
long sys_batch(uint64_t calls, uint64_t first, uint64_t count);

#endif
