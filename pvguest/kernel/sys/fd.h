/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What system calls need to turn their arguments into kernel objects.
 * Linux man-pages, open(2), "the *at functions".
 */
#ifndef SYS_FD_H
#define SYS_FD_H

#include "fs/fds.h"
#include "fs/path.h"
#include "proc/proc.h"

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x100
#define AT_REMOVEDIR		0x200
#define AT_SYMLINK_FOLLOW	0x400
#define AT_NO_AUTOMOUNT		0x800
#define AT_EMPTY_PATH		0x1000

/* sys_file() of one of several threads: another one may close it meanwhile. */
struct file *sys_file_shared(long fd);
/* The open file; NULL: bad descriptor. */
static inline struct file *sys_file(long fd)
{
	struct fd_table *files = proc_current->files;

	return files->users == 1 ? fds_get(files, (int)fd) : sys_file_shared(fd);
}

/* A name from user memory and where it begins; given back by sys_path_done(). */
struct sys_path {
	char *text;
	struct path dir;	/* with a user */
};

/* -EFAULT, -ENAMETOOLONG, -EBADF, -ENOTDIR. sys_path_done() is due in any case. */
int sys_path_begin(struct sys_path *p, long dirfd, uint64_t user_path);
void sys_path_done(struct sys_path *p);
/*
 * The place that a call names, with a user: the descriptor's own with AT_EMPTY_PATH and an empty
 * name, else the name's, of a link itself with AT_SYMLINK_NOFOLLOW.
 */
int sys_path_find(long dirfd, uint64_t user_path, long flags, struct path *path);

struct timespec {
	int64_t seconds, ns;
};

/* A length of time from user memory in ns, at most ~292 years; -EFAULT, -EINVAL. */
int sys_read_timespec(uint64_t addr, uint64_t *ns);
/*
 * The end of such a length from now on, or of one since boot, in ticks; addr 0: SCHED_FOREVER.
 */
int sys_read_timeout(uint64_t addr, bool since_boot, uint64_t *deadline_ticks);
/* Waits on signal mask *set (user address, or 0) like ppoll; see sys/poll.c. */
int sys_set_temporary_mask(uint64_t set);

#endif
