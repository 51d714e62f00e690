/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pulse: timers, wake-ups by other processors and signals on all processors, beside whatever keeps
 * them busy; none may get lost.
 * pulse [-s SECONDS]
 */
#include <stdbool.h>

#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define CPUS_MAX	64	/* bits of the mask that sched_setaffinity is given here */
#define NAP_MS		10
/*
 * Nothing here is measured against a clock, which runs on while this machine does not. The time is
 * naps of whichever processor naps most: who makes no step in so many of them has lost what it
 * waits for.
 */
#define PATIENCE	500
/*
 * By turns: all at once; and on the other processors nothing but the wake-ups, so that no timer of
 * theirs makes up for one that was lost.
 */
#define LOUD_NAPS	300
#define QUIET_NAPS	700
/* Nothing at all for so long is no busy machine any more. */
#define STANDSTILL_MS	20000L

struct cpu {
	unsigned int number;
	struct thread sleeper, runner, target, sender;
	volatile uint32_t turn;		/* of the runner: it may go if this is not 0 */
	volatile uint32_t ready;	/* the target is on its processor */
	volatile uint32_t seen;		/* signals that it has had */
	uint64_t naps, hops, sent;
	long nap_late_ms, hop_late_ms;
};

/* Something that has to go on: how far it was, and how many naps there had been then. */
struct watch {
	uint64_t count, naps;
};

static struct cpu cpus[CPUS_MAX];
static struct watch nap_watch[CPUS_MAX], sent_watch[CPUS_MAX], hop_watch;
static unsigned int count;
static volatile bool over;
static volatile uint32_t quiet;
static uint64_t hop;
static long hop_ms;			/* when the turn was passed on */
static const char *volatile wrong;

static void pin(const struct cpu *cpu)
{
	uint64_t mask = 1UL << cpu->number;

	if (syscall3(SYS_sched_setaffinity, 0, sizeof(mask), (long)&mask) != 0)
		wrong = "a thread cannot go to its processor";
}

/* While there shall be no timers on the other processors. */
static void quiet_wait(const struct cpu *cpu)
{
	while (quiet != 0 && cpu->number != 0 && !over)
		futex_wait(&quiet, 1, -1);
}

/* Its own timer wakes it again and again. */
static long sleeper(void *argument)
{
	struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };
	struct cpu *cpu = argument;

	pin(cpu);
	while (!over) {
		long before, late;

		quiet_wait(cpu);
		before = check_now_ms();
		sys_nanosleep(&nap, NULL);
		late = check_now_ms() - before - NAP_MS;
		/* Both ends are rounded down to milliseconds. */
		if (late < -1)
			wrong = "a timer came too early";
		if (late > cpu->nap_late_ms)
			cpu->nap_late_ms = late;
		__atomic_fetch_add(&cpu->naps, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

/*
 * Woken by the processor before it, it wakes the next one: each time an IPI, if that one idles. A
 * pause after each lap, for the others' sake.
 */
static long runner(void *argument)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	struct cpu *cpu = argument, *next = &cpus[(cpu->number + 1) % count];
	long late;

	pin(cpu);
	for (;;) {
		while (!over && __atomic_load_n(&cpu->turn, __ATOMIC_ACQUIRE) == 0)
			futex_wait(&cpu->turn, 0, -1);
		if (over)
			return 0;
		cpu->turn = 0;
		late = check_now_ms() - hop_ms;
		if (late > cpu->hop_late_ms)
			cpu->hop_late_ms = late;
		if (cpu->number == 0)
			sys_nanosleep(&pause, NULL);
		hop++;
		cpu->hops++;
		hop_ms = check_now_ms();
		__atomic_store_n(&next->turn, 1, __ATOMIC_RELEASE);
		futex_wake(&next->turn, 1);
	}
}

static void on_signal(int signo, struct siginfo *info, void *context)
{
	uint32_t number = 0;

	(void)signo;
	(void)info;
	(void)context;
	syscall3(SYS_getcpu, (long)&number, 0, 0);
	if (number >= count)
		return;
	__atomic_fetch_add(&cpus[number].seen, 1, __ATOMIC_RELEASE);
	futex_wake(&cpus[number].seen, 1);
}

/* Nothing but signals ends its sleep. */
static long target(void *argument)
{
	struct timespec long_time = { .tv_sec = 1000000 };
	struct cpu *cpu = argument;

	pin(cpu);
	cpu->ready = 1;
	futex_wake(&cpu->ready, 1);
	while (!over)
		sys_nanosleep(&long_time, NULL);
	return 0;
}

/* From the next processor: a signal, and only after it has arrived another one. */
static long sender(void *argument)
{
	struct cpu *cpu = argument, *here = &cpus[(cpu->number + 1) % count];
	struct timespec pause = { .tv_nsec = 1000000 };
	long pid = sys_getpid();
	uint32_t seen;

	pin(here);
	while (!over) {
		while (quiet != 0 && !over)
			futex_wait(&quiet, 1, -1);
		if (syscall3(SYS_tgkill, pid, (long)cpu->target.tid, SIGUSR1) != 0)
			wrong = "a signal cannot be sent";
		__atomic_fetch_add(&cpu->sent, 1, __ATOMIC_RELAXED);
		while (!over && (seen = __atomic_load_n(&cpu->seen, __ATOMIC_ACQUIRE)) != cpu->sent)
			futex_wait(&cpu->seen, seen, -1);
		sys_nanosleep(&pause, NULL);
	}
	return 0;
}

static int threads_start(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < count; i++) {
		cpus[i].number = i;
		if (err == 0)
			err = thread_start(&cpus[i].sleeper, sleeper, &cpus[i]);
		if (err == 0)
			err = thread_start(&cpus[i].runner, runner, &cpus[i]);
		if (err == 0)
			err = thread_start(&cpus[i].target, target, &cpus[i]);
	}
	for (i = 0; i < count && err == 0; i++) {
		/* A signal before its target is on its processor would be counted elsewhere. */
		while (cpus[i].ready == 0)
			futex_wait(&cpus[i].ready, 0, -1);
		err = thread_start(&cpus[i].sender, sender, &cpus[i]);
	}
	hop_ms = check_now_ms();
	cpus[0].turn = 1;
	futex_wake(&cpus[0].turn, 1);
	return err;
}

static void watch_step(struct watch *watch, uint64_t now, uint64_t naps, const char *what)
{
	if (now != watch->count)
		*watch = (struct watch){ .count = now, .naps = naps };
	else if (naps - watch->naps > PATIENCE)
		wrong = what;
}

/* Those that rest meanwhile are not late. */
static void watch_rest(struct watch *watch, uint64_t naps)
{
	watch->naps = naps;
}

static void watch_cpus(uint64_t naps)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct cpu *cpu = &cpus[i];

		if (quiet != 0) {
			watch_rest(&nap_watch[i], naps);
			watch_rest(&sent_watch[i], naps);
			continue;
		}
		watch_step(&nap_watch[i], __atomic_load_n(&cpu->naps, __ATOMIC_RELAXED), naps,
			   "a processor's timer does not come");
		watch_step(&sent_watch[i], __atomic_load_n(&cpu->sent, __ATOMIC_RELAXED), naps,
			   "a signal does not arrive");
	}
	watch_step(&hop_watch, __atomic_load_n(&hop, __ATOMIC_RELAXED), naps,
		   "a wake-up does not arrive");
}

/* The time so far, by steps of the fastest; before: each one's naps at the step before. */
static uint64_t time_step(uint64_t *before, uint64_t time)
{
	uint64_t most = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		uint64_t naps = __atomic_load_n(&cpus[i].naps, __ATOMIC_RELAXED);

		if (naps - before[i] > most)
			most = naps - before[i];
		before[i] = naps;
	}
	return time + most;
}

static void quiet_set(bool value)
{
	quiet = value;
	futex_wake(&quiet, 2 * count);
}

/* Until so many seconds have passed, or something is wrong. */
static void watch_all(unsigned long seconds)
{
	long end = check_now_ms() + (long)seconds * 1000;
	uint64_t naps = 0, change = LOUD_NAPS, before[CPUS_MAX] = { 0 };
	long now = check_now_ms(), last;

	while (now < end && wrong == NULL) {
		last = now;
		check_sleep_ms(100);
		now = check_now_ms();
		if (now - last > STANDSTILL_MS)
			wrong = "everything stood still";
		naps = time_step(before, naps);
		if (naps >= change) {
			change = naps + (quiet != 0 ? LOUD_NAPS : QUIET_NAPS);
			quiet_set(quiet == 0);
		}
		watch_cpus(naps);
	}
	quiet_set(false);
}

/* All of them out of their sleep, whatever they wait for. */
static void threads_end(void)
{
	unsigned int i;

	over = true;
	quiet_set(false);
	for (i = 0; i < count; i++) {
		thread_join(&cpus[i].sleeper);
		cpus[i].turn = 1;
		futex_wake(&cpus[i].turn, 1);
		thread_join(&cpus[i].runner);
	}
	for (i = 0; i < count; i++) {
		/* The sender has stopped counting; the target may be about to sleep once more. */
		while (__atomic_load_n(&cpus[i].sender.tid, __ATOMIC_ACQUIRE) != 0) {
			futex_wake(&cpus[i].seen, 1);
			check_sleep_ms(1);
		}
		thread_join(&cpus[i].sender);
		while (__atomic_load_n(&cpus[i].target.tid, __ATOMIC_ACQUIRE) != 0) {
			syscall3(SYS_tgkill, sys_getpid(), (long)cpus[i].target.tid, SIGUSR1);
			check_sleep_ms(1);
		}
		thread_join(&cpus[i].target);
	}
}

static void report(void)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		printf("pulse: processor %u: %lu timers, the latest by %ld ms; %lu wake-ups, the "
		       "latest by %ld ms; %lu signals\n", i, cpus[i].naps, cpus[i].nap_late_ms,
		       cpus[i].hops, cpus[i].hop_late_ms, cpus[i].sent);
	printf("%s: pulse: %s\n", wrong == NULL ? "PASS" : "FAIL",
	       wrong == NULL ? "no timer, wake-up or signal was lost" : wrong);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .handler = on_signal, .flags = SA_SIGINFO };
	unsigned long seconds = 20;
	uint64_t mask = 0;
	int err;

	if (argc != 1 && (argc != 3 || strcmp(argv[1], "-s") != 0 ||
			  program_number(argv[2], 1000000, &seconds) != 0)) {
		dprintf(2, "usage: pulse [-s SECONDS]\n");
		return 2;
	}
	syscall3(SYS_sched_getaffinity, 0, sizeof(mask), (long)&mask);
	while (count < CPUS_MAX && (mask >> count & 1) != 0)
		count++;
	sys_sigaction(SIGUSR1, &action, NULL);
	err = threads_start();
	if (err != 0) {
		program_fail("a thread", err);
		syscall3(SYS_exit_group, 1, 0, 0);
	}
	watch_all(seconds);
	if (wrong != NULL) {
		/* What waits for something lost would not end. */
		report();
		syscall3(SYS_exit_group, 1, 0, 0);
	}
	threads_end();
	report();
	return wrong != NULL;
}
