/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of the kernel log: /dev/kmsg, /proc/kmsg and syslog(2).
 * Linux, Documentation/ABI/testing/dev-kmsg.
 */
#ifndef FS_KMSG_H
#define FS_KMSG_H

#include "fs/file.h"

extern const struct file_ops kmsg_ops;		/* /dev/kmsg: a record a read */
extern const struct file_ops kmsg_proc_ops;	/* /proc/kmsg: syslog's action 2 */

/* A line came into the log. */
void kmsg_wake(void);
/* Makes /dev/kmsg. */
void kmsg_init(void);
/* Lines as syslog(2) gives them: not yet read ones, or sleeps; -EFAULT, -EAGAIN, -ERESTART. */
ssize_t kmsg_read_new(uint64_t buf, size_t length, bool block);
/* The last ones that fit; clear: they are not shown again. */
ssize_t kmsg_read_all(uint64_t buf, size_t length, bool clear);
void kmsg_clear(void);
/* Bytes that have not been read. */
size_t kmsg_unread(void);

#endif
