/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches between processes. After lmbench's lat_ctx and lat_pipe.
 *
 *   ctx_Np_Sk  one switch in a ring of N processes that pass a token through pipes; each adds up
 *              S KiB of its own when it gets it. base: one process does all that with a pipe of
 *              its own, so that the pipes' and the sum's cost drop out
 *   pipe       one byte to another process and one back: nothing subtracted but the loop
 */
#include "bench/bench.h"

#define RING_MAX      64
#define SUM_BYTES_MAX 0x10000

static int ring[RING_MAX][2], own_pipe[2];
static long members[RING_MAX];
static unsigned int ring_size;
static size_t sum_bytes;
/* Every process writes to its own once, so that it has pages of its own. */
static volatile uint32_t sum_data[SUM_BYTES_MAX / 4] __attribute__((aligned(SUM_BYTES_MAX)));

static uint32_t sum_up(void)
{
	const volatile uint32_t *word = sum_data, *end = sum_data + sum_bytes / 4;
	uint32_t sum = 0;

	for (; word < end; word += 8)
		sum += word[0] + word[1] + word[2] + word[3] + word[4] + word[5] + word[6] +
		       word[7];
	return sum;
}

static void sum_fill(void)
{
	size_t i;

	for (i = 0; i < sum_bytes / 4; i++)
		sum_data[i] = (uint32_t)i;
}

static void token_pass(int to, int from)
{
	uint32_t token = 1;

	if (sys_write(to, &token, sizeof(token)) != sizeof(token) ||
	    sys_read(from, &token, sizeof(token)) != sizeof(token))
		bench_failed();
	sum_up();
}

/* The member at `place` reads from the pipe before it and writes to its own. */
static _Noreturn void member_main(unsigned int place)
{
	uint32_t token;
	unsigned int i;

	for (i = 0; i < ring_size; i++) {
		if (i != place - 1)
			sys_close(ring[i][0]);
		if (i != place)
			sys_close(ring[i][1]);
	}
	sum_fill();
	while (sys_read(ring[place - 1][0], &token, sizeof(token)) == sizeof(token)) {
		sum_up();
		sys_write(ring[place][1], &token, sizeof(token));
	}
	sys_exit(0);
}

static int ring_setup(const struct op *op)
{
	unsigned int i;

	ring_size = op->processes;
	sum_bytes = op->bytes;
	sum_fill();
	if (sys_pipe(own_pipe) < 0)
		return -1;
	for (i = 0; i < ring_size; i++) {
		if (sys_pipe(ring[i]) < 0)
			return -1;
	}
	for (i = 1; i < ring_size; i++) {
		members[i] = sys_fork();
		if (members[i] == 0)
			member_main(i);
		if (members[i] < 0)
			return -1;
	}
	/* Only the first pipe's writing end and the last one's reading end stay open here. */
	for (i = 0; i < ring_size; i++) {
		if (i != 0)
			sys_close(ring[i][1]);
		if (i != ring_size - 1)
			sys_close(ring[i][0]);
	}
	return 0;
}

/* The first member sees the end of its pipe, goes, and so ends the next one's. */
static void ring_finish(void)
{
	unsigned int i;

	sys_close(ring[0][1]);
	for (i = 1; i < ring_size; i++)
		child_wait(members[i]);
	sys_close(ring[ring_size - 1][0]);
}

static __attribute__((noinline)) void pipe_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		token_pass(ring[0][1], ring[ring_size - 1][0]);
}

/* A round is as many switches as there are processes. */
static void ring_run(unsigned int count)
{
	pipe_run(count / ring_size);
}

static void ring_base(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count / ring_size * ring_size; i++)
		token_pass(own_pipe[1], own_pipe[0]);
}

#define RING(processes_, kib, count_)                                                             \
	{                                                                                         \
		.name = "ctx_" #processes_ "p_" #kib "k", .count = (count_), .setup = ring_setup, \
		.run = ring_run, .base = ring_base, .finish = ring_finish,                        \
		.processes = (processes_), .bytes = (kib)*1024                                    \
	}

static const struct op ops[] = {
	RING(2, 0, 100),
	RING(2, 16, 64),
	RING(2, 64, 32),
	RING(8, 16, 64),
	RING(8, 64, 32),
	RING(16, 16, 64),
	RING(16, 64, 32),
	{ .name = "pipe",
	  .count = 100,
	  .setup = ring_setup,
	  .run = pipe_run,
	  .base = loop_empty,
	  .finish = ring_finish,
	  .processes = 2 },
};

const struct op_suite context_suite = { "lmbench", ops, COUNT_OF(ops) };
