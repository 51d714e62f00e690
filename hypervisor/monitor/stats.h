/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters of a vCPU under the names that KVM and perf give them. Pure.
 */
#ifndef MONITOR_STATS_H
#define MONITOR_STATS_H

#include "vm/account.h"
#include "vm/stat.h"

struct vm;

typedef void stats_line_fn(void *ctx, const char *name, uint64_t value);

/* One call per counter that is not zero (and for `exits` always), grouped, in a fixed order. */
void stats_list(const struct vcpu_stat *stat, stats_line_fn *line, void *ctx);
/* One call per line of the account that is not zero: "insns." and its name, since the beginning. */
void stats_account(const struct account *account, struct vm *vm, stats_line_fn *line, void *ctx);

#endif
