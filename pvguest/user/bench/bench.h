/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: what its operations have in common.
 * docs/hacking.md, "The measuring method"; each file says which program of lmbench 3 it follows.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/syscall.h"

#define PAGE_BYTES	4096UL
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * An operation. A window is what run(count) costs beyond base(count); count operations are done.
 * Of several functions only run and base must be there.
 */
struct op {
	const char *name;
	unsigned int count;	/* operations a window */
	unsigned int count_max; /* 0: no limit of its own */
	unsigned int windows;	/* 0: as many as usual */
	int (*setup)(const struct op *op);
	void (*prepare)(unsigned int count); /* before each window, not measured */
	void (*run)(unsigned int count);
	void (*base)(unsigned int count);
	void (*finish)(void);
	unsigned int processes; /* in a ring */
	size_t bytes;		/* that each process or file has */
	const char *program;	/* that runs */
};

/* One file of operations. */
struct op_suite {
	const char *name; /* chooses all of them */
	const struct op *ops;
	size_t count;
};

extern const struct op_suite call_suite, signal_suite, process_suite, context_suite, file_suite,
	memory_suite, program_suite;

/* The program that exec and sh start. */
extern const char *bench_exec_path;

/* An operation did not do what it should: its row will say so. */
void bench_failed(void);

/* The base of most: the loop without anything in it. */
void loop_empty(unsigned int count);

/* Waits for a child, which must succeed; pid may be what a failed fork returned. */
void child_wait(long pid);

/*
 * Measures one operation in this process and prints its BENCH line; bench's exit status.
 * windows must be odd for there to be one in the middle.
 */
int window_measure_op(const struct op *op, unsigned int count, unsigned int windows);

/* Limits of the command line. */
#define WINDOWS_MAX 99
#define COUNT_MAX   1000000

#endif
