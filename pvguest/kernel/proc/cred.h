/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a process is, and what it may use up.
 * Linux man-pages, credentials(7), getrlimit(2).
 */
#ifndef PROC_CRED_H
#define PROC_CRED_H

#include "lib/types.h"

#define CRED_GROUPS_MAX	64

/* Real, effective, saved and for files. */
struct cred_ids {
	uint32_t real, effective, saved, fs;
};

struct cred {
	struct cred_ids user, group;
	uint32_t groups[CRED_GROUPS_MAX];	/* supplementary */
	size_t group_count;
};

#define RLIMIT_CPU	0
#define RLIMIT_FSIZE	1
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_NOFILE	7
#define RLIMIT_SIGPENDING	11
#define RLIMIT_COUNT	16
#define RLIM_INFINITY	(~0UL)

struct limit {
	uint64_t now, most;
};

static inline bool cred_is_root(const struct cred *cred)
{
	return cred->user.effective == 0;
}

#endif
