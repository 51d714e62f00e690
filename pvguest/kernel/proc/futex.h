/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes: sleeping until another thread says so, if a word of user memory has a value.
 * Linux man-pages, futex(2); Linux, Documentation/locking/robust-futex-ABI.rst.
 */
#ifndef PROC_FUTEX_H
#define PROC_FUTEX_H

#include "lib/types.h"

#define FUTEX_ANY	0xffffffffU	/* as bits: every waiter */

/*
 * Sleeps while the word has that value, until woken with one of bits, at most until the deadline.
 * is_private: no other address space shares it. -EAGAIN: another value; -ETIMEDOUT; -ERESTART;
 * -EFAULT; -EINVAL.
 */
int futex_wait(uint64_t addr, bool is_private, uint32_t value, uint32_t bits,
	       uint64_t deadline_ticks);
/* Wakes at most count waiters that have one of bits. How many; -EFAULT, -EINVAL. */
int futex_wake_bits(uint64_t addr, bool is_private, uint32_t count, uint32_t bits);
/* Wakes some, and has others wait at another word. How many of both. */
int futex_requeue(uint64_t addr, uint64_t to, bool is_private, uint32_t wake, uint32_t move);
/* What exit does to waiters in any address space. */
void futex_wake(uint64_t addr, uint32_t count);
/* The thread ends: the locks of its list of robust futexes are marked as their owner's death. */
void futex_exit_robust(uint64_t list);

#endif
