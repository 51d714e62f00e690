/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: the user-level operations of the cost table. bench [-n N] [-w WINDOWS] [-x PROGRAM] [OPS]
 * Operations after lmbench: lat_syscall, lat_pipe, lat_proc, lat_ctx, lat_pagefault, lat_sig and
 * lat_mmap.
 *
 * For each operation bench starts itself once more, with arguments of always the same length, so
 * that stack and memory are the same whatever else is measured. That process warms up and then
 * measures windows of N operations; a window is N operations minus a base loop of the same shape,
 * and the window with the median number of instructions (of ticks, where instret is denied) is
 * reported. A window begins just after a sleep, so that it has a fresh time slice and, being
 * short, no timer tick.
 *
 *   null_call  getppid                                       base: the empty loop
 *   pipe          one byte to another process and one back      base: the empty loop
 *   fork     fork, _exit in the child, wait4               base: the empty loop
 *   exec     fork, execve of /bin/true, wait4              base: the empty loop
 *   ctx_2p_0k    one switch to the other process: half a pipe round trip
 *                                        base: a byte written to and read from a pipe of one's own
 *   page_fault    the first store to an anonymous page          base: the same stores once more
 *   prot_fault    a store to a read-only page, its SIGSEGV delivered to a handler that goes
 *                 on behind it, sigreturn                       base: the empty loop
 *   mmap          mmap of 64 KiB of anonymous memory, a store to its first page, munmap
 *                                                               base: the empty loop
 */
#include <stdbool.h>

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/sample.h"
#include "lib/string.h"
#include "lib/syscall.h"

#define PAGE_BYTES	4096UL
#define TABLE_BYTES	(512 * PAGE_BYTES)	/* what one last-level page table maps */
#define MMAP_BYTES	0x10000UL
#define WINDOWS_MAX	99
#define COUNT_MAX	1000000
#define WARM_WINDOWS	2

struct op {
	const char *name;
	unsigned int count;		/* operations a window */
	unsigned int count_max;		/* 0: no limit of its own */
	int (*setup)(void);
	void (*prepare)(void);		/* before each window, not measured */
	void (*run)(unsigned int count);
	void (*base)(unsigned int count);
	void (*finish)(void);
};

static const char *exec_path = "/bin/true";
static int failures;			/* operations that did not do what they should */

/* --- the operations --- */

static void loop_empty(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		__asm__ volatile("" : : : "memory");	/* volatile: the loop stays */
}

static void null_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		syscall0(SYS_getppid);
}

static int to_peer[2], from_peer[2], own_pipe[2];
static long peer_pid;

/* Another process that sends back every byte. */
static int peer_setup(void)
{
	char byte;

	if (sys_pipe(to_peer) < 0 || sys_pipe(from_peer) < 0 || sys_pipe(own_pipe) < 0)
		return -1;
	peer_pid = sys_fork();
	if (peer_pid == 0) {
		sys_close(to_peer[1]);
		sys_close(from_peer[0]);
		while (sys_read(to_peer[0], &byte, 1) == 1)
			sys_write(from_peer[1], &byte, 1);
		sys_exit(0);
	}
	sys_close(to_peer[0]);
	sys_close(from_peer[1]);
	return peer_pid < 0 ? -1 : 0;
}

static void peer_finish(void)
{
	sys_close(to_peer[1]);
	sys_close(from_peer[0]);
	sys_close(own_pipe[0]);
	sys_close(own_pipe[1]);
	sys_wait4(peer_pid, NULL, 0);
}

static void pipe_run(unsigned int count)
{
	unsigned int i;
	char byte = 'p';

	for (i = 0; i < count; i++) {
		if (sys_write(to_peer[1], &byte, 1) != 1 || sys_read(from_peer[0], &byte, 1) != 1)
			failures++;
	}
}

/* A round trip is two switches, two writes and two reads. */
static void switch_run(unsigned int count)
{
	pipe_run(count / 2);
}

static void switch_base(unsigned int count)
{
	unsigned int i;
	char byte = 'p';

	for (i = 0; i < count / 2 * 2; i++) {
		if (sys_write(own_pipe[1], &byte, 1) != 1 || sys_read(own_pipe[0], &byte, 1) != 1)
			failures++;
	}
}

static void wait_for(long pid)
{
	int status = -1;

	if (pid < 0 || sys_wait4(pid, &status, 0) != pid || status != 0)
		failures++;
}

static void exit_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		long pid = sys_fork();

		if (pid == 0)
			sys_exit(0);
		wait_for(pid);
	}
}

static void exec_run(unsigned int count)
{
	char *const argv[] = { (char *)(uintptr_t)exec_path, NULL };
	unsigned int i;

	for (i = 0; i < count; i++) {
		long pid = sys_fork();

		if (pid == 0) {
			sys_execve(exec_path, argv, argv + 1);
			sys_exit(127);
		}
		wait_for(pid);
	}
}

static volatile char *fault_pages;

/*
 * Room for count_max pages within one last-level page table, which a neighbour page keeps alive:
 * no window allocates a table.
 */
static int fault_setup(void)
{
	long area = sys_mmap(NULL, 2 * TABLE_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area < 0)
		return -1;
	fault_pages = (char *)(((uintptr_t)area + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1));
	fault_pages[0] = 1;
	fault_pages += PAGE_BYTES;
	return 0;
}

static void fault_prepare(void)
{
	char *start = (char *)(uintptr_t)fault_pages;

	if (sys_munmap(start, TABLE_BYTES - PAGE_BYTES) < 0 ||
	    sys_mmap(start, TABLE_BYTES - PAGE_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (long)start)
		failures++;
}

static void fault_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		fault_pages[i * PAGE_BYTES] = 1;
}

static volatile char *protected_page;

static int prot_setup(void)
{
	struct sigaction skip = { .handler = sample_skip_handler, .flags = SA_SIGINFO };
	long page = sys_mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page < 0)
		return -1;
	protected_page = (char *)page;
	protected_page[0] = 1;
	if (sys_mprotect((char *)page, PAGE_BYTES, PROT_READ) < 0)
		return -1;
	return (int)sys_sigaction(SIGSEGV, &skip, NULL);
}

static void prot_run(unsigned int count)
{
	unsigned int i;

	sample_skips = 0;
	for (i = 0; i < count; i++) {
		/* volatile: for its fault. norvc: sample_skip_handler steps over 4 bytes. */
		__asm__ volatile(".option push\n\t.option norvc\n\tsb zero, 0(%0)\n\t.option pop"
				 : : "r"(protected_page) : "memory");
	}
	if (sample_skips != count)
		failures++;
}

static void mmap_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		long area = sys_mmap(NULL, MMAP_BYTES, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (area < 0) {
			failures++;
			return;
		}
		*(volatile char *)area = 1;
		sys_munmap((char *)area, MMAP_BYTES);
	}
}

static const struct op ops[] = {
	{ "null_call", 1000, 0, NULL, NULL, null_run, loop_empty, NULL },
	{ "pipe", 100, 0, peer_setup, NULL, pipe_run, loop_empty, peer_finish },
	{ "fork", 8, 0, NULL, NULL, exit_run, loop_empty, NULL },
	{ "exec", 4, 0, NULL, NULL, exec_run, loop_empty, NULL },
	{ "ctx_2p_0k", 200, 0, peer_setup, NULL, switch_run, switch_base, peer_finish },
	{ "page_fault", 100, 511, fault_setup, fault_prepare, fault_run, fault_run, NULL },
	{ "prot_fault", 100, 0, prot_setup, NULL, prot_run, loop_empty, NULL },
	{ "mmap", 50, 0, NULL, NULL, mmap_run, loop_empty, NULL },
};

/* The suites, and what the kernel measures before init starts: bench only has to know them. */
static const char *const other_words[] = {
	"all", "lmbench", "machine", "csr_read", "csr_write", "irq_toggle", "sret", "sfence",
	"satp_switch", "timer_sbi", "timer_sstc", "null_sbi", "ipi_self", "mmio_read",
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --- windows --- */

static uint64_t sample_key(const struct sample *sample)
{
	return sample_has_insns ? sample->insns : sample->ticks;
}

/* One window: what `count` operations cost beyond the base loop. */
static void window_measure(const struct op *op, unsigned int count, struct sample *result)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	struct sample base;

	if (op->prepare != NULL)
		op->prepare();
	sys_nanosleep(&pause, NULL);
	sample_begin(result);
	op->run(count);
	sample_end(result);
	sample_begin_base(&base);
	op->base(count);
	sample_end(&base);
	sample_subtract(result, &base);
}

static void windows_insert(struct sample *windows, unsigned int used, const struct sample *new)
{
	for (; used > 0 && sample_key(&windows[used - 1]) > sample_key(new); used--)
		windows[used] = windows[used - 1];
	windows[used] = *new;
}

static void number_format(char *text, size_t size, bool known, uint64_t value)
{
	if (known)
		snprintf(text, size, "%lu", value);
	else
		snprintf(text, size, "null");
}

static void result_print(const struct op *op, unsigned int count, const struct sample *result)
{
	char insns[24], traps[24], mtraps[24];

	number_format(insns, sizeof(insns), sample_has_insns, result->insns);
	number_format(traps, sizeof(traps), sample_has_counters, result->counters.traps);
	number_format(mtraps, sizeof(mtraps), sample_has_mtraps, result->counters.mtraps);
	printf("BENCH {\"op\":\"%s\",\"n\":%u,\"insns\":%s,\"traps\":%s,\"mtraps\":%s,"
	       "\"ticks\":%lu}\n",
	       op->name, count, insns, traps, mtraps, result->ticks);
}

/* Runs in a process of its own; bench's exit status. */
static int op_measure(const struct op *op, unsigned int count, unsigned int wanted)
{
	static struct sample windows[WINDOWS_MAX];
	struct sample sample;
	unsigned int i;

	sample_probe();
	if (op->setup != NULL && op->setup() != 0) {
		printf("BENCH {\"op\":\"%s\",\"skip\":\"failed: set-up\"}\n", op->name);
		return 1;
	}
	for (i = 0; i < WARM_WINDOWS; i++)
		window_measure(op, count, &sample);
	failures = 0;
	sample_account = sample_has_account;
	for (i = 0; i < wanted; i++) {
		window_measure(op, count, &sample);
		windows_insert(windows, i, &sample);
	}
	if (op->finish != NULL)
		op->finish();
	if (failures != 0) {
		printf("BENCH {\"op\":\"%s\",\"skip\":\"failed: %d times\"}\n", op->name, failures);
		return 1;
	}
	result_print(op, count, &windows[wanted / 2]);
	sample_account_print(op->name, (unsigned long)count * wanted);
	return 0;
}

/* What main does when bench started itself: bench --measure OP N WINDOWS PROGRAM. */
static int measure_main(char **argv)
{
	unsigned long op, count, windows;

	if (program_number(argv[2], COUNT_OF(ops) - 1, &op) != 0 ||
	    program_number(argv[3], COUNT_MAX, &count) != 0 ||
	    program_number(argv[4], WINDOWS_MAX, &windows) != 0)
		return 2;
	exec_path = argv[5];
	return op_measure(&ops[op], (unsigned int)count, (unsigned int)windows);
}

static _Noreturn void measure_exec(char *self, const struct op *op, unsigned int count,
				   unsigned int windows)
{
	char number[4], counts[12], window[4];
	char *argv[] = { self, (char[]){ "--measure" }, number, counts, window,
			 (char *)(uintptr_t)exec_path, NULL };

	snprintf(number, sizeof(number), "%03d", (int)(op - ops));
	snprintf(counts, sizeof(counts), "%09u", count);
	snprintf(window, sizeof(window), "%03u", windows);
	sys_execve(self, argv, argv + 6);
	/* User emulation cannot start what it emulates; then without. */
	sys_exit(op_measure(op, count, windows));
}

static int op_run(char *self, const struct op *op, unsigned int count, unsigned int windows)
{
	int status = 1;
	long pid;

	if (count == 0)
		count = op->count;
	if (op->count_max != 0 && count > op->count_max)
		count = op->count_max;
	pid = sys_fork();
	if (pid == 0)
		measure_exec(self, op, count, windows);
	if (pid < 0)
		return program_fail("fork", pid);
	sys_wait4(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("BENCH {\"op\":\"%s\",\"skip\":\"failed: signal %d\"}\n", op->name,
		       WTERMSIG(status));
	return status != 0;
}

/* --- the command line --- */

static bool word_in(const char *word, const char *list)
{
	size_t len = strlen(word);

	while (list != NULL) {
		if (strncmp(list, word, len) == 0 && (list[len] == '\0' || list[len] == ','))
			return true;
		list = strchr(list, ',');
		if (list != NULL)
			list++;
	}
	return false;
}

static bool name_known(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT_OF(ops); i++) {
		if (strlen(ops[i].name) == len && strncmp(ops[i].name, name, len) == 0)
			return true;
	}
	for (i = 0; i < COUNT_OF(other_words); i++) {
		if (strlen(other_words[i]) == len && strncmp(other_words[i], name, len) == 0)
			return true;
	}
	return false;
}

static int list_check(const char *list)
{
	const char *comma;
	size_t len;

	for (;; list = comma + 1) {
		comma = strchr(list, ',');
		len = comma != NULL ? (size_t)(comma - list) : strlen(list);
		if (!name_known(list, len)) {
			dprintf(2, "bench: no operation is called '%.*s'\n", (int)len, list);
			return -1;
		}
		if (comma == NULL)
			return 0;
	}
}

static int usage(void)
{
	size_t i;

	dprintf(2, "usage: bench [-n N] [-w WINDOWS] [-x PROGRAM] [all | OP,OP...]\nops:");
	for (i = 0; i < COUNT_OF(ops); i++)
		dprintf(2, " %s", ops[i].name);
	dprintf(2, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long count = 0, windows = 9;
	const char *list = "all";
	int arg, status = 0;
	size_t i;

	if (argc == 6 && strcmp(argv[1], "--measure") == 0)
		return measure_main(argv);
	for (arg = 1; arg + 1 < argc && argv[arg][0] == '-'; arg += 2) {
		if (strcmp(argv[arg], "-x") == 0)
			exec_path = argv[arg + 1];
		else if (strcmp(argv[arg], "-n") == 0 &&
			 program_number(argv[arg + 1], COUNT_MAX, &count) == 0 && count > 0)
			continue;
		else if (strcmp(argv[arg], "-w") == 0 &&
			 program_number(argv[arg + 1], WINDOWS_MAX, &windows) == 0 && windows > 0)
			continue;
		else
			return usage();
	}
	if (arg < argc && argv[arg][0] == '-')
		return usage();
	if (arg < argc)
		list = argv[arg++];
	if (arg < argc || list_check(list) != 0)
		return usage();
	for (i = 0; i < COUNT_OF(ops); i++) {
		if (word_in("all", list) || word_in("lmbench", list) || word_in(ops[i].name, list))
			status |= op_run(argv[0], &ops[i], (unsigned int)count,
					 (unsigned int)windows);
	}
	puts("BENCH-END");
	return status;
}
