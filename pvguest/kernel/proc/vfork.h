/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A parent that goes on when its child has another program or has ended.
 * Linux man-pages, vfork(2), clone(2), "CLONE_VFORK".
 */
#ifndef PROC_VFORK_H
#define PROC_VFORK_H

struct proc;

/*
 * The current process waits for its child of that pid, which has it as vfork_parent. Only what
 * ends the process ends the wait before; then the child has no such parent any more.
 */
void vfork_wait(int pid);
/* The child has another program, or ends: its parent may go on. */
void vfork_done(struct proc *child);

#endif
