/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The big kernel lock: one hart at a time is in the kernel. A hart takes it when it enters from a
 * program or wakes up, and lets go on the way back and while it idles. So the kernel's data needs
 * no other lock. docs/hacking.md, "The guest kernel".
 */
#ifndef PROC_KLOCK_H
#define PROC_KLOCK_H

/* Interrupts are off. Only where priv_is_smp(), or from a site that is patched then. */
void klock_enter(void);
void klock_leave(void);

#endif
