/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advisory locks on files: flock(2), and those of fcntl(2) by process or by open file.
 * Linux man-pages, flock(2), fcntl_locking(2).
 */
#ifndef FS_LOCK_H
#define FS_LOCK_H

#include "fs/file.h"

struct fd_table;

#define F_RDLCK		0
#define F_WRLCK		1
#define F_UNLCK		2

#define LOCK_SH		1
#define LOCK_EX		2
#define LOCK_NB		4
#define LOCK_UN		8

/* struct flock of the ABI. */
struct lock_request {
	int16_t type, whence;
	uint32_t pad1;
	int64_t start, length;
	int32_t pid;
	uint32_t pad2;
};

/*
 * F_SETLK and F_SETLKW of a process (its table of descriptors is the owner), or of an open file
 * (owner: the file). -EAGAIN, -EBADF, -EINVAL, -EOVERFLOW, -ENOLCK, -ERESTART, and
 * -EDEADLK for a process that would wait for itself.
 */
int lock_set(struct file *file, const void *owner, const struct lock_request *request, bool wait);
/* F_GETLK: *request becomes the first lock in the way, or its type F_UNLCK. */
int lock_get(struct file *file, const void *owner, struct lock_request *request);
/* flock(2) */
int lock_whole(struct file *file, uint32_t operation);
/* What owner held on the inode goes: a descriptor was closed, or an open file. */
void lock_release(struct inode *inode, const void *owner);

#endif
