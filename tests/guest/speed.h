/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the guests speed and speed_io measure: windows of operations under -icount, printed as BENCH
 * lines, which `make bench` reads. docs/hacking.md, "The measuring method". Included once.
 */
#ifndef TESTS_GUEST_SPEED_H
#define TESTS_GUEST_SPEED_H

#include "guest.h"

/* Does the boot argument rows= name this one? */
static bool wanted(const char *row)
{
	const char *list = boot_arg("rows");
	size_t length = strlen(row);

	while (list != NULL && *list != '\0' && *list != ' ') {
		if (!strncmp(list, row, length) &&
		    (list[length] == ',' || list[length] == ' ' || list[length] == '\0'))
			return true;
		while (*list != '\0' && *list != ' ' && *list != ',')
			list++;
		list += *list == ',';
	}
	return false;
}

struct cost {
	uint64_t insns, traps;
};

/* Traps to the hypervisor so far; 0 where there is none. */
static uint64_t count_traps(void)
{
	struct sbi_ret ret = sbi_call(STRATA_EID, STRATA_FN_COUNTER_READ, STRATA_COUNTER_TRAPS, 0,
				      0, 0, 0);

	return ret.error ? 0 : ret.value;
}

static struct cost window(void (*run)(uint64_t), uint64_t n)
{
	struct cost cost;
	uint64_t traps = count_traps(), insns = csr_read(CSR_INSTRET);

	run(n);
	cost.insns = csr_read(CSR_INSTRET) - insns;
	cost.traps = count_traps() - traps;
	return cost;
}

/* What n operations more cost, after the first ones: what happens once drops out. */
static struct cost slope(void (*run)(uint64_t), uint64_t n)
{
	struct cost once, twice;

	window(run, n);
	once = window(run, n);
	twice = window(run, 2 * n);
	return (struct cost){ twice.insns - once.insns, twice.traps - once.traps };
}

static inline void report(const char *row, uint64_t n, struct cost cost)
{
	printf("BENCH {\"op\":\"%s\",\"n\":%lu,\"insns\":%lu,\"traps\":%lu}\n", row, n, cost.insns,
	       cost.traps);
}

/* A row whose loop alone, base, is subtracted. */
static inline void measure(const char *row, uint64_t n, void (*run)(uint64_t),
			   void (*base)(uint64_t))
{
	struct cost with, without;

	if (!wanted(row))
		return;
	with = slope(run, n);
	without = slope(base, n);
	with.insns -= without.insns;
	with.traps -= without.traps;
	report(row, n, with);
}

#endif
