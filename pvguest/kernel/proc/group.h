/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process groups and sessions.
 * Linux man-pages, credentials(7); POSIX, 3.265 "Orphaned Process Group".
 */
#ifndef PROC_GROUP_H
#define PROC_GROUP_H

#include "lib/types.h"

struct proc;
struct signal_info;

/* The session of a group; -1: there is no such group. */
int group_session(int group);
/* No member has a parent in another group of the session: nobody would continue it. without: NULL,
 * or a process that does not count any more. */
bool group_is_orphaned(int group, const struct proc *without);
/* proc ends: groups that are orphaned by that, and are stopped, get SIGHUP and SIGCONT. */
void group_orphan(struct proc *proc);

/* From process pid: to all of a group. The number of processes. */
size_t group_signal(int group, const struct signal_info *info);

#endif
