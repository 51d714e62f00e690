/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples of what a stretch of code costs: instructions, time ticks, hypervisor traps.
 * Unprivileged specification, Zicntr; private system call strata_counters.
 */
#ifndef PVGUEST_USER_SAMPLE_H
#define PVGUEST_USER_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "syscall.h"

struct sample {
	uint64_t insns, ticks;
	struct strata_counters counters;
};

/*
 * What this process may read: instret may be denied, only pvguest has the counters, and only some
 * firmware counts entries to M-mode.
 */
extern bool sample_has_insns, sample_has_counters, sample_has_mtraps;

/* Finds out what may be read; to be called in the process that samples, before it does. */
void sample_probe(void);

/* Between the two, *sample belongs to them; after sample_end it holds the differences. */
void sample_begin(struct sample *sample);
void sample_end(struct sample *sample);

/*
 * While sample_account is on, what happens between a sample_begin and its sample_end is added to
 * the account of this machine, between a sample_begin_base and its sample_end subtracted.
 */
extern bool sample_has_account, sample_account;
void sample_begin_base(struct sample *sample);
/* The account is empty again. */
void sample_account_reset(void);
/*
 * The line ACCT of an operation, count of which happened since the account was empty; nothing
 * without an account.
 */
void sample_account_print(const char *op, unsigned long count);

/* *sample -= *base, never below 0. */
void sample_subtract(struct sample *sample, const struct sample *base);

/*
 * A signal handler that goes on behind the instruction that faulted, which must be 4 bytes long;
 * sample_skips counts.
 */
void sample_skip_handler(int signo, struct siginfo *info, void *context);
extern volatile unsigned int sample_skips;

#endif
