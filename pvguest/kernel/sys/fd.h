/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What system calls need to turn their arguments into kernel objects.
 * Linux man-pages, open(2), "the *at functions".
 */
#ifndef SYS_FD_H
#define SYS_FD_H

#include "fs/file.h"

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x100
#define AT_REMOVEDIR		0x200
#define AT_SYMLINK_FOLLOW	0x400
#define AT_EMPTY_PATH		0x1000

/* The open file; NULL: bad descriptor. */
struct file *sys_file(long fd);

struct timespec {
	int64_t seconds, ns;
};

/* A length of time from user memory in ns, at most ~292 years; -EFAULT, -EINVAL. */
int sys_read_timespec(uint64_t addr, uint64_t *ns);
/* Waits on signal mask *set (user address, or 0) like ppoll; see sys/poll.c. */
int sys_set_temporary_mask(uint64_t set);

#endif
