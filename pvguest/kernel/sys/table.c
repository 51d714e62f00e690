/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call table that the trap entry jumps through, and the calls that Linux lacks.
 * Linux, include/uapi/asm-generic/unistd.h (the numbers are ABI).
 */
#include "lib/errno.h"
#include "mm/user.h"
#include "priv/probe.h"
#include "proc/proc.h"
#include "sys/count.h"
#include "sys/syscall.h"

/* struct strata_counters of the user programs. */
struct table_counters {
	uint64_t traps, mtraps;
};

#define TABLE_COUNTERS	0x5354

/*
 * Each call has as many parameters as it needs. The entry, which is assembly, passes all six
 * registers whatever the type says; nothing in C calls through the table.
 */
#define TABLE_ENTRY(number, name, parameters)	[number] = (syscall_t)(void (*)(void))sys_##name,

extern const syscall_t syscall_table[SYSCALL_COUNT];

const syscall_t syscall_table[SYSCALL_COUNT] = { SYSCALL_TABLE(TABLE_ENTRY) };

long syscall_private(uint64_t arg0)
{
	struct table_counters counters;

	if (proc_frame(proc_current)->iret.a7 != TABLE_COUNTERS)
		return -ENOSYS;
	counters.mtraps = priv_count_mtraps();
	counters.traps = priv_count_traps();
	return user_write(arg0, &counters, sizeof(counters));
}
