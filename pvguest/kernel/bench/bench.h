/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own benchmarks: what one privileged operation costs.
 * docs/hacking.md, "The measuring method"; selected by bootargs bench=all or bench=op,op.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "lib/types.h"

/* Runs those that bootargs ask for; returns at once if there is no bench= in them. */
void bench_run(void);

#endif
