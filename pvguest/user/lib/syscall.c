/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System call wrappers: one line each, the kernel's result unchanged.
 * Linux riscv64 system call ABI.
 */
#include "syscall.h"

#define ARG(x) ((long)(x))

long sys_openat(int dirfd, const char *path, int flags, unsigned int mode)
{
	return syscall6(SYS_openat, dirfd, ARG(path), flags, ARG(mode), 0, 0);
}

long sys_open(const char *path, int flags)
{
	return sys_openat(AT_FDCWD, path, flags, 0644);
}

long sys_close(int fd)
{
	return syscall3(SYS_close, fd, 0, 0);
}

long sys_read(int fd, void *buf, size_t count)
{
	return syscall3(SYS_read, fd, ARG(buf), ARG(count));
}

long sys_write(int fd, const void *buf, size_t count)
{
	return syscall3(SYS_write, fd, ARG(buf), ARG(count));
}

long sys_lseek(int fd, long offset, int whence)
{
	return syscall3(SYS_lseek, fd, offset, whence);
}

long sys_fstat(int fd, struct stat *st)
{
	return syscall3(SYS_fstat, fd, ARG(st), 0);
}

long sys_newfstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return syscall6(SYS_newfstatat, dirfd, ARG(path), ARG(st), flags, 0, 0);
}

long sys_getdents64(int fd, void *buf, size_t size)
{
	return syscall3(SYS_getdents64, fd, ARG(buf), ARG(size));
}

long sys_unlink(const char *path)
{
	return syscall3(SYS_unlinkat, AT_FDCWD, ARG(path), 0);
}

long sys_select(int count, uint64_t *in, uint64_t *out, const struct timespec *timeout)
{
	return syscall6(SYS_pselect6, count, ARG(in), ARG(out), 0, ARG(timeout), 0);
}

long sys_pipe(int fds[2])
{
	return sys_pipe2(fds, 0);
}

long sys_pipe2(int fds[2], int flags)
{
	return syscall3(SYS_pipe2, ARG(fds), flags, 0);
}

long sys_dup(int fd)
{
	return syscall3(SYS_dup, fd, 0, 0);
}

long sys_dup3(int from, int to, int flags)
{
	return syscall3(SYS_dup3, from, to, flags);
}

long sys_fcntl(int fd, int command, long arg)
{
	return syscall3(SYS_fcntl, fd, command, arg);
}

long sys_ioctl(int fd, unsigned long request, void *arg)
{
	return syscall3(SYS_ioctl, fd, ARG(request), ARG(arg));
}

long sys_getcwd(char *buf, size_t size)
{
	return syscall3(SYS_getcwd, ARG(buf), ARG(size), 0);
}

long sys_chdir(const char *path)
{
	return syscall3(SYS_chdir, ARG(path), 0, 0);
}

/* A child with a copy of everything: clone without a new stack is fork. */
long sys_fork(void)
{
	return syscall6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

long sys_execve(const char *path, char *const argv[], char *const envp[])
{
	return syscall3(SYS_execve, ARG(path), ARG(argv), ARG(envp));
}

_Noreturn void sys_exit(int status)
{
	for (;;)
		syscall3(SYS_exit_group, status, 0, 0);
}

long sys_wait4(long pid, int *status, int options)
{
	return syscall6(SYS_wait4, pid, ARG(status), options, 0, 0, 0);
}

long sys_kill(long pid, int signo)
{
	return syscall3(SYS_kill, pid, signo, 0);
}

long sys_getpid(void)
{
	return syscall0(SYS_getpid);
}

long sys_setsid(void)
{
	return syscall0(SYS_setsid);
}

long sys_getppid(void)
{
	return syscall0(SYS_getppid);
}

long sys_sched_yield(void)
{
	return syscall0(SYS_sched_yield);
}

long sys_nanosleep(const struct timespec *req, struct timespec *rem)
{
	return syscall3(SYS_nanosleep, ARG(req), ARG(rem), 0);
}

long sys_clock_gettime(int clock, struct timespec *ts)
{
	return syscall3(SYS_clock_gettime, clock, ARG(ts), 0);
}

long sys_sigaction(int signo, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction copy;

	if (act != NULL) {
		copy = *act;
		copy.mask_qemu = copy.mask;
		act = &copy;
	}
	return syscall6(SYS_rt_sigaction, signo, ARG(act), ARG(old), sizeof(uint64_t), 0, 0);
}

long sys_sigprocmask(int how, const uint64_t *set, uint64_t *old)
{
	return syscall6(SYS_rt_sigprocmask, how, ARG(set), ARG(old), sizeof(uint64_t), 0, 0);
}

/* Linux's brk: sets the end of the heap if it can, returns where the end is now. */
long sys_brk(void *end)
{
	return syscall3(SYS_brk, ARG(end), 0, 0);
}

long sys_mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)
{
	return syscall6(SYS_mmap, ARG(addr), ARG(length), prot, flags, fd, offset);
}

long sys_munmap(void *addr, size_t length)
{
	return syscall3(SYS_munmap, ARG(addr), ARG(length), 0);
}

long sys_mprotect(void *addr, size_t length, int prot)
{
	return syscall3(SYS_mprotect, ARG(addr), ARG(length), prot);
}

long sys_uname(struct utsname *name)
{
	return syscall3(SYS_uname, ARG(name), 0, 0);
}

long sys_reboot(unsigned int command)
{
	return syscall3(SYS_reboot, ARG(REBOOT_MAGIC1), REBOOT_MAGIC2, ARG(command));
}

long sys_counters(struct strata_counters *out)
{
	return syscall3(SYS_strata_counters, ARG(out), 0, 0);
}

long sys_batch(struct strata_call *calls, uint64_t first, uint64_t count)
{
	return syscall3(SYS_strata_batch, ARG(calls), ARG(first), ARG(count));
}

long sys_account(int command, char *text, size_t size)
{
	return syscall3(SYS_strata_account, command, ARG(text), ARG(size));
}
