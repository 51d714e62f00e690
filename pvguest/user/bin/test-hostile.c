/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-hostile: wild pointers and random arguments to every system call: an error, nothing else.
 * Linux riscv64 system call ABI.
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"

/* Calls with a pointer at the marked argument, the others being right. */
#define WILD	(-0x57494c44L)

static char path[] = "/bin", buffer[512];
static int ends[2];

static const struct {
	const char *name;
	long number, args[4];
	bool not_emulated;	/* QEMU's user emulation does not look at the pointer */
} calls[] = {
	{ "getcwd", SYS_getcwd, { WILD, 512 }, false },
	{ "chdir", SYS_chdir, { WILD }, false },
	{ "openat", SYS_openat, { AT_FDCWD, WILD, O_RDONLY }, false },
	{ "unlinkat", SYS_unlinkat, { AT_FDCWD, WILD, 0 }, false },
	{ "pipe2", SYS_pipe2, { WILD, 0 }, false },
	{ "newfstatat path", SYS_newfstatat, { AT_FDCWD, WILD, (long)buffer, 0 }, false },
	{ "newfstatat buffer", SYS_newfstatat, { AT_FDCWD, (long)path, WILD, 0 }, false },
	{ "fstat", SYS_fstat, { 0, WILD }, false },
	{ "clock_gettime", SYS_clock_gettime, { CLOCK_MONOTONIC, WILD }, false },
	{ "nanosleep", SYS_nanosleep, { WILD, 0 }, true },
	{ "rt_sigaction new", SYS_rt_sigaction, { SIGUSR1, WILD, 0, 8 }, false },
	{ "rt_sigaction old", SYS_rt_sigaction, { SIGUSR1, 0, WILD, 8 }, false },
	{ "rt_sigprocmask new", SYS_rt_sigprocmask, { SIG_BLOCK, WILD, 0, 8 }, false },
	{ "rt_sigprocmask old", SYS_rt_sigprocmask, { SIG_BLOCK, 0, WILD, 8 }, false },
	{ "execve", SYS_execve, { WILD, 0, 0 }, false },
	{ "uname", SYS_uname, { WILD }, false },
	{ "strata_counters", SYS_strata_counters, { WILD }, true },
};

static void wild_pointers(void)
{
	size_t i, j, k;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].not_emulated && !check_on_pvguest())
			continue;
		for (j = 0; j < CHECK_WILD; j++) {
			long args[4], result;
			char why[128];

			for (k = 0; k < 4; k++)
				args[k] = calls[i].args[k] == WILD ? (long)check_wild[j] :
					  calls[i].args[k];
			result = syscall6(calls[i].number, args[0], args[1], args[2], args[3],
					  0, 0);
			if (result == -EFAULT || result == -ENOSYS)
				continue;
			snprintf(why, sizeof(why), "%s with 0x%lx returned %ld", calls[i].name,
				 check_wild[j], result);
			check_fail(__FILE__, __LINE__, why);
		}
	}
}

/* A buffer that is mapped in its first half only. */
static void half_mapped_buffers(void)
{
	char *area = check_map(2 * 4096, PROT_READ | PROT_WRITE);
	char *edge = area + 4096;
	long got;

	memset(area, 'x', 4096);
	CHECK_EQ(sys_munmap(edge, 4096), 0);
	CHECK_EQ(sys_pipe(ends), 0);
	got = sys_write(ends[1], edge - 10, 100);
	CHECK(got == 10 || got == -EFAULT);
	CHECK_EQ(sys_write(ends[1], buffer, 100), 100);
	got = sys_read(ends[0], edge - 10, 100);
	CHECK(got == 10 || got == -EFAULT);
	memset(edge - 10, 'x', 10);
	CHECK_EQ(sys_open(edge - 3, O_RDONLY), -EFAULT);	/* no end before the edge */
	memcpy(edge - 5, "/bin", 5);
	CHECK(sys_open(edge - 5, O_RDONLY) >= 0);		/* its end just before */
	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, (struct timespec *)(void *)(edge - 8)),
		 -EFAULT);
}

/* Lengths near the end of the address space must not wrap. */
static void huge_lengths(void)
{
	long got;

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK(sys_write(ends[1], (void *)check_wild[6], 4096) == -EFAULT);
	CHECK_EQ(sys_write(ends[1], "12345678", 8), 8);
	got = sys_read(ends[0], buffer, 1UL << 40);
	CHECK(got == 8 || got == -EFAULT);
	CHECK(sys_getdents64((int)sys_open("/bin", O_RDONLY), (void *)check_wild[5], 4096) < 0);
	if (!check_on_pvguest())	/* QEMU's user emulation ends with an assertion */
		return;
	CHECK(sys_munmap((void *)0x1000, ~0xfffUL) < 0);
	CHECK(sys_mprotect((void *)0x1000, ~0xfffUL, PROT_NONE) < 0);
}

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return random_state >> 17;
}

static long random_argument(void)
{
	switch (random_next() % 6) {
	case 0:
		return (long)check_wild[random_next() % CHECK_WILD];
	case 1:
		return (long)(random_next() % 20);
	case 2:
		return -(long)(random_next() % 200);
	case 3:
		return (long)buffer + (long)(random_next() % 512);
	case 4:
		return (long)(random_next() << 20);
	default:
		return (long)(1UL << (random_next() % 64));
	}
}

/* Numbers that cannot hurt the machine or the other processes, whatever their arguments. */
static const int random_calls[] = {
	SYS_getcwd, SYS_dup, SYS_dup3, SYS_fcntl, SYS_chdir, SYS_close, SYS_getdents64, SYS_lseek,
	SYS_readv, SYS_writev, SYS_write, SYS_newfstatat, SYS_fstat, SYS_set_tid_address,
	SYS_clock_gettime, SYS_sched_yield, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_getpid,
	SYS_execve, SYS_uname, SYS_setpgid, SYS_strata_counters, SYS_strata_account,
	SYS_brk, SYS_munmap, SYS_mmap, SYS_mprotect,
};

static _Noreturn void random_child(unsigned int seed)
{
	size_t numbers = sizeof(random_calls) / sizeof(random_calls[0]);
	int null = (int)sys_open("/dev/null", O_RDWR), i;

	/* Output goes nowhere; nothing that would block is open. */
	for (i = 0; i < 20; i++)
		sys_dup3(null, i, 0);
	random_state = seed * 7919 + 1;
	for (i = 0; i < 300; i++) {
		long number = random_calls[random_next() % numbers];

		syscall6(number, random_argument(), random_argument(), random_argument(),
			 random_argument(), random_argument(), random_argument());
	}
	sys_exit(0);
}

/* Each child may well kill itself (it unmaps its own text); this process must not notice. */
static void random_arguments(void)
{
	unsigned int seed;

	if (!check_on_pvguest())
		check_skip("QEMU's user emulation has assertions that do not hold");
	for (seed = 0; seed < 40; seed++) {
		long pid = sys_fork();

		if (pid == 0)
			random_child(seed);
		CHECK(pid > 0);
		check_wait(pid);
	}
	CHECK_EQ(buffer[0], 0);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "a wild pointer to any system call fails with EFAULT", wild_pointers },
		{ "a buffer that ends at an unmapped page is used up to there or not at all",
		  half_mapped_buffers },
		{ "lengths that wrap are refused", huge_lengths },
		{ "random arguments hurt nobody else", random_arguments },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
