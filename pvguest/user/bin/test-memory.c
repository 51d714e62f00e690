/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-memory: mmap, munmap, mprotect, brk, faults and copy-on-write do what Linux's do.
 * Linux riscv64 system call ABI; POSIX.1-2017, mmap, munmap, mprotect.
 */
#include "lib/check.h"
#include "lib/malloc.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/vfs.h"

#define PAGE	4096L
#define RW	(PROT_READ | PROT_WRITE)
#define MIB	(1024 * 1024L)

/* --- accesses that may fault: instructions of 4 bytes, the handler steps over them --- */

static volatile int fault_signo, fault_code;
static volatile uintptr_t fault_addr, fault_pc;

static void fault_handler(int signo, struct siginfo *info, void *context)
{
	struct ucontext *uc = context;

	fault_signo = signo;
	fault_code = info->si_code;
	fault_addr = (uintptr_t)info->si_addr;
	fault_pc = uc->regs[0];
	if (fault_pc == fault_addr)
		uc->regs[0] = uc->regs[1];	/* a jump: back to the caller */
	else
		uc->regs[0] += 4;
}

static void faults_catch(void)
{
	struct sigaction act = { .handler = fault_handler, .flags = SA_SIGINFO };

	CHECK_EQ(sys_sigaction(SIGSEGV, &act, NULL), 0);
}

/* si_code of the fault that the access raised, 0 if it raised none. */
static int try_store(volatile void *addr)
{
	fault_signo = fault_code = 0;
	/* volatile: for its fault. */
	__asm__ volatile(".option push\n\t.option norvc\n\tsb %1, 0(%0)\n\t.option pop"
			 : : "r"(addr), "r"(0x5a) : "memory");
	return fault_code;
}

static int try_load(const volatile void *addr)
{
	int value;

	fault_signo = fault_code = 0;
	/* volatile: for its fault. */
	__asm__ volatile(".option push\n\t.option norvc\n\tlb %0, 0(%1)\n\t.option pop"
			 : "=&r"(value) : "r"(addr) : "memory");
	return fault_code;
}

static int try_jump(const volatile void *addr)
{
	fault_signo = fault_code = 0;
	/* volatile: for its fault; what is called is a ret or faults. */
	__asm__ volatile("fence.i\n\tjalr ra, 0(%0)" : : "r"(addr) : "ra", "memory");
	return fault_code;
}

static void expect(int code, int expected, const volatile void *addr)
{
	CHECK_EQ(code, expected);
	if (expected != 0) {
		CHECK_EQ(fault_signo, SIGSEGV);
		CHECK_EQ(fault_addr, (uintptr_t)addr);
	}
}

/* --- the cases --- */

static void anonymous_is_zero(void)
{
	char *area = check_map(64 * PAGE, RW);
	long i;

	for (i = 0; i < 64 * PAGE; i += 8)
		CHECK_EQ(*(long *)(void *)(area + i), 0);
	memset(area, 0xa5, 64 * PAGE);
	for (i = 0; i < 64 * PAGE; i += PAGE)
		CHECK_EQ((unsigned char)area[i + 7], 0xa5);
}

static void faults_tell_where(void)
{
	char *area = check_map(3 * PAGE, RW);

	faults_catch();
	CHECK_EQ(sys_munmap(area + PAGE, PAGE), 0);
	expect(try_store(area + PAGE + 123), SEGV_MAPERR, area + PAGE + 123);
	expect(try_load(area + PAGE + 4095), SEGV_MAPERR, area + PAGE + 4095);
	expect(try_jump(area + PAGE + 8), SEGV_MAPERR, area + PAGE + 8);
	expect(try_store(area), 0, NULL);
	expect(try_store(area + 2 * PAGE), 0, NULL);
	expect(try_store((char *)check_wild[0]), SEGV_MAPERR, (char *)check_wild[0]);
}

static void protection_is_kept(void)
{
	char *area = check_map(2 * PAGE, PROT_READ);

	faults_catch();
	expect(try_load(area + 5), 0, NULL);
	expect(try_store(area + 5), SEGV_ACCERR, area + 5);
	expect(try_store(area + PAGE + 5), SEGV_ACCERR, area + PAGE + 5);
	expect(try_jump(area + 8), SEGV_ACCERR, area + 8);
	CHECK_EQ(sys_mprotect(area, PAGE, PROT_NONE), 0);
	expect(try_load(area + 5), SEGV_ACCERR, area + 5);
	CHECK_EQ(sys_mprotect(area, 2 * PAGE, RW), 0);
	expect(try_store(area + 5), 0, NULL);
	expect(try_jump(area + 8), SEGV_ACCERR, area + 8);
	expect(try_store((char *)check_wild[5]), fault_code, (char *)check_wild[5]);
	CHECK(fault_code != 0);
}

static void program_is_protected(void)
{
	static int data = 0x00008067;
	static const int constant = 0x00008067;

	faults_catch();
	expect(try_store((char *)(uintptr_t)program_is_protected), SEGV_ACCERR,
	       (char *)(uintptr_t)program_is_protected);
	expect(try_store((char *)(uintptr_t)&constant), SEGV_ACCERR, &constant);
	expect(try_jump(&data), SEGV_ACCERR, &data);
	expect(try_jump(&constant), SEGV_ACCERR, &constant);
}

static void code_can_be_made(void)
{
	char *area = check_map(PAGE, RW);

	faults_catch();
	*(uint32_t *)(void *)(area + 8) = 0x00008067;	/* ret */
	expect(try_jump(area + 8), SEGV_ACCERR, area + 8);
	CHECK_EQ(sys_mprotect(area, PAGE, PROT_READ | PROT_EXEC), 0);
	expect(try_jump(area + 8), 0, NULL);
	expect(try_store(area + 8), SEGV_ACCERR, area + 8);
}

static void mprotect_splits(void)
{
	char *area = check_map(8 * PAGE, RW);
	int i;

	faults_catch();
	for (i = 0; i < 8; i++)
		area[i * PAGE] = (char)i;
	CHECK_EQ(sys_mprotect(area + 2 * PAGE, 3 * PAGE, PROT_READ), 0);
	CHECK_EQ(sys_mprotect(area + 3 * PAGE, PAGE, RW), 0);
	for (i = 0; i < 8; i++) {
		CHECK_EQ(area[i * PAGE], i);
		expect(try_store(area + i * PAGE + 1), i == 2 || i == 4 ? SEGV_ACCERR : 0,
		       area + i * PAGE + 1);
	}
	CHECK_EQ(sys_mprotect(area, 8 * PAGE, RW), 0);
	for (i = 0; i < 8; i++) {
		expect(try_store(area + i * PAGE + 1), 0, NULL);
		CHECK_EQ(area[i * PAGE], i);
	}
}

static void munmap_splits(void)
{
	char *area = check_map(8 * PAGE, RW);
	int i;

	faults_catch();
	for (i = 0; i < 8; i++)
		area[i * PAGE] = (char)i;
	CHECK_EQ(sys_munmap(area + 2 * PAGE, 2 * PAGE), 0);
	CHECK_EQ(sys_munmap(area + PAGE, 4 * PAGE), 0);	/* over the hole */
	CHECK_EQ(sys_munmap(area + 2 * PAGE, PAGE), 0);	/* nothing but hole */
	for (i = 0; i < 8; i++) {
		expect(try_load(area + i * PAGE), i >= 1 && i < 5 ? SEGV_MAPERR : 0,
		       area + i * PAGE);
		if (i < 1 || i >= 5)
			CHECK_EQ(area[i * PAGE], i);
	}
}

static void fixed_replaces(void)
{
	char *area = check_map(4 * PAGE, RW);
	int i;

	for (i = 0; i < 4; i++)
		area[i * PAGE] = (char)(i + 1);
	CHECK_EQ(sys_mmap(area + PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			  0), (long)(area + PAGE));
	CHECK_EQ(area[0], 1);
	CHECK_EQ(area[PAGE], 0);
	CHECK_EQ(area[2 * PAGE], 0);
	CHECK_EQ(area[3 * PAGE], 4);
}

static void mappings_do_not_overlap(void)
{
	char *areas[32];
	int i, j;

	for (i = 0; i < 32; i++) {
		areas[i] = check_map((size_t)((i % 5 + 1) * PAGE), RW);
		memset(areas[i], i + 1, (size_t)((i % 5 + 1) * PAGE));
		if (i % 3 == 2) {
			CHECK_EQ(sys_munmap(areas[i - 1], (size_t)(((i - 1) % 5 + 1) * PAGE)), 0);
			areas[i - 1] = NULL;
		}
	}
	for (i = 0; i < 32; i++) {
		for (j = 0; areas[i] != NULL && j < (i % 5 + 1) * PAGE; j += 64)
			CHECK_EQ(areas[i][j], i + 1);
	}
}

static void mapping_errors(void)
{
	char *area = check_map(4 * PAGE, RW);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	CHECK_EQ(sys_mmap(NULL, 0, RW, flags, -1, 0), -EINVAL);
	CHECK_EQ(sys_mmap(NULL, 1UL << 60, RW, flags, -1, 0), -ENOMEM);
	CHECK_EQ(sys_mmap(NULL, ~0UL, RW, flags, -1, 0), -ENOMEM);
	CHECK_EQ(sys_mmap(area + 1, PAGE, RW, flags | MAP_FIXED, -1, 0), -EINVAL);
	CHECK(sys_mmap((char *)check_wild[5], PAGE, RW, flags | MAP_FIXED, -1, 0) < 0);
	CHECK_EQ(sys_mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0), -EBADF);
	CHECK_EQ(sys_munmap(area + 1, PAGE), -EINVAL);
	CHECK_EQ(sys_munmap(area, 0), -EINVAL);
	CHECK_EQ(sys_munmap(area, ~0UL), -EINVAL);
	CHECK_EQ(sys_mprotect(area + 1, PAGE, RW), -EINVAL);
	if (check_on_pvguest())
		CHECK_EQ(sys_mprotect(area, 0, RW), 0);
	CHECK_EQ(sys_munmap(area + PAGE, PAGE), 0);
	CHECK_EQ(sys_mprotect(area, 4 * PAGE, RW), -ENOMEM);
	CHECK_EQ(sys_mprotect((char *)check_wild[4], PAGE, RW), -ENOMEM);
}

static void break_moves(void)
{
	char *start = (char *)sys_brk(NULL), *end = start + 5 * PAGE + 100;
	long i;

	faults_catch();
	CHECK_EQ(sys_brk(end), (long)end);
	for (i = 0; i < end - start; i++)
		CHECK_EQ(start[i], 0);
	memset(start, 7, (size_t)(end - start));
	CHECK_EQ(sys_brk(start + PAGE), (long)(start + PAGE));
	CHECK_EQ(start[PAGE - 1], 7);
	if (check_on_pvguest())
		expect(try_load(start + 3 * PAGE), SEGV_MAPERR, start + 3 * PAGE);
	CHECK_EQ(sys_brk(end), (long)end);
	CHECK_EQ(start[3 * PAGE], 0);
	CHECK_EQ(sys_brk((char *)0x1000), (long)end);
	CHECK_EQ(sys_brk((char *)check_wild[5]), (long)end);
}

static void reservation_is_free(void)
{
	char *area = check_map(32 * MIB, RW);

	area[0] = 1;
	area[16 * MIB] = 2;
	area[32 * MIB - 1] = 3;
	CHECK(area[0] == 1 && area[16 * MIB] == 2 && area[32 * MIB - 1] == 3);
	CHECK_EQ(area[8 * MIB], 0);
}

static void memory_comes_back(void)
{
	char *area;
	int i, j;

	for (i = 0; i < 150; i++) {	/* more in all than the machine has */
		area = check_map(MIB, RW);
		for (j = 0; j < 256; j++)
			area[j * PAGE] = 1;
		CHECK_EQ(sys_munmap(area, MIB), 0);
	}
}

static int body_dirty(void)
{
	char *area = check_map(MIB, RW);
	int j;

	for (j = 0; j < 256; j++)
		area[j * PAGE] = 1;
	return 0;
}

static void exit_frees_memory(void)
{
	int i;

	for (i = 0; i < 150; i++)
		CHECK_EQ(check_wait(check_fork(body_dirty)), 0);
}

static void stack_grows(void)
{
	volatile char big[512 * 1024];
	long i;

	for (i = (long)sizeof(big) - 1; i >= 0; i -= 1000)
		big[i] = (char)i;
	for (i = (long)sizeof(big) - 1; i >= 0; i -= 1000)
		CHECK_EQ(big[i], (char)i);
}

static void protection_is_private(void)
{
	volatile char *area = check_map(PAGE, RW);
	long pid;

	area[0] = 1;
	faults_catch();
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_mprotect((char *)(uintptr_t)area, PAGE, PROT_READ), 0);
		expect(try_store(area), SEGV_ACCERR, area);
		CHECK_EQ(area[0], 1);
		CHECK_EQ(sys_mprotect((char *)(uintptr_t)area, PAGE, RW), 0);
		expect(try_store(area), 0, NULL);
		CHECK_EQ(area[0], 0x5a);
		sys_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(area[0], 1);
	expect(try_store(area), 0, NULL);
}

static void read_only_copy(void)
{
	volatile char *area = check_map(PAGE, RW);
	long pid;

	area[0] = 1;
	CHECK_EQ(sys_mprotect((char *)(uintptr_t)area, PAGE, PROT_READ), 0);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_mprotect((char *)(uintptr_t)area, PAGE, RW), 0);
		area[0] = 2;
		sys_exit(area[0]);
	}
	CHECK_EQ(check_wait(pid), 2 << 8);
	CHECK_EQ(area[0], 1);
}

static void kernel_stores_copy(void)
{
	char *area = check_map(2 * PAGE, RW);
	int fds[2];
	long pid;

	CHECK_EQ(sys_pipe(fds), 0);
	memset(area, 'p', 2 * PAGE);
	CHECK_EQ(sys_write(fds[1], "cccccccc", 8), 8);
	pid = sys_fork();
	if (pid == 0) {
		CHECK_EQ(sys_read(fds[0], area + PAGE - 4, 8), 8);	/* into shared pages */
		CHECK(memcmp(area + PAGE - 5, "pccccccccp", 10) == 0);
		sys_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK(memcmp(area + PAGE - 5, "pppppppppp", 10) == 0);
}

static void kernel_obeys_protection(void)
{
	char *area = check_map(2 * PAGE, RW);
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], "abc", 3), 3);
	CHECK_EQ(sys_mprotect(area, PAGE, PROT_READ), 0);
	CHECK_EQ(sys_read(fds[0], area, 3), -EFAULT);
	CHECK_EQ(sys_read(fds[0], (char *)(uintptr_t)kernel_obeys_protection, 3), -EFAULT);
	CHECK_EQ(sys_mprotect(area, PAGE, PROT_NONE), 0);
	CHECK_EQ(sys_write(fds[1], area, 3), -EFAULT);
	/* The bytes are still there, and the kernel fills pages. */
	CHECK_EQ(sys_read(fds[0], area + PAGE, 3), 3);
	CHECK(memcmp(area + PAGE, "abc", 3) == 0);
}

static void malloc_works(void)
{
	static unsigned char *blocks[64];
	static size_t sizes[64];
	uint64_t random = 1;
	size_t i, j;
	int round;

	for (round = 0; round < 2000; round++) {
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		i = (random >> 33) % 64;
		if (blocks[i] != NULL) {
			for (j = 0; j < sizes[i]; j++)
				CHECK_EQ(blocks[i][j], (unsigned char)i);
			free(blocks[i]);
			blocks[i] = NULL;
		} else {
			sizes[i] = (random >> 40) % 3000;
			blocks[i] = malloc(sizes[i]);
			CHECK(blocks[i] != NULL && ((uintptr_t)blocks[i] & 15) == 0);
			memset(blocks[i], (int)i, sizes[i]);
		}
	}
	CHECK(malloc(~0UL) == NULL);
}

static void cut_pages_leave(void)
{
	long fd = sys_open("/tmp/cut", O_RDWR | O_CREAT | O_TRUNC);
	volatile char *map;
	char c = 0;

	CHECK(fd >= 0);
	CHECK_EQ(sys_write((int)fd, "hello", 5), 5);
	map = (volatile char *)sys_mmap(NULL, PAGE, RW, MAP_SHARED, (int)fd, 0);
	CHECK_EQ(map[1], 'e');
	map[0] = 'j';
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 0), 0);
	CHECK_EQ(syscall2(SYS_ftruncate, fd, 5), 0);
	CHECK_EQ(map[1], 0);
	map[0] = 'x';
	CHECK_EQ(syscall4(SYS_pread64, fd, (long)&c, 1, 0), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(sys_munmap((void *)map, PAGE), 0);
	CHECK_EQ(sys_close((int)fd), 0);
	CHECK_EQ(sys_unlink("/tmp/cut"), 0);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "anonymous memory is zero and can be written", anonymous_is_zero },
		{ "a fault outside mappings is SEGV_MAPERR at its address", faults_tell_where },
		{ "a fault against a protection is SEGV_ACCERR at its address",
		  protection_is_kept },
		{ "a program cannot write its text nor execute its data", program_is_protected },
		{ "code that a program writes runs once it is executable", code_can_be_made },
		{ "mprotect changes a part of a mapping and keeps contents", mprotect_splits },
		{ "munmap removes a part of a mapping, holes or not", munmap_splits },
		{ "MAP_FIXED replaces what was there", fixed_replaces },
		{ "mappings do not overlap", mappings_do_not_overlap },
		{ "mmap, munmap and mprotect refuse bad arguments", mapping_errors },
		{ "brk grows, shrinks, zeroes and refuses", break_moves },
		{ "memory that is not touched costs nothing", reservation_is_free },
		{ "munmap gives memory back", memory_comes_back },
		{ "exit gives memory back", exit_frees_memory },
		{ "the stack grows to half a megabyte", stack_grows },
		{ "mprotect in a child does not reach the parent", protection_is_private },
		{ "a read-only page made writable after fork is copied", read_only_copy },
		{ "a store by the kernel copies pages shared by fork", kernel_stores_copy },
		{ "the kernel obeys the protection of user pages", kernel_obeys_protection },
		{ "what is cut off a file is gone from its mappings", cut_pages_leave },
		{ "malloc and free keep blocks apart", malloc_works },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
