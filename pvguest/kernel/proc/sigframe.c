/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands on a program's stack while a handler runs.
 * Linux, arch/riscv/kernel/signal.c and include/uapi/asm/ucontext.h: the layout is ABI.
 */
#include "proc/sigframe.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "proc/sched.h"

struct sigframe_context {
	uint64_t pc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
	uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
	uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
	uint64_t f[32];
	uint32_t fcsr;
	uint32_t reserved[67];	/* the union with quad-precision registers is this long */
} __attribute__((aligned(16)));

struct sigframe_ucontext {
	uint64_t flags, link;
	uint64_t stack_base;
	uint32_t stack_flags, pad;
	uint64_t stack_size;
	uint64_t mask;
	uint8_t unused[120];
	struct sigframe_context context;
};

struct sigframe {
	struct sigframe_siginfo info;
	struct sigframe_ucontext uc;
};

_Static_assert(sizeof(struct sigframe_siginfo) == 128, "siginfo_t is ABI");
_Static_assert(offsetof(struct sigframe_ucontext, context) == 176, "ucontext_t is ABI");
_Static_assert(sizeof(struct sigframe_context) == 784, "mcontext_t is ABI");

void sigframe_fill_info(struct sigframe_siginfo *out, const struct signal_info *info)
{
	*out = (struct sigframe_siginfo){ .signo = info->signo, .code = info->code };
	if (info->addr) {
		out->addr = info->addr;
	} else {
		out->pid = info->pid;
		if (info->code < 0)
			out->value = info->value;
		else
			out->status = info->status;
	}
}

#define SIGFRAME_SAME(x)                                                                           \
	x(ra) x(gp) x(t0) x(t1) x(t2) x(s0) x(s1) x(a1) x(a2) x(a3) x(a4) x(a5) x(s2) x(s3) x(s4)  \
	x(s5) x(s6) x(s7) x(s8) x(s9) x(s10) x(s11) x(t3) x(t4) x(t5) x(t6)
#define SIGFRAME_IRET(x)	x(a0) x(a6) x(a7) x(sp) x(tp)

static void sigframe_save(struct sigframe_context *c, const struct trap_frame *frame)
{
#define SAVE(reg)	c->reg = frame->reg;
#define SAVE_IRET(reg)	c->reg = frame->iret.reg;
	SIGFRAME_SAME(SAVE)
	SIGFRAME_IRET(SAVE_IRET)
	c->pc = frame->sepc;
	sched_fp_sync();
	memcpy(c->f, proc_current->fp.f, sizeof(c->f));
	c->fcsr = proc_current->fp.fcsr;
}

static void sigframe_load(struct trap_frame *frame, const struct sigframe_context *c)
{
#define LOAD(reg)	frame->reg = c->reg;
#define LOAD_IRET(reg)	frame->iret.reg = c->reg;
	SIGFRAME_SAME(LOAD)
	SIGFRAME_IRET(LOAD_IRET)
	frame->sepc = c->pc;
	if (trap_fp_is_off(frame))
		return;
	memcpy(proc_current->fp.f, c->f, sizeof(c->f));
	proc_current->fp.fcsr = c->fcsr;
	trap_fp_set_clean(frame);
	sched_fp_reload();
}

static bool sigframe_on_stack(const struct signal_state *signals, uint64_t sp)
{
	return sp > signals->stack_base && sp - signals->stack_base <= signals->stack_size;
}

int sigframe_push(struct trap_frame *frame, const struct signal_action *action,
		  const struct signal_info *info, uint64_t mask)
{
	struct signal_state *signals = &proc_current->signals;
	struct sigframe user;
	uint64_t sp = frame->iret.sp;

	memset(&user, 0, sizeof(user));
	sigframe_fill_info(&user.info, info);
	user.uc.mask = mask;
	user.uc.stack_base = signals->stack_base;
	user.uc.stack_size = signals->stack_size;
	user.uc.stack_flags = !signals->stack_size ? SS_DISABLE
			      : sigframe_on_stack(signals, sp) ? SS_ONSTACK : 0;
	sigframe_save(&user.uc.context, frame);
	if ((action->flags & SA_ONSTACK) && signals->stack_size && !sigframe_on_stack(signals, sp))
		sp = signals->stack_base + signals->stack_size;
	sp = ALIGN_DOWN(sp - sizeof(user), 16);
	if (user_write(sp, &user, sizeof(user)))
		return -EFAULT;
	frame->sepc = action->handler;
	frame->ra = LAYOUT_TRAMPOLINE;
	frame->iret.sp = sp;
	frame->iret.a0 = (uint64_t)info->signo;
	frame->a1 = sp + offsetof(struct sigframe, info);
	frame->a2 = sp + offsetof(struct sigframe, uc);
	return 0;
}

long signal_return(struct trap_frame *frame)
{
	struct sigframe_ucontext uc;

	if (user_read(&uc, frame->iret.sp + offsetof(struct sigframe, uc), sizeof(uc)))
		proc_exit_group(SIGSEGV);
	sigframe_load(frame, &uc.context);
	signal_set_blocked(uc.mask);
	/* What is restored is not the result of a call. */
	frame->cause = TRAP_DONE;
	return (long)frame->iret.a0;
}
