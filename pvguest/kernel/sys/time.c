/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on time. There is no real-time clock: the epoch is the boot, until a
 * program sets the time.
 * Linux man-pages, clock_gettime(2), nanosleep(2), getitimer(2).
 */
#include "drv/timer.h"
#include "lib/errno.h"
#include "mm/user.h"
#include "priv/priv.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/thread.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define NS_PER_SECOND	1000000000L
#define CLOCK_COUNT	12
#define CLOCK_REALTIME		0
#define CLOCK_PROCESS_CPUTIME	2
#define CLOCK_THREAD_CPUTIME	3
#define CLOCK_REALTIME_COARSE	5
#define CLOCK_REALTIME_ALARM	8
#define CLOCK_TAI		11
#define TIMER_ABSTIME	1
#define ITIMER_REAL	0

int sys_read_timespec(uint64_t addr, uint64_t *ns)
{
	struct timespec ts;

	if (user_read(&ts, addr, sizeof(ts)))
		return -EFAULT;
	if (ts.seconds < 0 || ts.ns < 0 || ts.ns >= NS_PER_SECOND)
		return -EINVAL;
	*ns = ts.seconds > INT64_MAX / NS_PER_SECOND - 1
		      ? (uint64_t)INT64_MAX / 2
		      : (uint64_t)(ts.seconds * NS_PER_SECOND + ts.ns);
	return 0;
}

static int time_write(uint64_t addr, uint64_t ns)
{
	struct timespec ts = { .seconds = (int64_t)ns / NS_PER_SECOND,
			       .ns = (int64_t)ns % NS_PER_SECOND };

	return user_write(addr, &ts, sizeof(ts));
}

/* Clocks that count from 1970. */
static bool time_is_real(long clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
	       clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

long sys_clock_gettime(long user_clock, uint64_t buf)
{
	uint32_t clock = (uint32_t)user_clock;

	if (clock >= CLOCK_COUNT)
		return -EINVAL;
	if (clock == CLOCK_PROCESS_CPUTIME) {
		/* The current thread's is brought up to now first. */
		sched_cpu_ticks();
		return time_write(buf, timer_ticks_to_ns(thread_ticks(proc_current->leader)));
	}
	if (clock == CLOCK_THREAD_CPUTIME)
		return time_write(buf, timer_ticks_to_ns(sched_cpu_ticks()));
	return time_write(buf, time_is_real(clock) ? timer_real_ns() : timer_now_ns());
}

static bool time_is_sane(int64_t seconds, int64_t us)
{
	return seconds >= 0 && seconds < INT64_MAX / NS_PER_SECOND / 2 && us >= 0 && us < 1000000;
}

static long time_set(uint64_t ns)
{
	if (!cred_is_root(&proc_current->cred))
		return -EPERM;
	timer_set_real(ns);
	return 0;
}

long sys_clock_settime(long clock, uint64_t time)
{
	uint64_t ns;
	int error = sys_read_timespec(time, &ns);

	if ((int)clock != CLOCK_REALTIME)
		return -EINVAL;
	return error ? error : time_set(ns);
}

long sys_settimeofday(uint64_t time, uint64_t zone)
{
	struct timespec tv;

	/* A time zone is nothing that this kernel has a use for. */
	(void)zone;
	if (!time)
		return 0;
	if (user_read(&tv, time, sizeof(tv)))
		return -EFAULT;
	if (!time_is_sane(tv.seconds, tv.ns))
		return -EINVAL;
	return time_set((uint64_t)(tv.seconds * NS_PER_SECOND + tv.ns * 1000));
}

long sys_clock_getres(long clock, uint64_t buf)
{
	if ((uint32_t)clock >= CLOCK_COUNT)
		return -EINVAL;
	return buf ? time_write(buf, timer_ticks_to_ns(1)) : 0;
}

long sys_gettimeofday(uint64_t buf, uint64_t zone)
{
	uint64_t ns = timer_real_ns();
	struct timespec tv = { .seconds = (int64_t)ns / NS_PER_SECOND,
			       .ns = (int64_t)ns % NS_PER_SECOND / 1000 };

	(void)zone;
	return buf ? user_write(buf, &tv, sizeof(tv)) : 0;
}

static long time_sleep(uint64_t deadline, uint64_t remaining)
{
	uint64_t now;
	int error = 0;

	while (!error)
		error = sched_sleep(deadline);
	if (error == -ETIMEDOUT)
		return 0;
	now = priv_time();
	if (remaining && time_write(remaining, deadline > now ? timer_ticks_to_ns(deadline - now)
							      : 0))
		return -EFAULT;
	proc_current->sleep_deadline_ticks = deadline;
	proc_current->sleep_remaining = remaining;
	return -ERESTART_RESTARTBLOCK;
}

/* How signal_deliver() goes on with a sleep if no handler ran. */
long sys_restart_syscall(void)
{
	uint64_t deadline = proc_current->sleep_deadline_ticks;

	return deadline ? time_sleep(deadline, proc_current->sleep_remaining) : -EINTR;
}

/* A length of time never ends early: ticks are rounded up, and one has already begun. */
static uint64_t time_after(uint64_t ns)
{
	return priv_time() + timer_ns_to_ticks(ns) + 1;
}

int sys_read_timeout(uint64_t addr, bool since_boot, uint64_t *deadline_ticks)
{
	uint64_t ns;
	int error;

	*deadline_ticks = SCHED_FOREVER;
	if (!addr)
		return 0;
	error = sys_read_timespec(addr, &ns);
	if (error)
		return error;
	if (since_boot)
		*deadline_ticks = timer_ns_to_ticks(ns) + 1;
	else
		/* Who asks for no time at all only looks. */
		*deadline_ticks = ns ? time_after(ns) : priv_time();
	return 0;
}

long sys_nanosleep(uint64_t request, uint64_t remaining)
{
	uint64_t ns;
	int error = sys_read_timespec(request, &ns);

	return error ? error : time_sleep(time_after(ns), remaining);
}

long sys_clock_nanosleep(long clock, long flags, uint64_t request, uint64_t remaining)
{
	uint64_t ns;
	int error = sys_read_timespec(request, &ns);

	if ((uint32_t)clock >= CLOCK_COUNT)
		return -EINVAL;
	if (error)
		return error;
	if ((flags & TIMER_ABSTIME) && time_is_real(clock)) {
		uint64_t past = timer_real_ns() - timer_now_ns();

		ns = ns > past ? ns - past : 0;
	}
	return flags & TIMER_ABSTIME ? time_sleep(timer_ns_to_ticks(ns) + 1, 0)
				     : time_sleep(time_after(ns), remaining);
}

/* struct itimerval: interval, then value, each in seconds and microseconds. */
struct itimerval {
	int64_t interval_s, interval_us, value_s, value_us;
};

static void time_itimer_expired(struct timer *timer)
{
	struct proc *proc = CONTAINER_OF(timer, struct proc, alarm);
	struct signal_info info = { .signo = SIGALRM, .code = SI_KERNEL };

	if (proc->alarm_interval_ns) {
		timer->deadline_ticks += timer_ns_to_ticks(proc->alarm_interval_ns);
		timer_add(timer);
	}
	signal_send(proc, &info);
}

long sys_getitimer(long which, uint64_t value)
{
	struct proc *proc = proc_current->leader;
	struct itimerval it = { 0 };
	uint64_t now = priv_time(), ns = proc->alarm_interval_ns;

	if (which != ITIMER_REAL)
		return -EINVAL;
	it.interval_s = (int64_t)ns / NS_PER_SECOND;
	it.interval_us = (int64_t)ns % NS_PER_SECOND / 1000;
	if (!list_empty(&proc->alarm.link) && proc->alarm.deadline_ticks > now) {
		ns = timer_ticks_to_ns(proc->alarm.deadline_ticks - now);
		it.value_s = (int64_t)ns / NS_PER_SECOND;
		it.value_us = (int64_t)ns % NS_PER_SECOND / 1000;
	}
	return user_write(value, &it, sizeof(it));
}

long sys_setitimer(long which, uint64_t value, uint64_t old)
{
	struct proc *proc = proc_current->leader;
	struct itimerval it;
	uint64_t ns;

	if (which != ITIMER_REAL)
		return -EINVAL;
	if (value && user_read(&it, value, sizeof(it)))
		return -EFAULT;
	if (value && (!time_is_sane(it.interval_s, it.interval_us) ||
		      !time_is_sane(it.value_s, it.value_us)))
		return -EINVAL;
	if (old && sys_getitimer(which, old))
		return -EFAULT;
	if (!value)
		return 0;
	timer_remove(&proc->alarm);
	proc->alarm_interval_ns = (uint64_t)(it.interval_s * NS_PER_SECOND + it.interval_us * 1000);
	ns = (uint64_t)(it.value_s * NS_PER_SECOND + it.value_us * 1000);
	if (ns) {
		proc->alarm.deadline_ticks = time_after(ns);
		proc->alarm.expired = time_itimer_expired;
		timer_add(&proc->alarm);
	}
	return 0;
}
