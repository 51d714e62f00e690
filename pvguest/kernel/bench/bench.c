/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own benchmarks: windows of many operations, the median, the empty loop subtracted.
 * docs/hacking.md, "The measuring method".
 */
#include "bench/bench.h"

#include <riscv/csr.h>

#include "bench/ops.h"
#include "boot/info.h"
#include "drv/console.h"
#include "drv/timer.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "priv/account.h"
#include "priv/priv.h"
#include "priv/probe.h"

#define BENCH_ROUNDS	100UL
#define BENCH_WARM	2
#define BENCH_WINDOWS	5	/* odd: there is one in the middle */
#define BENCH_ACCOUNT_MAX	4096

struct bench_sample {
	uint64_t insns, traps, mtraps, ticks;
};

/*
 * One window. Reading the trap counters is itself a trap, in both kinds of windows alike, so it
 * cancels out; instructions and time are read inside.
 */
static struct bench_sample bench_window(void (*run)(uint64_t), uint64_t rounds)
{
	uint64_t mtraps = priv_count_mtraps(), traps = priv_count_traps();
	uint64_t ticks = priv_time(), insns = csr_read(CSR_INSTRET);
	struct bench_sample s;

	run(rounds);
	s.insns = csr_read(CSR_INSTRET) - insns;
	s.ticks = priv_time() - ticks;
	s.traps = priv_count_traps() - traps;
	s.mtraps = mtraps == PRIV_COUNT_UNKNOWN ? mtraps : priv_count_mtraps() - mtraps;
	return s;
}

/* The same, and where its instructions go is added to the account or subtracted. */
static struct bench_sample bench_accounted(void (*run)(uint64_t), uint64_t rounds,
					   enum account_command account)
{
	struct bench_sample s;

	account_command(account);
	s = bench_window(run, rounds);
	account_command(ACCOUNT_END);
	return s;
}

/* The window whose instructions are the median; of equal ones the fastest. */
static struct bench_sample bench_median(void (*run)(uint64_t), uint64_t rounds,
					enum account_command account)
{
	struct bench_sample s[BENCH_WINDOWS];

	for (size_t i = 0; i < BENCH_WARM; i++)
		bench_window(run, rounds);
	for (size_t i = 0; i < BENCH_WINDOWS; i++) {
		struct bench_sample new = bench_accounted(run, rounds, account);
		size_t at = i;

		for (; at && (s[at - 1].insns > new.insns || (s[at - 1].insns == new.insns &&
							      s[at - 1].ticks > new.ticks)); at--)
			s[at] = s[at - 1];
		s[at] = new;
	}
	return s[BENCH_WINDOWS / 2];
}

static uint64_t bench_minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static struct bench_sample bench_difference(const struct bench_sample *a,
					    const struct bench_sample *b)
{
	return (struct bench_sample){
		.insns = bench_minus(a->insns, b->insns),
		.traps = bench_minus(a->traps, b->traps),
		.mtraps = a->mtraps == PRIV_COUNT_UNKNOWN ? a->mtraps
							  : bench_minus(a->mtraps, b->mtraps),
		.ticks = bench_minus(a->ticks, b->ticks),
	};
}

/* What BENCH_ROUNDS more rounds cost: whatever happens once per window drops out. */
static struct bench_sample bench_slope(void (*run)(uint64_t), enum account_command add,
				       enum account_command subtract)
{
	struct bench_sample once = bench_median(run, BENCH_ROUNDS, subtract);
	struct bench_sample twice = bench_median(run, 2 * BENCH_ROUNDS, add);

	return bench_difference(&twice, &once);
}

/* The account of the windows, if one is kept: one line like that of the result. */
static void bench_account(const char *name)
{
	static char text[BENCH_ACCOUNT_MAX];
	size_t length = account_format(text, sizeof(text));

	if (length == 0)
		return;
	kprintf("ACCT {\"op\":\"%s\",\"n\":%lu,", name,
		BENCH_WINDOWS * BENCH_ROUNDS * OPS_UNROLL);
	console_write(text, length);
	kprintf("}\n");
}

static void bench_op(const struct ops_entry *op)
{
	const char *reason = op->prepare ? op->prepare() : NULL;
	struct bench_sample with, without, cost;
	char mtraps[24] = "null";

	if (reason) {
		kprintf("BENCH {\"op\":\"%s\",\"skip\":\"%s\"}\n", op->name, reason);
		return;
	}
	account_command(ACCOUNT_RESET);
	with = bench_slope(op->run, ACCOUNT_ADD, ACCOUNT_SUBTRACT);
	without = bench_slope(op->base, ACCOUNT_SUBTRACT, ACCOUNT_ADD);
	cost = bench_difference(&with, &without);
	if (op->finish)
		op->finish();
	if (cost.mtraps != PRIV_COUNT_UNKNOWN)
		printf_format(mtraps, sizeof(mtraps), "%lu", cost.mtraps);
	kprintf("BENCH {\"op\":\"%s\",\"n\":%lu,\"insns\":%lu,\"traps\":%lu,\"mtraps\":%s,"
		"\"ticks\":%lu}\n", op->name, BENCH_ROUNDS * OPS_UNROLL, cost.insns, cost.traps,
		mtraps, cost.ticks);
	bench_account(op->name);
}

/* Whether name is one of the words of a list with commas. */
static bool bench_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, length) && (p[length] == ',' || !p[length]))
			return true;
	return false;
}

void bench_run(void)
{
	static char list[sizeof(info.bootargs)];	/* whatever is given fits */
	uint64_t value;
	bool all;

	if (!info_option("bench", list, sizeof(list)))
		return;
	all = bench_listed(list, "all") || bench_listed(list, "machine");
	timer_suspend();
	for (size_t i = 0; i < ops_count; i++) {
		if (!all && !bench_listed(list, ops_table[i].name))
			continue;
		if (priv_probe_instret(&value))
			bench_op(&ops_table[i]);
		else
			kprintf("BENCH {\"op\":\"%s\",\"skip\":\"counters are closed\"}\n",
				ops_table[i].name);
	}
	timer_resume();
}
