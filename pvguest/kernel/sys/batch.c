/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several system calls by one, for programs that know this kernel: Xen's multicall, one floor up.
 * pvguest's own; docs/modes.md, "When the program is changed as well".
 */
#include "sys/batch.h"

#include "lib/errno.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "sys/syscall.h"

#define BATCH_ARGS     6
#define BATCH_PART     8
#define BATCH_USES_MAX ((1U << BATCH_ARGS) - 1)

/* struct strata_call of the user programs. */
struct batch_call {
	uint64_t number;
	uint64_t args[BATCH_ARGS];
	uint64_t uses; /* bit i: args[i] is the index of an earlier call, whose result it is */
	int64_t result;
};

/* Calls that neither replace the caller's registers nor end it nor change what it waits for. */
static const uint16_t batch_allowed[] = {
	25 /* fcntl */,		 35 /* unlinkat */, 56 /* openat */,	 57 /* close */,
	61 /* getdents64 */,	 62 /* lseek */,    63 /* read */,	 64 /* write */,
	67 /* pread64 */,	 68 /* pwrite64 */, 79 /* newfstatat */, 80 /* fstat */,
	113 /* clock_gettime */, 172 /* getpid */,  173 /* getppid */,
};

static bool batch_allows(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(batch_allowed); i++)
		if (batch_allowed[i] == number)
			return true;
	return false;
}

/* Calls that are in the kernel at a time; reading and writing them costs once for all. */
struct batch_part {
	uint64_t calls, first; /* the whole array; the index of part[0] */
	struct batch_call part[BATCH_PART];
};

/* The result of an earlier call: of this part, or as the program's memory says. */
static int batch_result(const struct batch_part *p, uint64_t index, int64_t *result)
{
	if (index >= p->first) {
		*result = p->part[index - p->first].result;
		return 0;
	}
	return user_read(
		result, p->calls + index * sizeof(p->part[0]) + offsetof(struct batch_call, result),
		sizeof(*result));
}

/* Puts results of earlier calls into args, which are a copy. */
static long batch_resolve(const struct batch_part *p, uint64_t index, struct batch_call *call)
{
	int64_t result;

	if (call->uses > BATCH_USES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < BATCH_ARGS; i++) {
		if (!(call->uses >> i & 1))
			continue;
		if (call->args[i] >= index)
			return -EINVAL;
		if (batch_result(p, call->args[i], &result))
			return -EFAULT;
		if (result < 0)
			return -ECANCELED;
		call->args[i] = (uint64_t)result;
	}
	return 0;
}

static long batch_call(const struct batch_part *p, uint64_t index)
{
	struct batch_call call = p->part[index - p->first];
	const uint64_t *a = call.args;
	long result;

	if (!batch_allows(call.number))
		return -ENOSYS;
	result = batch_resolve(p, index, &call);
	return result ?: syscall_table[call.number](a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Performs the calls of a part: how many, or -ERESTART... if the first one wants to wait again. */
static long batch_part(struct batch_part *p, uint64_t count)
{
	uint64_t i;
	long result;

	for (i = 0; i < count; i++) {
		/* Whoever has to give way or to take a signal comes back for the rest. */
		if (i && proc_current->work)
			break;
		result = batch_call(p, p->first + i);
		if (result <= -ERESTART)
			return i ? (long)i : result;
		p->part[i].result = result;
	}
	return (long)i;
}

long sys_batch(uint64_t calls, uint64_t first, uint64_t count)
{
	struct batch_part p = { .calls = calls };
	uint64_t done = 0;
	long part = 0;

	if (count > UINT32_MAX || first > UINT32_MAX)
		return -EINVAL;
	while (done < count && (!done || !proc_current->work)) {
		uint64_t wanted = MIN(count - done, (uint64_t)BATCH_PART);
		uint64_t at = calls + (first + done) * sizeof(p.part[0]);

		p.first = first + done;
		if (user_read(p.part, at, wanted * sizeof(p.part[0])))
			return done ? (long)done : -EFAULT;
		part = batch_part(&p, wanted);
		if (part < 0)
			return done ? (long)done : part;
		if (user_write(at, p.part, (uint64_t)part * sizeof(p.part[0])))
			return done ? (long)done : -EFAULT;
		done += (uint64_t)part;
		if ((uint64_t)part < wanted)
			break;
	}
	return (long)done;
}
