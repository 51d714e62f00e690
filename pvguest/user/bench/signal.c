/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals. After lmbench's lat_sig.
 *
 *   sig_install  sigaction
 *   sig_handle   a signal sent to oneself and caught, less the sending: base is kill with signal 0
 *   prot_fault   a store to a read-only page of a file, less catching the signal that it causes.
 *                lmbench gets this as fault - (send and catch - send); so does run - base here.
 *                The handler steps over the store; lmbench's goes back to it until it has enough
 */
#include "bench/bench.h"

#include "lib/sample.h"
#include "lib/vfs.h"

static int self;
static volatile char *protected_page;

static void handler(int signo, struct siginfo *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
}

static void install_run(unsigned int count)
{
	struct sigaction action = { .handler = handler }, old;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (sys_sigaction(SIGUSR1, &action, &old) != 0)
			bench_failed();
	}
}

static int handle_setup(const struct op *op)
{
	struct sigaction action = { .handler = handler };

	(void)op;
	self = (int)sys_getpid();
	return (int)sys_sigaction(SIGUSR1, &action, NULL);
}

static void catch_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		sys_kill(self, SIGUSR1);
}

static __attribute__((noinline)) void send_run(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		sys_kill(self, 0);
}

static int prot_setup(const struct op *op)
{
	struct sigaction action = { .handler = sample_skip_handler, .flags = SA_SIGINFO };
	long fd = sys_open(bench_exec_path, O_RDONLY), page;

	if (fd < 0 || handle_setup(op) != 0)
		return -1;
	page = sys_mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, (int)fd, 0);
	if (page < 0)
		return -1;
	protected_page = (char *)page;
	return (int)sys_sigaction(SIGSEGV, &action, NULL);
}

static void prot_run(unsigned int count)
{
	unsigned int i;

	sample_skips = 0;
	for (i = 0; i < count; i++) {
		/* volatile: for its fault. norvc: sample_skip_handler steps over 4 bytes. */
		__asm__ volatile(".option push\n\t.option norvc\n\tsb zero, 0(%0)\n\t.option pop"
				 :
				 : "r"(protected_page)
				 : "memory");
	}
	if (sample_skips != count)
		bench_failed();
	send_run(count);
}

static const struct op ops[] = {
	{ .name = "sig_install", .count = 200, .run = install_run, .base = loop_empty },
	{ .name = "sig_handle",
	  .count = 100,
	  .setup = handle_setup,
	  .run = catch_run,
	  .base = send_run },
	{ .name = "prot_fault",
	  .count = 100,
	  .setup = prot_setup,
	  .run = prot_run,
	  .base = catch_run },
};

const struct op_suite signal_suite = { "lmbench", ops, COUNT_OF(ops) };
