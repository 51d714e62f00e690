/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path (mode/fast.S): its vectors, its counters, and what they stand for. Also for
 * assembly. docs/paths.md.
 */
#ifndef MODE_FAST_H
#define MODE_FAST_H

/* Places in vcpu_stat.fast. The four CSRs are sscratch, sepc, scause and stval. */
#define FAST_HW_BASE		0	/* BASE's constants, by function */
#define FAST_BASE_COUNT		3
#define FAST_HW_IPI		3	/* to oneself */
#define FAST_HW_TIME		4
#define FAST_HW_CONSOLE		5	/* DBCN's write_byte, to vm/conring.h */
#define FAST_DEP_CONSOLE	6
#define FAST_HW_IPI_OTHER	7	/* to a vCPU on another hart */
#define FAST_DEP_BASE		8
#define FAST_PV			11	/* STRATA_FN_CSR_READ, WRITE and SWAP, by CSR */
#define FAST_PV_FUNCTIONS	3
#define FAST_CSR_ILLEGAL	23	/* csrr by CSR, then csrrw by CSR; cause 2 */
#define FAST_CSR_SIE		8	/* behind them: csrci, then csrsi of sstatus.SIE */
#define FAST_CSR_VIRTUAL	33	/* the same, cause 22 */
#define FAST_COUNT		43	/* STAT_FAST */

#ifndef __ASSEMBLER__

#include "vm/account.h"
#include "vm/stat.h"

/* The vectors: addresses for stvec. */
extern const char fast_hw[], fast_te[], fast_pv[];

/*
 * Move what the fast path and light exits have counted to the counters that the C path would have
 * counted in. stat is a copy or a sum: the original is the fast path's own.
 */
void fast_stat_fold(struct vcpu_stat *stat);

/*
 * Charge the exits of the fast path since seen (FAST_COUNT counters) to their lines of the account,
 * instead of to the guest, where vm/account_exit.c takes them for; seen is brought up to date.
 */
void fast_account(struct account *account, const struct vcpu_stat *stat, uint64_t *seen);

#endif
#endif
