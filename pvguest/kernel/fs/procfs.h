/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc: a tree of tables, whose files are generated when they are read.
 * Linux man-pages, proc(5).
 */
#ifndef FS_PROCFS_H
#define FS_PROCFS_H

#include "fs/super.h"
#include "lib/text.h"

struct proc;
struct procfs_entry;

/* A table of a directory's entries. */
struct procfs_table {
	const struct procfs_entry *entries;
	size_t count;
};

/* One of these, by the kind of what it is. */
struct procfs_entry {
	const char *name;
	uint32_t mode;			/* with the type */
	/* Files: the text. proc is NULL outside of a process's directory. */
	void (*show)(struct text *text, struct proc *proc);
	/* Files that can be written to: 0 or negative. */
	int (*store)(const char *text, size_t length);
	/* Files with operations of their own. */
	const struct file_ops *ops;
	/* Directories: a table, or names that are numbers (processes, threads, descriptors). */
	const struct procfs_table *table;
	bool (*has)(struct proc *proc, int number);
	int (*next)(struct proc *proc, int number);	/* the first from number on; -1 */
	const struct procfs_entry *each;		/* what each of them is */
	/* Links: the text, or the place itself. */
	void (*link)(struct text *text, struct proc *proc, int number);
	int (*follow)(struct proc *proc, int number, struct path *path);
	bool each_is_proc;	/* the numbers are processes, not descriptors */
};

extern const struct procfs_table procfs_system_table, procfs_pid_table, procfs_sys_table;
extern const struct file_system procfs_type;

/* Files of /proc that also stand in /proc/PID. */
void procfs_show_mounts(struct text *text, struct proc *proc);
void procfs_show_mountinfo(struct text *text, struct proc *proc);

#endif
