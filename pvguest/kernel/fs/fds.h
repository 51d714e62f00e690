/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process's table of file descriptors; it grows as needed.
 * Linux man-pages, dup(2), fcntl(2).
 */
#ifndef FS_FDS_H
#define FS_FDS_H

#include "fs/file.h"

/* RLIMIT_NOFILE. */
#define FDS_MAX	1024
/* What RLIMIT_NOFILE leaves the current process of that. */
int fds_limit(void);

struct fd_table {
	uint32_t users;		/* more than one: threads share it */
	struct file **files;
	bool *close_on_exec;
	size_t size;
};

struct fd_table *fds_new(void);
struct fd_table *fds_copy(const struct fd_table *table);
/* One user less; the last one closes all. */
void fds_put(struct fd_table *table);
/* Closes what exec closes. */
void fds_exec(struct fd_table *table);
/* 0, 1 and 2 of the first process. */
void fds_open_console(struct fd_table *table);

/* The file, without a user of its own; NULL: bad descriptor. */
static inline struct file *fds_get(const struct fd_table *table, int fd)
{
	return fd >= 0 && (size_t)fd < table->size ? table->files[fd] : NULL;
}
/*
 * The same where others share the table and may close it meanwhile: with a user, which
 * fds_release() gives back. NULL also without memory.
 */
struct file *fds_hold(const struct fd_table *table, int fd, struct list *held);
void fds_release(struct list *held);
/* Enters file at the lowest free number from `from` on and takes over its user. -EMFILE... */
int fds_install(struct fd_table *table, struct file *file, int from, bool close_on_exec);
/* Enters it at that number; what was there is closed. */
int fds_replace(struct fd_table *table, struct file *file, int fd, bool close_on_exec);
int fds_close(struct fd_table *table, int fd);

#endif
