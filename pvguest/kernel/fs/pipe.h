/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes, with and without a name.
 * Linux man-pages, pipe(7), fifo(7).
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "fs/file.h"

/* Both ends of a new pipe. -ENOMEM. */
int pipe_new(uint32_t flags, struct file **read_end, struct file **write_end);
/* An end of a named one; waits for the other end, as fifo(7) says. */
int pipe_open(const struct path *path, uint32_t flags, struct file **file);

/* F_GETPIPE_SZ (size 0) and F_SETPIPE_SZ; -EBADF: no pipe, -EBUSY, -EPERM, -ENOMEM. */
long pipe_size(struct file *file, uint64_t size);

#endif
