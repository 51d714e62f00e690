/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples of what a stretch of code costs: instructions, time ticks, hypervisor traps.
 * Unprivileged specification, Zicntr; private system call strata_counters.
 */
#include "sample.h"

#include <stddef.h>

#include "printf.h"

#define ACCOUNT_MAX	8192

bool sample_has_insns, sample_has_counters, sample_has_mtraps, sample_has_account;
bool sample_account;
volatile unsigned int sample_skips;

static inline uint64_t read_instret(void)
{
	uint64_t value;

	/* volatile: two reads differ. 4 bytes long: the skip handler relies on it. */
	__asm__ volatile("rdinstret %0" : "=r"(value) : : "memory");
	return value;
}

static inline uint64_t read_time(void)
{
	uint64_t value;

	/* volatile: two reads differ. */
	__asm__ volatile("rdtime %0" : "=r"(value) : : "memory");
	return value;
}

static void begin(struct sample *sample, int account)
{
	*sample = (struct sample){ 0 };
	if (sample_account)
		sys_account(account, NULL, 0);
	if (sample_has_counters)
		sys_counters(&sample->counters);
	sample->ticks = read_time();
	if (sample_has_insns)
		sample->insns = read_instret();
}

void sample_begin(struct sample *sample)
{
	begin(sample, STRATA_ACCOUNT_ADD);
}

void sample_begin_base(struct sample *sample)
{
	begin(sample, STRATA_ACCOUNT_SUBTRACT);
}

void sample_end(struct sample *sample)
{
	struct strata_counters counters = { 0 };

	if (sample_has_insns)
		sample->insns = read_instret() - sample->insns;
	sample->ticks = read_time() - sample->ticks;
	if (sample_has_counters)
		sys_counters(&counters);
	if (sample_account)
		sys_account(STRATA_ACCOUNT_END, NULL, 0);
	sample->counters.traps = counters.traps - sample->counters.traps;
	sample->counters.mtraps = counters.mtraps - sample->counters.mtraps;
}

void sample_account_reset(void)
{
	if (sample_account)
		sys_account(STRATA_ACCOUNT_RESET, NULL, 0);
}

void sample_account_print(const char *op, unsigned long count)
{
	static char text[ACCOUNT_MAX];
	long length;

	if (!sample_account)
		return;
	length = sys_account(STRATA_ACCOUNT_READ, text, sizeof(text));
	if (length <= 0)
		return;
	printf("ACCT {\"op\":\"%s\",\"n\":%lu,", op, count);
	sys_write(1, text, (size_t)length);
	printf("}\n");
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void sample_subtract(struct sample *sample, const struct sample *base)
{
	sample->insns = difference(sample->insns, base->insns);
	sample->ticks = difference(sample->ticks, base->ticks);
	sample->counters.traps = difference(sample->counters.traps, base->counters.traps);
	sample->counters.mtraps = difference(sample->counters.mtraps, base->counters.mtraps);
}

void sample_skip_handler(int signo, struct siginfo *info, void *context)
{
	struct ucontext *uc = context;

	(void)signo;
	(void)info;
	sample_skips++;
	uc->regs[0] += 4;
}

void sample_probe(void)
{
	struct sigaction skip = { .handler = sample_skip_handler, .flags = SA_SIGINFO };
	struct sigaction old;
	struct strata_counters counters;

	sample_has_counters = sys_counters(&counters) == 0;
	sample_has_mtraps = sample_has_counters && counters.mtraps != UINT64_MAX;
	sample_has_account = sys_account(STRATA_ACCOUNT_RESET, NULL, 0) == 0;
	sample_skips = 0;
	sys_sigaction(SIGILL, &skip, &old);
	read_instret();
	sample_has_insns = sample_skips == 0;
	sys_sigaction(SIGILL, &old, NULL);
}
