/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls: each takes its arguments as registers and returns a result or -errno.
 * Linux, include/uapi/asm-generic/unistd.h.
 */
#ifndef SYS_SYSCALL_H
#define SYS_SYSCALL_H

#include "lib/types.h"

/* What the trap entry jumps through: up to six arguments in a0-a5. */
typedef long (*syscall_t)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

/*
 * x(number, name, parameters) for each; table and prototypes are made from it. Parameters are
 * whole registers: a function with an int would trust the program to have extended its sign.
 */
#define SYSCALL_TABLE(x)                                                                           \
	x(17, getcwd, (uint64_t buf, size_t size))                                                 \
	x(23, dup, (long fd))                                                                      \
	x(24, dup3, (long from, long to, long flags))                                              \
	x(25, fcntl, (long fd, long command, uint64_t arg))                                        \
	x(29, ioctl, (long fd, uint64_t request, uint64_t arg))                                    \
	x(32, flock, (long fd, long operation))                                                    \
	x(33, mknodat, (long dirfd, uint64_t path, uint64_t mode, uint64_t device))                \
	x(34, mkdirat, (long dirfd, uint64_t path, uint64_t mode))                                 \
	x(35, unlinkat, (long dirfd, uint64_t path, long flags))                                   \
	x(36, symlinkat, (uint64_t target, long dirfd, uint64_t path))                             \
	x(37, linkat, (long from, uint64_t old, long to, uint64_t path, long flags))               \
	x(39, umount2, (uint64_t target, long flags))                                              \
	x(40, mount, (uint64_t source, uint64_t target, uint64_t type, uint64_t flags,             \
			uint64_t data))                                                            \
	x(41, pivot_root, (uint64_t new_root, uint64_t put_old))                                   \
	x(43, statfs, (uint64_t path, uint64_t buf))                                               \
	x(44, fstatfs, (long fd, uint64_t buf))                                                    \
	x(45, truncate, (uint64_t path, uint64_t size))                                            \
	x(46, ftruncate, (long fd, uint64_t size))                                                 \
	x(47, fallocate, (long fd, long mode, long offset, long length))                           \
	x(48, faccessat, (long dirfd, uint64_t path, long mode))                                   \
	x(49, chdir, (uint64_t path))                                                              \
	x(50, fchdir, (long fd))                                                                   \
	x(51, chroot, (uint64_t path))                                                             \
	x(52, fchmod, (long fd, uint64_t mode))                                                    \
	x(53, fchmodat, (long dirfd, uint64_t path, uint64_t mode))                                \
	x(54, fchownat, (long dirfd, uint64_t path, uint64_t uid, uint64_t gid, long flags))       \
	x(55, fchown, (long fd, uint64_t uid, uint64_t gid))                                       \
	x(56, openat, (long dirfd, uint64_t path, uint64_t flags, uint64_t mode))                  \
	x(57, close, (long fd))                                                                    \
	x(58, vhangup, (void))                                                                     \
	x(59, pipe2, (uint64_t fds, uint64_t flags))                                               \
	x(61, getdents64, (long fd, uint64_t buf, size_t size))                                    \
	x(62, lseek, (long fd, long offset, long whence))                                          \
	x(63, read, (long fd, uint64_t buf, size_t length))                                        \
	x(64, write, (long fd, uint64_t buf, size_t length))                                       \
	x(65, readv, (long fd, uint64_t vectors, long count))                                      \
	x(66, writev, (long fd, uint64_t vectors, long count))                                     \
	x(67, pread64, (long fd, uint64_t buf, size_t length, long offset))                        \
	x(68, pwrite64, (long fd, uint64_t buf, size_t length, long offset))                       \
	x(69, preadv, (long fd, uint64_t vectors, long count, long offset))                        \
	x(70, pwritev, (long fd, uint64_t vectors, long count, long offset))                       \
	x(71, sendfile, (long to, long from, uint64_t user_offset, size_t count))                  \
	x(72, pselect6, (long count, uint64_t in, uint64_t out, uint64_t ex, uint64_t timeout,     \
			 uint64_t mask))                                                           \
	x(73, ppoll, (uint64_t fds, uint64_t count, uint64_t timeout, uint64_t mask))              \
	x(78, readlinkat, (long dirfd, uint64_t path, uint64_t buf, size_t size))                  \
	x(79, newfstatat, (long dirfd, uint64_t path, uint64_t buf, long flags))                   \
	x(80, fstat, (long fd, uint64_t buf))                                                      \
	x(81, sync, (void))                                                                        \
	x(82, fsync, (long fd))                                                                    \
	x(83, fdatasync, (long fd))                                                                \
	x(88, utimensat, (long dirfd, uint64_t path, uint64_t times, long flags))                  \
	x(93, exit, (long status))                                                                 \
	x(94, exit_group, (long status))                                                           \
	x(96, set_tid_address, (uint64_t addr))                                                    \
	x(98, futex, (uint64_t addr, uint64_t op, uint64_t value, uint64_t timeout, uint64_t to,   \
		      uint64_t value3))                                                            \
	x(99, set_robust_list, (uint64_t head, size_t size))                                       \
	x(101, nanosleep, (uint64_t request, uint64_t remaining))                                  \
	x(102, getitimer, (long which, uint64_t value))                                            \
	x(103, setitimer, (long which, uint64_t value, uint64_t old))                              \
	x(112, clock_settime, (long clock, uint64_t time))                                         \
	x(113, clock_gettime, (long clock, uint64_t buf))                                          \
	x(114, clock_getres, (long clock, uint64_t buf))                                           \
	x(115, clock_nanosleep, (long clock, long flags, uint64_t request, uint64_t remaining))    \
	x(116, syslog, (long action, uint64_t buf, long length))                                   \
	x(119, sched_setscheduler, (long pid, long policy, uint64_t param))                        \
	x(120, sched_getscheduler, (long pid))                                                     \
	x(121, sched_getparam, (long pid, uint64_t param))                                         \
	x(122, sched_setaffinity, (long pid, size_t size, uint64_t mask))                          \
	x(123, sched_getaffinity, (long pid, size_t size, uint64_t mask))                          \
	x(124, sched_yield, (void))                                                                \
	x(125, sched_get_priority_max, (long policy))                                              \
	x(126, sched_get_priority_min, (long policy))                                              \
	x(128, restart_syscall, (void))                                                            \
	x(129, kill, (long pid, long signo))                                                       \
	x(130, tkill, (long pid, long signo))                                                      \
	x(131, tgkill, (long group, long pid, long signo))                                         \
	x(132, sigaltstack, (uint64_t stack, uint64_t old))                                        \
	x(133, rt_sigsuspend, (uint64_t set, size_t size))                                         \
	x(134, rt_sigaction, (long signo, uint64_t action, uint64_t old, size_t size))             \
	x(135, rt_sigprocmask, (long how, uint64_t set, uint64_t old, size_t size))                \
	x(136, rt_sigpending, (uint64_t set, size_t size))                                         \
	x(137, rt_sigtimedwait, (uint64_t set, uint64_t info, uint64_t timeout, size_t size))      \
	x(138, rt_sigqueueinfo, (long pid, long signo, uint64_t info))                             \
	x(139, rt_sigreturn, (void))                                                               \
	x(140, setpriority, (long which, long who, long nice))                                     \
	x(141, getpriority, (long which, long who))                                                \
	x(142, reboot, (uint64_t magic1, uint64_t magic2, uint64_t command))                       \
	x(143, setregid, (uint64_t real, uint64_t effective))                                      \
	x(144, setgid, (uint64_t id))                                                              \
	x(145, setreuid, (uint64_t real, uint64_t effective))                                      \
	x(146, setuid, (uint64_t id))                                                              \
	x(147, setresuid, (uint64_t real, uint64_t effective, uint64_t saved))                     \
	x(148, getresuid, (uint64_t real, uint64_t effective, uint64_t saved))                     \
	x(149, setresgid, (uint64_t real, uint64_t effective, uint64_t saved))                     \
	x(150, getresgid, (uint64_t real, uint64_t effective, uint64_t saved))                     \
	x(151, setfsuid, (uint64_t id))                                                            \
	x(152, setfsgid, (uint64_t id))                                                            \
	x(153, times, (uint64_t buf))                                                              \
	x(154, setpgid, (long pid, long group))                                                    \
	x(155, getpgid, (long pid))                                                                \
	x(156, getsid, (long pid))                                                                 \
	x(157, setsid, (void))                                                                     \
	x(158, getgroups, (long size, uint64_t list))                                              \
	x(159, setgroups, (long size, uint64_t list))                                              \
	x(160, uname, (uint64_t buf))                                                              \
	x(161, sethostname, (uint64_t name, size_t length))                                        \
	x(162, setdomainname, (uint64_t name, size_t length))                                      \
	x(163, getrlimit, (long resource, uint64_t buf))                                           \
	x(164, setrlimit, (long resource, uint64_t buf))                                           \
	x(165, getrusage, (long who, uint64_t buf))                                                \
	x(166, umask, (uint64_t mask))                                                             \
	x(167, prctl, (long option, uint64_t arg))                                                 \
	x(168, getcpu, (uint64_t cpu, uint64_t node))                                              \
	x(169, gettimeofday, (uint64_t buf, uint64_t zone))                                        \
	x(170, settimeofday, (uint64_t time, uint64_t zone))                                       \
	x(172, getpid, (void))                                                                     \
	x(173, getppid, (void))                                                                    \
	x(174, getuid, (void))                                                                     \
	x(175, geteuid, (void))                                                                    \
	x(176, getgid, (void))                                                                     \
	x(177, getegid, (void))                                                                    \
	x(178, gettid, (void))                                                                     \
	x(179, sysinfo, (uint64_t buf))                                                            \
	x(214, brk, (uint64_t end))                                                                \
	x(215, munmap, (uint64_t addr, size_t length))                                             \
	x(216, mremap, (uint64_t addr, size_t old, size_t length, long flags))                     \
	x(220, clone, (uint64_t flags, uint64_t stack, uint64_t parent, uint64_t tls,              \
		       uint64_t child))                                                            \
	x(221, execve, (uint64_t path, uint64_t argv, uint64_t envp))                              \
	x(222, mmap, (uint64_t addr, size_t length, uint64_t prot, long flags, long fd,            \
		      uint64_t offset))                                                            \
	x(226, mprotect, (uint64_t addr, size_t length, uint64_t prot))                            \
	x(227, msync, (uint64_t addr, size_t length, long flags))                                  \
	x(233, madvise, (uint64_t addr, size_t length, long advice))                               \
	x(240, rt_tgsigqueueinfo, (long group, long tid, long signo, uint64_t info))               \
	x(259, riscv_flush_icache, (uint64_t start, uint64_t end, uint64_t flags))                 \
	x(260, wait4, (long pid, uint64_t status, long options, uint64_t rusage))                  \
	x(261, prlimit64, (long pid, long resource, uint64_t limit, uint64_t old))                 \
	x(267, syncfs, (long fd))                                                                  \
	x(276, renameat2, (long from, uint64_t old, long to, uint64_t path, uint64_t flags))       \
	x(278, getrandom, (uint64_t buf, size_t length, uint64_t flags))                           \
	x(285, copy_file_range, (long from, uint64_t in_offset, long to, uint64_t out_offset,      \
					size_t length, uint64_t flags))                            \
	x(286, preadv2, (long fd, uint64_t vectors, long count, long offset, uint64_t high,        \
				uint64_t flags))                                                   \
	x(287, pwritev2, (long fd, uint64_t vectors, long count, long offset, uint64_t high,       \
				 uint64_t flags))                                                  \
	x(291, statx, (long dirfd, uint64_t path, long flags, uint64_t mask, uint64_t buf))        \
	x(436, close_range, (uint64_t first, uint64_t last, uint64_t flags))                       \
	x(439, faccessat2, (long dirfd, uint64_t path, long mode, long flags))

#define SYSCALL_PROTOTYPE(number, name, parameters)	long sys_##name parameters;
SYSCALL_TABLE(SYSCALL_PROTOTYPE)

extern const syscall_t syscall_table[];

/* Numbers outside the table: pvguest's own, and -ENOSYS. Called from the trap entry. */
long syscall_private(uint64_t arg0, uint64_t arg1, uint64_t arg2);

#endif
