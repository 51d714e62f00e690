/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands on a program's stack while a handler runs.
 * Linux, arch/riscv/kernel/signal.c and include/uapi/asm/ucontext.h: the layout is ABI.
 */
#ifndef PROC_SIGFRAME_H
#define PROC_SIGFRAME_H

#include "priv/trap.h"
#include "proc/signal.h"

#define SS_ONSTACK	1
#define SS_DISABLE	2

struct sigframe_siginfo {
	int32_t signo, error, code, pad;
	union {
		uint64_t addr;
		struct {
			int32_t pid;
			uint32_t uid;
			union {
				int32_t status;
				uint64_t value;
			};
		};
		uint8_t fill[112];
	};
};

/* Makes frame enter the handler; mask: what sigreturn restores. -EFAULT. */
int sigframe_push(struct trap_frame *frame, const struct signal_action *action,
		  const struct signal_info *info, uint64_t mask);
/* siginfo_t as programs see it. */
void sigframe_fill_info(struct sigframe_siginfo *out, const struct signal_info *info);

#endif
