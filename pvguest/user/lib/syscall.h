/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of the programs in pvguest/user: numbers, structures and wrappers.
 * They follow Linux's riscv64 ABI: number in a7, arguments in a0-a5, result or -errno in a0.
 *
 * Everything below is asked of pvguest. The same binaries run on Linux.
 *
 *   files      getcwd dup dup3 fcntl(DUPFD GETFD SETFD GETFL DUPFD_CLOEXEC) ioctl(ENOTTY, or TCGETS
 *              on the console) mkdirat unlinkat(AT_REMOVEDIR too) pselect6 chdir
 *              openat(AT_FDCWD, O_CREAT O_TRUNC O_APPEND O_DIRECTORY O_CLOEXEC) close
 *              pipe2 getdents64 lseek read write readv writev newfstatat(AT_EMPTY_PATH too) fstat
 *              /dev/console, /dev/null and /dev/zero; fds 0, 1, 2 of init are the console, which
 *              echoes, ends lines at CR or LF, obeys backspace, takes ^D as the end of file; ^C
 *              is SIGINT for the session that took it by ioctl(TIOCSCTTY)
 *   processes  clone(SIGCHLD: fork) execve exit exit_group wait4(pid, -1, WNOHANG) getpid getppid
 *              gettid set_tid_address getuid geteuid getgid getegid sched_yield uname
 *              setpgid getpgid setsid
 *              clone(CLONE_VM FS FILES SIGHAND THREAD PARENT_SETTID CHILD_CLEARTID: threads) futex
 *              set_robust_list tkill sched_setaffinity sched_getaffinity getcpu
 *   memory     brk mmap(private anonymous or a shared file; MAP_FIXED replaces) munmap(part of a
 *              mapping, a hole) mprotect (all three split mappings)
 *   signals    kill tgkill rt_sigaction rt_sigprocmask rt_sigreturn (SA_SIGINFO SA_NODEFER
 *              SA_RESETHAND SA_RESTART; SIGSEGV with si_addr and si_code, SIGILL, SIGTRAP, SIGFPE,
 *              SIGPIPE, SIGCHLD, SIGKILL, SIGSTOP is not used); the kernel maps the page that calls
 *              rt_sigreturn, because riscv64 has no sa_restorer
 *   time       nanosleep clock_gettime(REALTIME MONOTONIC)
 *   machine    reboot(magic, POWER_OFF or RESTART), strata_counters (0x5354, see below),
 *              strata_account (0x5355, too), strata_batch (0x5356)
 *
 * The initial stack holds argc, argv, envp and an aux vector with at least AT_PAGESZ, AT_PHDR,
 * AT_PHENT, AT_PHNUM, AT_ENTRY, AT_RANDOM and AT_UID/EUID/GID/EGID; sp is a multiple of 16.
 * The words of /chosen/bootargs are the arguments of init (argv[1] on).
 */
#ifndef PVGUEST_USER_SYSCALL_H
#define PVGUEST_USER_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#define SYS_getcwd		17
#define SYS_dup			23
#define SYS_dup3		24
#define SYS_fcntl		25
#define SYS_ioctl		29
#define SYS_unlinkat		35
#define SYS_chdir		49
#define SYS_openat		56
#define SYS_close		57
#define SYS_pipe2		59
#define SYS_getdents64		61
#define SYS_lseek		62
#define SYS_read		63
#define SYS_write		64
#define SYS_readv		65
#define SYS_writev		66
#define SYS_pselect6		72
#define SYS_newfstatat		79
#define SYS_fstat		80
#define SYS_exit		93
#define SYS_exit_group		94
#define SYS_set_tid_address	96
#define SYS_futex		98
#define SYS_set_robust_list	99
#define SYS_nanosleep		101
#define SYS_clock_gettime	113
#define SYS_sched_setaffinity	122
#define SYS_sched_getaffinity	123
#define SYS_sched_yield		124
#define SYS_kill		129
#define SYS_tkill		130
#define SYS_tgkill		131
#define SYS_sigaltstack		132
#define SYS_rt_sigaction	134
#define SYS_rt_sigprocmask	135
#define SYS_rt_sigreturn	139
#define SYS_reboot		142
#define SYS_setpgid		154
#define SYS_getpgid		155
#define SYS_setsid		157
#define SYS_uname		160
#define SYS_getcpu		168
#define SYS_getpid		172
#define SYS_getppid		173
#define SYS_getuid		174
#define SYS_geteuid		175
#define SYS_getgid		176
#define SYS_getegid		177
#define SYS_gettid		178
#define SYS_sysinfo		179
#define SYS_brk			214
#define SYS_munmap		215
#define SYS_clone		220
#define SYS_execve		221
#define SYS_mmap		222
#define SYS_mprotect		226
#define SYS_wait4		260
/* Not Linux's: pvguest's own, the number is "ST". Elsewhere it answers ENOSYS. */
#define SYS_strata_counters	0x5354
#define SYS_strata_account	0x5355
#define SYS_strata_batch	0x5356

#define EPERM		1
#define ENOENT		2
#define ESRCH		3
#define EINTR		4
#define EIO		5
#define E2BIG		7
#define ENOEXEC		8
#define EBADF		9
#define ECHILD		10
#define EAGAIN		11
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EEXIST		17
#define ENOTDIR		20
#define EISDIR		21
#define EINVAL		22
#define EMFILE		24
#define ENOTTY		25
#define ENOSPC		28
#define ESPIPE		29
#define EROFS		30
#define EPIPE		32
#define ERANGE		34
#define EDEADLK		35
#define ENAMETOOLONG	36
#define ENOSYS		38
#define ETIMEDOUT	110
#define ECANCELED	125

#define CLONE_VM		0x00000100UL
#define CLONE_FS		0x00000200UL
#define CLONE_FILES		0x00000400UL
#define CLONE_SIGHAND		0x00000800UL
#define CLONE_VFORK		0x00004000UL
#define CLONE_PARENT		0x00008000UL
#define CLONE_THREAD		0x00010000UL
#define CLONE_SYSVSEM		0x00040000UL
#define CLONE_SETTLS		0x00080000UL
#define CLONE_PARENT_SETTID	0x00100000UL
#define CLONE_CHILD_CLEARTID	0x00200000UL
#define CLONE_CHILD_SETTID	0x01000000UL

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_PRIVATE		128

#define AT_FDCWD	(-100)
#define AT_EMPTY_PATH	0x1000
#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_CREAT		0100
#define O_TRUNC		01000
#define O_APPEND	02000
#define O_NONBLOCK	04000
#define O_DIRECTORY	0200000
#define O_CLOEXEC	02000000
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_DUPFD_CLOEXEC	1030
#define FD_CLOEXEC	1
#define TCGETS		0x5401
#define TIOCSCTTY	0x540e
#define S_IFMT		0170000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFREG		0100000
#define S_IFIFO		0010000
#define S_ISDIR(mode)	(((mode) & S_IFMT) == S_IFDIR)
#define S_ISREG(mode)	(((mode) & S_IFMT) == S_IFREG)
#define DT_DIR		4
#define DT_REG		8

#define PROT_NONE	0
#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4
#define MAP_SHARED	0x01
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_ANONYMOUS	0x20

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIG_DFL		((void (*)(int, struct siginfo *, void *))0)
#define SIG_IGN		((void (*)(int, struct siginfo *, void *))1)
#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2
#define SA_SIGINFO	0x00000004UL
#define SA_ONSTACK	0x08000000UL
#define SA_RESTART	0x10000000UL
#define SA_NODEFER	0x40000000UL
#define SA_RESETHAND	0x80000000UL
#define SEGV_MAPERR	1
#define SEGV_ACCERR	2
#define SI_USER		0

#define WNOHANG			1
#define WIFEXITED(status)	(((status) & 0x7f) == 0)
#define WEXITSTATUS(status)	(((status) >> 8) & 0xff)
#define WIFSIGNALED(status)	(((status) & 0x7f) != 0 && ((status) & 0x7f) != 0x7f)
#define WTERMSIG(status)	((status) & 0x7f)

#define CLOCK_REALTIME	0
#define CLOCK_MONOTONIC	1

#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_ENTRY	9
#define AT_RANDOM	25
#define AT_STRATA_TIME	0x5354	/* struct strata_time; pvguest only */

#define REBOOT_MAGIC1		0xfee1dead
#define REBOOT_MAGIC2		672274793
#define REBOOT_CMD_RESTART	0x01234567
#define REBOOT_CMD_POWER_OFF	0x4321fedc

struct timespec {
	int64_t tv_sec;
	int64_t tv_nsec;
};

struct stat {
	uint64_t st_dev;
	uint64_t st_ino;
	uint32_t st_mode;
	uint32_t st_nlink;
	uint32_t st_uid;
	uint32_t st_gid;
	uint64_t st_rdev;
	uint64_t st_pad1;
	int64_t st_size;
	int32_t st_blksize;
	int32_t st_pad2;
	int64_t st_blocks;
	int64_t st_atime, st_atime_nsec;
	int64_t st_mtime, st_mtime_nsec;
	int64_t st_ctime, st_ctime_nsec;
	int32_t st_unused[2];
};

struct dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};

struct iovec {
	void *iov_base;
	size_t iov_len;
};

struct utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

struct siginfo {
	int32_t si_signo;
	int32_t si_errno;
	int32_t si_code;
	int32_t si_pad;
	union {
		void *si_addr;		/* faults */
		struct {
			int32_t si_pid;	/* kill, SIGCHLD */
			uint32_t si_uid;
			int32_t si_status;
		};
		uint8_t si_fill[112];
	};
};

/* What a handler's third argument points to; regs[0] is the pc, regs[i] is xi. */
struct ucontext {
	uint64_t uc_flags;
	struct ucontext *uc_link;
	void *ss_sp;
	uint64_t ss_flags;
	size_t ss_size;
	uint64_t uc_sigmask;
	uint8_t uc_unused[120];
	uint64_t regs[32] __attribute__((aligned(16)));
	uint64_t fregs[32];
	uint32_t fcsr;
	uint32_t uc_pad[67];
};

_Static_assert(sizeof(struct stat) == 128, "struct stat is Linux's");
_Static_assert(sizeof(struct siginfo) == 128, "siginfo_t is Linux's");
_Static_assert(offsetof(struct ucontext, regs) == 176, "ucontext_t is Linux's");

/*
 * The kernel's struct sigaction is the first three members: riscv64 has no restorer. QEMU's user
 * emulation (7.2) believes that there is one, before the mask; sys_sigaction sets both places.
 */
struct sigaction {
	void (*handler)(int signo, struct siginfo *info, void *context);
	uint64_t flags;
	uint64_t mask;
	uint64_t mask_qemu;
};

/*
 * Hypervisor traps taken by this VM, and entries to M-mode of the machine, both since boot;
 * mtraps is UINT64_MAX if nobody counts it.
 */
struct strata_counters {
	uint64_t traps;
	uint64_t mtraps;
};

/*
 * strata_account: where the instructions of windows go. A window begins, to be added up or to be
 * subtracted, and ends; the sums are the members "parts" and "exits" of a JSON object.
 */
#define STRATA_ACCOUNT_RESET	0
#define STRATA_ACCOUNT_ADD	1
#define STRATA_ACCOUNT_SUBTRACT	2
#define STRATA_ACCOUNT_END	3
#define STRATA_ACCOUNT_READ	4

/* What pvguest shares with every program: ticks of the counter time in a second since boot. */
struct strata_time {
	uint64_t timebase_hz;
};

/*
 * strata_batch: a call of several, and its result. Bit i of uses: args[i] is the index of an
 * earlier call, whose result is the argument; if that failed, this one is -ECANCELED.
 */
struct strata_call {
	uint64_t number;
	uint64_t args[6];
	uint64_t uses;
	int64_t result;
};

/* The number of a system call for assembly in C. */
#define SYSCALL_STRING(number)	SYSCALL_STRING_(number)
#define SYSCALL_STRING_(number)	#number

static inline long syscall6(long number, long arg0, long arg1, long arg2, long arg3, long arg4,
			    long arg5)
{
	register long a0 __asm__("a0") = arg0;
	register long a1 __asm__("a1") = arg1;
	register long a2 __asm__("a2") = arg2;
	register long a3 __asm__("a3") = arg3;
	register long a4 __asm__("a4") = arg4;
	register long a5 __asm__("a5") = arg5;
	register long a7 __asm__("a7") = number;

	/* volatile and memory: the kernel reads and writes what the arguments point to. */
	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
			 : "memory");
	return a0;
}

static inline long syscall3(long number, long arg0, long arg1, long arg2)
{
	register long a0 __asm__("a0") = arg0;
	register long a1 __asm__("a1") = arg1;
	register long a2 __asm__("a2") = arg2;
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

static inline long syscall0(long number)
{
	register long a0 __asm__("a0");
	register long a7 __asm__("a7") = number;

	__asm__ volatile("ecall" : "=r"(a0) : "r"(a7) : "memory");
	return a0;
}

/* Thin wrappers: the result is the kernel's, so a failure is a negative errno. */
long sys_openat(int dirfd, const char *path, int flags, unsigned int mode);
long sys_open(const char *path, int flags);
long sys_close(int fd);
long sys_read(int fd, void *buf, size_t count);
long sys_write(int fd, const void *buf, size_t count);
long sys_lseek(int fd, long offset, int whence);
long sys_fstat(int fd, struct stat *st);
long sys_newfstatat(int dirfd, const char *path, struct stat *st, int flags);
long sys_getdents64(int fd, void *buf, size_t size);
long sys_unlink(const char *path);
long sys_select(int count, uint64_t *in, uint64_t *out, const struct timespec *timeout);
long sys_pipe(int fds[2]);
long sys_pipe2(int fds[2], int flags);
long sys_dup(int fd);
long sys_dup3(int from, int to, int flags);
long sys_fcntl(int fd, int command, long arg);
long sys_ioctl(int fd, unsigned long request, void *arg);
long sys_getcwd(char *buf, size_t size);
long sys_chdir(const char *path);
long sys_fork(void);
long sys_execve(const char *path, char *const argv[], char *const envp[]);
_Noreturn void sys_exit(int status);
long sys_wait4(long pid, int *status, int options);
long sys_kill(long pid, int signo);
long sys_getpid(void);
long sys_setsid(void);
long sys_getppid(void);
long sys_sched_yield(void);
long sys_nanosleep(const struct timespec *req, struct timespec *rem);
long sys_clock_gettime(int clock, struct timespec *ts);
long sys_sigaction(int signo, const struct sigaction *act, struct sigaction *old);
long sys_sigprocmask(int how, const uint64_t *set, uint64_t *old);
long sys_brk(void *end);
long sys_mmap(void *addr, size_t length, int prot, int flags, int fd, long offset);
long sys_munmap(void *addr, size_t length);
long sys_mprotect(void *addr, size_t length, int prot);
long sys_uname(struct utsname *name);
long sys_reboot(unsigned int command);
long sys_counters(struct strata_counters *out);
/* Performs calls first ... first + count - 1 of an array: how many were done, at least one. */
long sys_batch(struct strata_call *calls, uint64_t first, uint64_t count);
/* STRATA_ACCOUNT_*: 0, for READ the length of what is in text now; -ENOSYS: nobody keeps one. */
long sys_account(int command, char *text, size_t size);

#endif
