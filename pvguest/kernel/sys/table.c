/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call table that the trap entry jumps through, and the calls that Linux lacks.
 * Linux, include/uapi/asm-generic/unistd.h (the numbers are ABI).
 */
#include "lib/errno.h"
#include "mm/heap.h"
#include "mm/user.h"
#include "priv/account.h"
#include "priv/probe.h"
#include "proc/proc.h"
#include "sys/batch.h"
#include "sys/count.h"
#include "sys/log.h"
#include "sys/syscall.h"

/* struct strata_counters of the user programs. */
struct table_counters {
	uint64_t traps, mtraps;
};

#define TABLE_COUNTERS	0x5354
#define TABLE_ACCOUNT	0x5355
#define TABLE_BATCH	0x5356
#define TABLE_TEXT_MAX	8192

/*
 * Each call has as many parameters as it needs. The entry, which is assembly, passes all six
 * registers whatever the type says. In C only sys/batch.c calls through the table, likewise.
 */
#define TABLE_ENTRY(number, name, parameters)	[number] = (syscall_t)(void (*)(void))sys_##name,

const syscall_t syscall_table[SYSCALL_COUNT] = { SYSCALL_TABLE(TABLE_ENTRY) };

static long table_counters(uint64_t to)
{
	struct table_counters counters;

	counters.mtraps = priv_count_mtraps();
	counters.traps = priv_count_traps();
	return user_write(to, &counters, sizeof(counters));
}

static long table_account_read(uint64_t to, size_t size)
{
	char *text = heap_alloc(TABLE_TEXT_MAX);
	long length;

	if (!text)
		return -ENOMEM;
	length = (long)account_format(text, TABLE_TEXT_MAX);
	if (length == 0 || (size_t)length >= size)
		length = -ENOSPC;
	else if (user_write(to, text, (size_t)length + 1))
		length = -EFAULT;
	heap_free(text);
	return length;
}

/* strata_account(command, text, size): 0, or the length of the text that ACCOUNT_READ gives. */
static long table_account(uint64_t command, uint64_t to, size_t size)
{
	if (!account_is_on())
		return -ENOSYS;
	if (command == ACCOUNT_READ)
		return table_account_read(to, size);
	if (command > ACCOUNT_READ)
		return -EINVAL;
	account_command((enum account_command)command);
	return 0;
}

long syscall_private(uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	switch (proc_frame(proc_current)->iret.a7) {
	case TABLE_COUNTERS:
		return table_counters(arg0);
	case TABLE_ACCOUNT:
		return table_account(arg0, arg1, arg2);
	case TABLE_BATCH:
		return sys_batch(arg0, arg1, arg2);
	default:
		log_missing(proc_frame(proc_current)->iret.a7);
		return -ENOSYS;
	}
}
