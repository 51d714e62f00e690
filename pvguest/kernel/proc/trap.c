/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel does about a trap that is not a system call.
 * Privileged specification, "Supervisor Cause Register".
 */
#include <riscv/csr.h>

#include "drv/console.h"
#include "drv/plic.h"
#include "drv/timer.h"
#include "fs/fds.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "mm/mm.h"
#include "mm/user.h"
#include "priv/priv.h"
#include "priv/trap.h"
#include "proc/proc.h"
#include "proc/sched.h"

static void trap_interrupt(uint64_t cause)
{
	switch (cause & ~SCAUSE_INTERRUPT) {
	case IRQ_S_TIMER:
		timer_interrupt();
		break;
	case IRQ_S_SOFT:
		priv_ipi_clear();
		hart_this->ipi_count++;
		sched_kicked();
		break;
	case IRQ_S_EXT:
		plic_handle();
		break;
	default:
		panic("interrupt %lx", cause);
	}
}

static unsigned int trap_access(uint64_t cause)
{
	switch (cause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_INST_ACCESS:
		return PROT_EXEC;
	case EXC_STORE_PAGE_FAULT:
	case EXC_STORE_ACCESS:
		return PROT_WRITE;
	default:
		return PROT_READ;
	}
}

static void trap_page_fault(uint64_t cause, uint64_t stval)
{
	struct signal_info info = { .signo = SIGSEGV, .code = SEGV_MAPERR, .addr = stval };
	int error = stval < LAYOUT_USER_END
			    ? mm_fault(proc_current->mm, stval, trap_access(cause)) : -EFAULT;

	switch (error) {
	case 0:
		return;
	case -EACCES:
		info.code = SEGV_ACCERR;
		break;
	case -EIO:
		info.signo = SIGBUS;
		info.code = BUS_ADRERR;
		break;
	case -ENOMEM:
		info.signo = SIGKILL;
		break;
	default:
		break;
	}
	signal_force(&info);
}

/* An FP instruction with the unit off is how a process asks for it; it runs again. */
static void trap_illegal(struct trap_frame *frame)
{
	struct signal_info info = { .signo = SIGILL, .code = ILL_ILLOPC, .addr = frame->sepc };

	if (trap_fp_is_off(frame))
		sched_fp_enable();
	else
		signal_force(&info);
}

void trap_user(struct trap_frame *frame, uint64_t cause)
{
	struct signal_info info = { .signo = SIGBUS, .code = BUS_ADRERR };
	uint64_t stval;

	if (cause & SCAUSE_INTERRUPT) {
		trap_interrupt(cause);
		return;
	}
	stval = priv_csr_read(stval);
	info.addr = stval;
	switch (cause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		trap_page_fault(cause, stval);
		return;
	case EXC_ILLEGAL_INST:
		trap_illegal(frame);
		return;
	case EXC_BREAKPOINT:
		info.signo = SIGTRAP;
		info.code = TRAP_BRKPT;
		info.addr = frame->sepc;
		break;
	case EXC_INST_MISALIGNED:
	case EXC_LOAD_MISALIGNED:
	case EXC_STORE_MISALIGNED:
		info.code = BUS_ADRALN;
		break;
	default:
		break;
	}
	signal_force(&info);
}

void trap_kernel(struct trap_frame *frame, uint64_t cause)
{
	uint64_t stval, fixup;

	if (cause & SCAUSE_INTERRUPT) {
		trap_interrupt(cause);
		return;
	}
	stval = priv_csr_read(stval);
	fixup = user_fixup(frame->sepc);
	if (!fixup)
		panic_frame(frame, cause, stval);
	if ((cause == EXC_LOAD_PAGE_FAULT || cause == EXC_STORE_PAGE_FAULT) && proc_current &&
	    stval < LAYOUT_USER_END && !mm_fault(proc_current->mm, stval, trap_access(cause)))
		return;
	frame->sepc = fixup;
}

void trap_work(struct trap_frame *frame)
{
	struct proc *proc = proc_current;

	if (proc->work & PROC_WORK_RESCHED) {
		proc->work &= ~PROC_WORK_RESCHED;
		sched_yield();
	}
	if (proc->work & PROC_WORK_HELD) {
		proc->work &= ~PROC_WORK_HELD;
		fds_release(&proc->held);
	}
	if (proc->work & PROC_WORK_SIGNAL) {
		proc->work &= ~PROC_WORK_SIGNAL;
		signal_deliver(frame);
	}
}
