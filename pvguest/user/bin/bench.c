/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: the user-level operations of the cost table. bench [-n N] [-w WINDOWS] [-x PROGRAM] [OPS]
 * docs/hacking.md, "The measuring method".
 *
 * For each operation bench starts itself once more, with arguments of always the same length, so
 * that stack and memory are the same whatever else is measured. That process warms up and then
 * measures windows of N operations; a window is N operations minus a base loop of the same shape,
 * and the window with the median number of instructions (of ticks, where instret is denied) is
 * reported. A window begins just after a sleep, so that it has a fresh time slice and, being
 * short, no timer tick.
 */
#include "bench/bench.h"

#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"

#define WINDOWS_USUAL 5

const char *bench_exec_path = "/bin/true";

/* In the order of the tables. */
static const struct op_suite *const suites[] = {
	&call_suite, &signal_suite, &process_suite, &context_suite,
	&file_suite, &memory_suite, &program_suite,
};

/* What the kernel measures before init starts: bench only has to know them. */
static const char *const other_words[] = {
	"all",	       "machine",   "csr_read",	  "csr_write", "irq_toggle", "sret",	  "sfence",
	"satp_switch", "timer_sbi", "timer_sstc", "null_sbi",  "ipi_self",   "mmio_read",
};

/* --- one process for each operation --- */

/* What main does when bench started itself: bench --measure SUITE OP N WINDOWS PROGRAM. */
static int measure_main(char **argv)
{
	unsigned long suite, op, count, windows;

	if (program_number(argv[2], COUNT_OF(suites) - 1, &suite) != 0 ||
	    program_number(argv[3], suites[suite]->count - 1, &op) != 0 ||
	    program_number(argv[4], COUNT_MAX, &count) != 0 ||
	    program_number(argv[5], WINDOWS_MAX, &windows) != 0)
		return 2;
	bench_exec_path = argv[6];
	return window_measure_op(&suites[suite]->ops[op], (unsigned int)count,
				 (unsigned int)windows);
}

/* Arguments that are as long for every operation: stack and memory are the same then. */
static _Noreturn void measure_exec(char *self, size_t suite, size_t op, unsigned int count,
				   unsigned int windows)
{
	char numbers[2][4], counts[12], window[4];
	char *argv[] = { self,
			 (char[]){ "--measure" },
			 numbers[0],
			 numbers[1],
			 counts,
			 window,
			 (char *)(uintptr_t)bench_exec_path,
			 NULL };

	snprintf(numbers[0], sizeof(numbers[0]), "%03d", (int)suite);
	snprintf(numbers[1], sizeof(numbers[1]), "%03d", (int)op);
	snprintf(counts, sizeof(counts), "%09u", count);
	snprintf(window, sizeof(window), "%03u", windows);
	sys_execve(self, argv, argv + 7);
	/* User emulation cannot start what it emulates; then without. */
	sys_exit(window_measure_op(&suites[suite]->ops[op], count, windows));
}

/* count and windows: 0 for what is usual. */
static int op_run(char *self, size_t suite, size_t number, unsigned int count, unsigned int windows)
{
	const struct op *op = &suites[suite]->ops[number];
	int status = 1;
	long pid;

	if (count == 0)
		count = op->count;
	if (op->count_max != 0 && count > op->count_max)
		count = op->count_max;
	if (op->processes != 0 && count < op->processes)
		count = op->processes;
	if (windows == 0)
		windows = op->windows != 0 ? op->windows : WINDOWS_USUAL;
	pid = sys_fork();
	if (pid == 0)
		measure_exec(self, suite, number, count, windows);
	if (pid < 0)
		return program_fail("fork", pid);
	sys_wait4(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("BENCH {\"op\":\"%s\",\"skip\":\"failed: signal %d\"}\n", op->name,
		       WTERMSIG(status));
	return status != 0;
}

/* --- the command line --- */

static bool word_is(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && strncmp(name, word, len) == 0;
}

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
	size_t i, op;

	for (i = 0; i < COUNT_OF(other_words); i++) {
		if (word_is(other_words[i], name, len))
			return true;
	}
	for (i = 0; i < COUNT_OF(suites); i++) {
		if (word_is(suites[i]->name, name, len))
			return true;
		for (op = 0; op < suites[i]->count; op++) {
			if (word_is(suites[i]->ops[op].name, name, len))
				return true;
		}
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

static int list_run(char *self, const char *list, unsigned int count, unsigned int windows)
{
	size_t suite, op;
	int status = 0;

	for (suite = 0; suite < COUNT_OF(suites); suite++) {
		for (op = 0; op < suites[suite]->count; op++) {
			if (word_in("all", list) || word_in(suites[suite]->name, list) ||
			    word_in(suites[suite]->ops[op].name, list))
				status |= op_run(self, suite, op, count, windows);
		}
	}
	return status;
}

static int usage(void)
{
	size_t suite, op;

	dprintf(2, "usage: bench [-n N] [-w WINDOWS] [-x PROGRAM] [all | SUITE | OP,...]\nops:");
	for (suite = 0; suite < COUNT_OF(suites); suite++) {
		for (op = 0; op < suites[suite]->count; op++)
			dprintf(2, " %s", suites[suite]->ops[op].name);
	}
	dprintf(2, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long count = 0, windows = 0;
	const char *list = "all";
	int arg, status;

	if (argc == 7 && strcmp(argv[1], "--measure") == 0)
		return measure_main(argv);
	for (arg = 1; arg + 1 < argc && argv[arg][0] == '-'; arg += 2) {
		if (strcmp(argv[arg], "-x") == 0)
			bench_exec_path = argv[arg + 1];
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
	status = list_run(argv[0], list, (unsigned int)count, (unsigned int)windows);
	puts("BENCH-END");
	return status;
}
