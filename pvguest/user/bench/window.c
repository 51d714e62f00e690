/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows: what N operations cost beyond their base loop, again and again, and the median. Where an
 * account is kept, that of each is printed: scripts/stratalib/breakdown.py takes their median.
 * docs/hacking.md, "The measuring method".
 */
#include "bench/bench.h"

#include "lib/printf.h"
#include "lib/sample.h"

/* Rows that say how many windows they want are long ones. */
#define WARM_WINDOWS	  2
#define WARM_WINDOWS_LONG 1

static int failures;

void bench_failed(void)
{
	failures++;
}

void loop_empty(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		__asm__ volatile("" : : : "memory"); /* volatile: the loop stays */
}

void child_wait(long pid)
{
	int status = -1;

	if (pid < 0 || sys_wait4(pid, &status, 0) != pid || status != 0)
		failures++;
}

static uint64_t sample_key(const struct sample *sample)
{
	return sample_has_insns ? sample->insns : sample->ticks;
}

/* A window begins just after a sleep: with a fresh time slice. */
static void window_measure(const struct op *op, unsigned int count, struct sample *result)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	struct sample base;

	if (op->prepare != NULL)
		op->prepare(count);
	sys_nanosleep(&pause, NULL);
	sample_begin(result);
	op->run(count);
	sample_end(result);
	sample_begin_base(&base);
	op->base(count);
	sample_end(&base);
	sample_subtract(result, &base);
}

static void windows_insert(struct sample *windows, unsigned int used, const struct sample *new)
{
	for (; used > 0 && sample_key(&windows[used - 1]) > sample_key(new); used--)
		windows[used] = windows[used - 1];
	windows[used] = *new;
}

static void number_format(char *text, size_t size, bool known, uint64_t value)
{
	if (known)
		snprintf(text, size, "%lu", value);
	else
		snprintf(text, size, "null");
}

static void result_print(const struct op *op, unsigned int count, const struct sample *result)
{
	char insns[24], traps[24], mtraps[24];

	number_format(insns, sizeof(insns), sample_has_insns, result->insns);
	number_format(traps, sizeof(traps), sample_has_counters, result->counters.traps);
	number_format(mtraps, sizeof(mtraps), sample_has_mtraps, result->counters.mtraps);
	printf("BENCH {\"op\":\"%s\",\"n\":%u,\"insns\":%s,\"traps\":%s,\"mtraps\":%s,"
	       "\"ticks\":%lu}\n",
	       op->name, count, insns, traps, mtraps, result->ticks);
}

int window_measure_op(const struct op *op, unsigned int count, unsigned int wanted)
{
	static struct sample windows[WINDOWS_MAX];
	struct sample sample;
	unsigned int i;

	sample_probe();
	if (op->setup != NULL && op->setup(op) != 0) {
		printf("BENCH {\"op\":\"%s\",\"skip\":\"failed: set-up\"}\n", op->name);
		return 1;
	}
	for (i = 0; i < (op->windows != 0 ? WARM_WINDOWS_LONG : WARM_WINDOWS); i++)
		window_measure(op, count, &sample);
	failures = 0;
	sample_account = sample_has_account;
	for (i = 0; i < wanted; i++) {
		sample_account_reset();
		window_measure(op, count, &sample);
		windows_insert(windows, i, &sample);
		sample_account_print(op->name, count);
	}
	if (op->finish != NULL)
		op->finish();
	if (failures != 0) {
		printf("BENCH {\"op\":\"%s\",\"skip\":\"failed: %d times\"}\n", op->name, failures);
		return 1;
	}
	result_print(op, count, &windows[wanted / 2]);
	return 0;
}
