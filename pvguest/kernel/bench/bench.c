/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/bench.h"
void bench_run(void)
{
}
