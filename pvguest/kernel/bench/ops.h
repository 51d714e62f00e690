/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations that the kernel measures, as unrolled straight-line code.
 * docs/hacking.md, "The measuring method".
 */
#ifndef BENCH_OPS_H
#define BENCH_OPS_H

#include "lib/types.h"

/* Operations in one round of a loop. */
#define OPS_UNROLL	10

struct ops_entry {
	const char *name;
	/* Gets ready; NULL or why the operation cannot be measured here. */
	const char *(*prepare)(void);
	/* `rounds` rounds of OPS_UNROLL operations, and the same without them. */
	void (*run)(uint64_t rounds);
	void (*base)(uint64_t rounds);
	void (*finish)(void);
};

extern const struct ops_entry ops_table[];
extern const size_t ops_count;

#endif
