/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on processes.
 * Linux man-pages, clone(2), execve(2), wait(2), setpgid(2), uname(2), getrlimit(2), reboot(2).
 */
#include "drv/sbi.h"
#include "drv/timer.h"
#include "fs/fds.h"
#include "fs/path.h"
#include "fs/super.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/user.h"
#include "proc/child.h"
#include "proc/exec.h"
#include "proc/load.h"
#include "proc/proc.h"
#include "proc/sched.h"
#include "proc/thread.h"
#include "sys/fd.h"
#include "sys/syscall.h"

#define REBOOT_MAGIC1		0xfee1deadU
#define REBOOT_MAGIC2		672274793U
#define REBOOT_RESTART		0x01234567U
#define REBOOT_HALT		0xcdef0123U
#define REBOOT_POWER_OFF	0x4321fedcU
#define REBOOT_CAD_ON		0x89abcdefU
#define REBOOT_CAD_OFF		0U

#define NS_PER_CLOCK_TICK	10000000UL

#define PR_SET_NAME		15
#define PR_GET_NAME		16

long sys_clone(uint64_t flags, uint64_t stack, uint64_t parent, uint64_t tls, uint64_t child)
{
	return proc_clone(flags, stack, parent, tls, child);
}

long sys_execve(uint64_t path, uint64_t argv, uint64_t envp)
{
	return exec_user(path, argv, envp);
}

long sys_exit(long status)
{
	proc_exit((int)(status & 0xff) << 8);
}

long sys_exit_group(long status)
{
	proc_exit_group((int)(status & 0xff) << 8);
}

long sys_wait4(long pid, uint64_t status, long options, uint64_t rusage)
{
	return child_wait((int)pid, status, (int)options, rusage);
}

long sys_getpid(void)
{
	return proc_current->leader->pid;
}

long sys_gettid(void)
{
	return proc_current->pid;
}

long sys_getppid(void)
{
	return proc_current->parent ? proc_current->parent->pid : 0;
}

long sys_set_tid_address(uint64_t addr)
{
	proc_current->clear_tid = addr;
	return proc_current->pid;
}

long sys_set_robust_list(uint64_t head, size_t size)
{
	if (size != 24)
		return -EINVAL;
	proc_current->robust_list = head;
	return 0;
}

long sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

long sys_umask(uint64_t mask)
{
	long old = proc_current->fs->umask;

	proc_current->fs->umask = (uint32_t)mask & 0777;
	return old;
}

long sys_prctl(long option, uint64_t arg)
{
	struct proc *proc = proc_current;
	char name[sizeof(proc->name)] = { 0 };

	switch ((int)option) {
	case PR_SET_NAME:
		if (user_read_string(name, arg, sizeof(name) - 1) == -EFAULT)
			return -EFAULT;
		string_copy(proc->name, name, sizeof(proc->name));
		return 0;
	case PR_GET_NAME:
		return user_write(arg, proc->name, sizeof(proc->name));
	default:
		return -EINVAL;
	}
}


#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN	(-1)
#define RUSAGE_THREAD	1

/* Run time of the process up to now. */
static uint64_t process_ticks(void)
{
	sched_cpu_ticks();
	return thread_ticks(proc_current->leader);
}

long sys_getrusage(long who, uint64_t buf)
{
	if ((int)who < RUSAGE_CHILDREN || (int)who > RUSAGE_THREAD)
		return -EINVAL;
	return proc_write_rusage(buf, (int)who == RUSAGE_SELF ? process_ticks()
				      : (int)who == RUSAGE_THREAD ? sched_cpu_ticks()
				      : proc_current->leader->child_ticks);
}

/* In hundredths of a second. */
long sys_times(uint64_t buf)
{
	uint64_t children_ns = timer_ticks_to_ns(proc_current->leader->child_ticks);
	const uint64_t tms[4] = { timer_ticks_to_ns(process_ticks()) / NS_PER_CLOCK_TICK, 0,
				  children_ns / NS_PER_CLOCK_TICK, 0 };

	if (buf && user_write(buf, tms, sizeof(tms)))
		return -EFAULT;
	return (long)(timer_now_ns() / NS_PER_CLOCK_TICK);
}

long sys_sysinfo(uint64_t buf)
{
	struct {
		int64_t uptime;
		uint64_t loads[3], total, free, shared, buffered, swap, swap_free;
		uint16_t processes, pad;
		uint64_t high, high_free;
		uint32_t unit;
	} info = { .uptime = (int64_t)(timer_now_ns() / 1000000000),
		   .total = page_total_count() << PAGE_SHIFT,
		   .free = page_free_count() << PAGE_SHIFT,
		   .shared = inode_memory_pages() << PAGE_SHIFT, .unit = 1 };
	struct load_count count;

	load_count(&count);
	load_average(info.loads);
	info.processes = (uint16_t)count.all;
	return user_write(buf, &info, sizeof(info));
}

long sys_getrandom(uint64_t buf, size_t length, uint64_t flags)
{
	(void)flags;
	length = MIN(length, 0x1ffffffUL);
	for (size_t done = 0; done < length; done += 8) {
		uint64_t value = random_next();

		if (done && !(done & 0xffff) && sched_give_way())
			return (long)done;
		if (user_write(buf + done, &value, MIN(length - done, 8UL)))
			return -EFAULT;
	}
	return (long)length;
}

long sys_reboot(uint64_t magic1, uint64_t magic2, uint64_t command)
{
	if ((uint32_t)magic1 != REBOOT_MAGIC1 || (uint32_t)magic2 != REBOOT_MAGIC2)
		return -EINVAL;
	if (!cred_is_root(&proc_current->cred))
		return -EPERM;
	switch ((uint32_t)command) {
	case REBOOT_POWER_OFF:
	case REBOOT_HALT:
		super_shutdown();
		sbi_shutdown(false);
	case REBOOT_RESTART:
		super_shutdown();
		sbi_reboot();
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;
	default:
		return -EINVAL;
	}
}
