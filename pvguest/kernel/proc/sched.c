/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: round robin with slices of 10 ms; no timer interrupt while one process is runnable.
 * No specification: policy. All of it runs under the kernel lock, on whichever hart.
 */
#include "proc/sched.h"

#include "drv/timer.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "priv/priv.h"
#include "priv/smp.h"
#include "proc/klock.h"
#include "proc/proc.h"

#define SCHED_SLICE_NS		10000000UL
#define SCHED_STACK_MARK	0x5354524154414b53UL

static uint64_t sched_slice_ticks;

void sched_init(void)
{
	sched_slice_ticks = timer_ns_to_ticks(SCHED_SLICE_NS);
}

/* The current process must give way when its time is over; it has competition now. */
static void sched_start_slice(uint64_t now_ticks)
{
	hart_this->slice_end_ticks = now_ticks + sched_slice_ticks;
	timer_arm(hart_this->slice_end_ticks);
}

static bool sched_may_run(const struct proc *proc, const struct hart *hart)
{
	return hart->online && (proc->affinity & hart->mask);
}

static bool sched_is_idle(const struct hart *hart)
{
	return !hart->current && !hart->run_count;
}

/*
 * Where a process should wait for its turn: at the hart that ran it last, which may still hold what
 * it needs, unless another one has nothing to do.
 */
static __attribute__((noinline)) struct hart *sched_place(const struct proc *proc)
{
	struct hart *best = proc->hart && sched_may_run(proc, proc->hart) ? proc->hart : NULL;

	if (best && sched_is_idle(best))
		return best;
	for (size_t i = 0; i < hart_count; i++) {
		struct hart *hart = hart_all[i];

		if (sched_may_run(proc, hart) &&
		    (!best || (sched_is_idle(hart) && !sched_is_idle(best))))
			best = hart;
	}
	return best ? best : hart_this;
}

/* A process was put in the queue of another hart. */
static __attribute__((noinline)) void sched_tell(struct hart *hart)
{
	if (hart->current && hart->run_count > 1)
		return;
	hart->slice_wanted = true;
	hart_kick(hart);
}

void sched_enqueue(struct proc *proc)
{
	struct hart *hart = priv_is_smp() ? sched_place(proc) : hart_this;

	proc->state = PROC_RUNNABLE;
	list_add_before(&hart->run_queue, &proc->run_link);
	hart->run_count++;
	if (hart != hart_this)
		sched_tell(hart);
	else if (hart->run_count == 1 && hart->current)
		sched_start_slice(priv_time());
}

void sched_kicked(void)
{
	struct hart *hart = hart_this;

	if (hart->slice_wanted && hart->current && hart->run_count)
		sched_start_slice(priv_time());
	hart->slice_wanted = false;
}

void sched_prod(const struct proc *proc)
{
	if (proc->hart != hart_this && proc->hart && proc->hart->current == proc)
		hart_kick(proc->hart);
}

uint64_t sched_online(void)
{
	uint64_t harts = 0;

	for (size_t i = 0; i < hart_count; i++)
		harts |= hart_all[i]->online ? hart_all[i]->mask : 0;
	return harts;
}

void sched_wake(struct proc *proc)
{
	if (proc->state == PROC_SLEEPING || proc->state == PROC_STOPPED)
		sched_enqueue(proc);
}

/* FP registers go to memory only if the process changed them, and come back only if needed. */
static void sched_fp_out(struct proc *prev)
{
	struct trap_frame *frame = proc_frame(prev);

	if (!trap_fp_is_dirty(frame))
		return;
	priv_fp_open();
	priv_fp_save(&prev->fp);
	trap_fp_set_clean(frame);
}

static void sched_fp_in(struct proc *next)
{
	struct hart *hart = hart_this;

	/* It may have run elsewhere since. */
	if (trap_fp_is_off(proc_frame(next)) ||
	    (hart->fp_owner == next && next->fp_hart == hart))
		return;
	priv_fp_open();
	priv_fp_load(&next->fp);
	hart->fp_owner = next;
	next->fp_hart = hart;
}

/* Charges the time since the last switch to whoever had the hart. */
static void sched_account(struct proc *prev)
{
	uint64_t now = priv_time();

	if (prev)
		prev->cpu_ticks += now - hart_this->switch_ticks;
	hart_this->switch_ticks = now;
}

uint64_t sched_cpu_ticks(void)
{
	sched_account(proc_current);
	return proc_current->cpu_ticks;
}

static void sched_switch_to(struct proc *next)
{
	struct hart *hart = hart_this;
	struct proc *prev = hart->current;
	struct context *save = prev ? &prev->context : (struct context *)hart->idle_context;

	if (next == prev)
		return;
	sched_account(prev);
	if (prev) {
		if (*(uint64_t *)prev->stack != SCHED_STACK_MARK)
			panic("kernel stack overflow in process %d", prev->pid);
		if (prev->state != PROC_ZOMBIE)
			sched_fp_out(prev);
	}
	hart->current = next;
	if (!next) {
		/* The tables may be freed before this hart wakes up. */
		if (priv_is_smp())
			root_switch(&root_kernel);
		proc_switch(save, (struct context *)hart->idle_context);
		return;
	}
	*(uint64_t *)next->stack = SCHED_STACK_MARK;
	hart->frame = (uint64_t)proc_frame(next);
	next->hart = hart;
	/* Without an address space of its own it is about to end. */
	root_switch(next->mm ? &next->mm->root : &root_kernel);
	sched_fp_in(next);
	if (hart->run_count)
		sched_start_slice(hart->switch_ticks);
	proc_switch(save, &next->context);
}

static struct proc *sched_take(struct hart *hart, struct proc *proc)
{
	hart->run_count--;
	list_del(&proc->run_link);
	return proc;
}

static struct proc *sched_first(const struct hart *hart)
{
	return LIST_ENTRY(hart->run_queue.next, struct proc, run_link);
}

/* The first process that waits for another hart and may run here; NULL if there is none. */
static struct proc *sched_steal(void)
{
	for (size_t i = 0; i < hart_count; i++) {
		struct list *pos;

		LIST_FOR_EACH (pos, &hart_all[i]->run_queue) {
			struct proc *proc = LIST_ENTRY(pos, struct proc, run_link);

			if (sched_may_run(proc, hart_this))
				return sched_take(hart_all[i], proc);
		}
	}
	return NULL;
}

static __attribute__((noinline)) struct proc *sched_pick_smp(void)
{
	struct hart *hart = hart_this;

	while (hart->run_count) {
		struct proc *next = sched_take(hart, sched_first(hart));

		if (sched_may_run(next, hart))
			return next;
		/* Its affinity was changed while it waited. */
		sched_enqueue(next);
	}
	return sched_steal();
}

static struct proc *sched_pick(void)
{
	struct hart *hart = hart_this;

	if (priv_is_smp())
		return sched_pick_smp();
	return hart->run_count ? sched_take(hart, sched_first(hart)) : NULL;
}

void sched_yield(void)
{
	struct proc *next = sched_pick();

	if (!next && (!priv_is_smp() || sched_may_run(proc_current, hart_this)))
		return;
	/* Nobody takes it before the lock is free, and then it has left this stack. */
	sched_enqueue(proc_current);
	sched_switch_to(next);
}

bool sched_give_way(void)
{
	struct proc *proc = proc_current;

	if (proc->work & PROC_WORK_RESCHED) {
		proc->work &= ~PROC_WORK_RESCHED;
		sched_yield();
	}
	return (proc->work & PROC_WORK_SIGNAL) != 0;
}

void sched_block(void)
{
	sched_switch_to(sched_pick());
}

void sched_set_affinity(struct proc *proc, uint64_t harts)
{
	proc->affinity = harts;
	if (proc == proc_current)
		sched_yield();
	else if (proc->hart && proc->hart->current == proc) {
		proc->work |= PROC_WORK_RESCHED;
		sched_prod(proc);
	}
}

static void sched_timeout(struct timer *timer)
{
	struct proc *proc = timer->context;

	if (proc->state == PROC_SLEEPING)
		sched_wake(proc);
}

/* Until it is woken; 0, or -ERESTART if there is a signal. */
static int sched_sleep_forever(void)
{
	struct proc *proc = proc_current;

	if (signal_is_pending(proc))
		return -ERESTART;
	proc->state = PROC_SLEEPING;
	proc->wake_by_signal = true;
	sched_block();
	proc->wake_by_signal = false;
	return signal_is_pending(proc) ? -ERESTART : 0;
}

int sched_sleep(uint64_t deadline_ticks)
{
	struct timer timer;
	int error;

	if (deadline_ticks == SCHED_FOREVER)
		return sched_sleep_forever();
	if (priv_time() >= deadline_ticks)
		return signal_is_pending(proc_current) ? -ERESTART : -ETIMEDOUT;
	timer = (struct timer){ .deadline_ticks = deadline_ticks, .expired = sched_timeout,
				.context = proc_current };
	list_init(&timer.link);
	timer_add(&timer);
	error = sched_sleep_forever();
	timer_remove(&timer);
	return error ?: priv_time() >= deadline_ticks ? -ETIMEDOUT : 0;
}

void sched_tick(uint64_t now_ticks)
{
	struct hart *hart = hart_this;

	if (hart->current && hart->run_count && now_ticks >= hart->slice_end_ticks)
		hart->current->work |= PROC_WORK_RESCHED;
}

uint64_t sched_deadline(void)
{
	struct hart *hart = hart_this;

	/*
	 * A slice that is over has no end ahead: the next one sets the timer. If that were still
	 * in the past, it would fire before the next process has executed one instruction, and
	 * where the kernel lock is far away that one's slice would be over by then, and so on.
	 */
	if (!hart->current || !hart->run_count || (hart->current->work & PROC_WORK_RESCHED))
		return SCHED_FOREVER;
	return hart->slice_end_ticks;
}

_Noreturn void sched_idle(void)
{
	for (;;) {
		struct proc *next = sched_pick();

		if (next) {
			sched_switch_to(next);
			continue;
		}
		/* Off, so that nothing becomes runnable between the look above and the wait. */
		if (priv_is_smp())
			klock_leave();
		priv_wait();
		if (priv_is_smp())
			klock_enter();
		priv_irq_enable();
		priv_irq_disable();
	}
}

void sched_fp_enable(void)
{
	struct proc *proc = proc_current;

	memset(&proc->fp, 0, sizeof(proc->fp));
	trap_fp_set_clean(proc_frame(proc));
	hart_this->fp_owner = NULL;
	sched_fp_in(proc);
}

void sched_fp_sync(void)
{
	sched_fp_out(proc_current);
}

void sched_fp_reload(void)
{
	hart_this->fp_owner = NULL;
	sched_fp_in(proc_current);
}
