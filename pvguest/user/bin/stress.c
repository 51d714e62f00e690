/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress: fork, threads, memory, pipes, signals, files (of /dev/vda, too, if that can be mounted),
 * mounts, futexes and /proc all at once, checked as it goes, and that all memory comes back.
 * stress [-p PROCESSES] [-r ROUNDS] [-s SEED]; the same seed does the same.
 */
#include "lib/check.h"
#include "lib/malloc.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/stress.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define PAGE		4096UL
#define THREADS		3
#define AREA_PAGES	48
#define DEPTH_MAX	3

static volatile unsigned int signals_seen;

/* An area whose pages hold their own numbers; kept by the model in `model`. */
struct area {
	volatile uint64_t *words;
	uint64_t model[AREA_PAGES];
};

static volatile uint64_t *area_word(struct area *area, unsigned int page)
{
	return area->words + page * (PAGE / 8) + page;
}

static void area_check(struct area *area)
{
	unsigned int page;

	for (page = 0; page < AREA_PAGES; page++) {
		if (*area_word(area, page) != area->model[page])
			stress_fail("a page changed by itself");
	}
}

static void area_write(struct area *area, unsigned int count)
{
	while (count-- > 0) {
		unsigned int page = stress_below(AREA_PAGES);

		area->model[page] = stress_state;
		*area_word(area, page) = stress_state;
	}
}

/* Puts fresh zero pages into the middle, by mmap over it or munmap and mmap. */
static void area_remap(struct area *area)
{
	unsigned int first = stress_below(AREA_PAGES), page;
	unsigned int count = stress_below(AREA_PAGES - first) + 1;
	char *start = (char *)(uintptr_t)area->words + first * PAGE;

	if (stress_below(2) == 0)
		sys_munmap(start, count * PAGE);
	if (sys_mmap(start, count * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (long)start)
		stress_fail("mmap");
	for (page = first; page < first + count; page++)
		area->model[page] = 0;
}

static void area_protect(struct area *area)
{
	unsigned int first = stress_below(AREA_PAGES);
	size_t length = (stress_below(AREA_PAGES - first) + 1) * PAGE;
	char *start = (char *)(uintptr_t)area->words + first * PAGE;

	if (sys_mprotect(start, length, PROT_READ) != 0)
		stress_fail("mprotect");
	area_check(area);
	if (sys_mprotect(start, length, PROT_READ | PROT_WRITE) != 0)
		stress_fail("mprotect back");
}

static void process_run(struct area *area, unsigned int rounds, unsigned int depth);

/* A child with the same memory, on which it goes on in another way. */
static void area_fork(struct area *area, unsigned int depth)
{
	unsigned int divert = stress_below(1000);
	long pid = sys_fork();

	if (pid == 0) {
		stress_state ^= divert + 1;
		process_run(area, 5, depth + 1);
		sys_exit(0);
	}
	if (pid == -EAGAIN || pid == -ENOMEM)
		return;
	if (pid < 0)
		stress_fail("fork");
	area_write(area, 5);		/* while the child runs */
	if (stress_below(2) == 0)
		sys_kill(pid, SIGUSR1);
	area_check(area);
	stress_wait(pid);
}

/* Sends its pages through a pipe to a child, which sends back their sum. */
static void area_pipe(struct area *area)
{
	uint64_t sum = 0, answer = 0, word;
	int there[2], back[2];
	unsigned int page;
	long pid;

	if (sys_pipe(there) != 0 || sys_pipe(back) != 0)
		stress_fail("pipe");
	pid = sys_fork();
	if (pid == 0) {
		sys_close(there[1]);
		while (sys_read(there[0], &word, sizeof(word)) == sizeof(word))
			answer += word;
		sys_write(back[1], &answer, sizeof(answer));
		sys_exit(0);
	}
	if (pid < 0)
		stress_fail("fork for a pipe");
	sys_close(there[0]);
	sys_close(back[1]);
	for (page = 0; page < AREA_PAGES; page++) {
		word = *area_word(area, page);
		sum += word;
		if (write_all(there[1], &word, sizeof(word)) != 0)
			stress_fail("write to a pipe");
	}
	sys_close(there[1]);
	if (sys_read(back[0], &answer, sizeof(answer)) != sizeof(answer) || answer != sum)
		stress_fail("a pipe changed what went through it");
	sys_close(back[0]);
	stress_wait(pid);
}

static void heap_use(void)
{
	unsigned char *blocks[8];
	size_t sizes[8], i, j;

	for (i = 0; i < 8; i++) {
		sizes[i] = stress_below(5000) + 1;
		blocks[i] = malloc(sizes[i]);
		if (blocks[i] == NULL)
			stress_fail("malloc");
		memset(blocks[i], (int)(i + 1), sizes[i]);
	}
	for (i = 0; i < 8; i++) {
		for (j = 0; j < sizes[i]; j++) {
			if (blocks[i][j] != i + 1)
				stress_fail("the heap changed");
		}
		free(blocks[i]);
	}
}

static struct mutex counter_mutex;
static volatile uint64_t counter;

/* Maps and unmaps pages of its own beside the others, and counts with them. */
static long thread_run(void *argument)
{
	uint64_t mark = (uint64_t)(uintptr_t)argument;
	int i;

	for (i = 0; i < 10; i++) {
		long page = sys_mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		volatile uint64_t *word = (volatile uint64_t *)page;

		if (page < 0 || *word != 0)
			return 1;
		*word = mark;
		mutex_lock(&counter_mutex);
		counter++;
		mutex_unlock(&counter_mutex);
		if (*word != mark || sys_munmap((void *)page, PAGE) != 0)
			return 1;
	}
	return 0;
}

static void area_thread(struct area *area)
{
	struct thread threads[THREADS];
	uint64_t before = counter;
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		if (thread_start(&threads[i], thread_run, (void *)(uintptr_t)(i + 1)) != 0)
			stress_fail("a thread does not start");
	}
	area_write(area, 20);
	for (i = 0; i < THREADS; i++) {
		if (thread_join(&threads[i]) != 0)
			stress_fail("a thread found wrong memory");
	}
	if (counter != before + THREADS * 10UL)
		stress_fail("threads lost a count");
}

static void process_run(struct area *area, unsigned int rounds, unsigned int depth)
{
	unsigned int before;

	while (rounds-- > 0) {
		switch (stress_below(13)) {
		case 0:
			area_remap(area);
			break;
		case 1:
			area_protect(area);
			break;
		case 2:
			if (depth < DEPTH_MAX)
				area_fork(area, depth);
			break;
		case 3:
			area_pipe(area);
			break;
		case 4:
			before = signals_seen;
			sys_kill(sys_getpid(), SIGUSR1);
			if (signals_seen == before)
				stress_fail("a signal was lost");
			break;
		case 5:
			heap_use();
			break;
		case 6:
			sys_sched_yield();
			break;
		case 7:
			area_thread(area);
			break;
		case 8:
			stress_file();
			break;
		case 9:
			stress_mount();
			break;
		case 10:
			stress_futex();
			break;
		case 11:
			stress_proc();
			break;
		default:
			area_write(area, 20);
			break;
		}
		area_check(area);
	}
}

static void on_signal(int signo, struct siginfo *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	signals_seen++;
}

static _Noreturn void process_start(uint64_t seed, unsigned int rounds)
{
	static struct area area;
	long start = sys_mmap(NULL, AREA_PAGES * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start < 0)
		stress_fail("mmap of the area");
	area.words = (volatile uint64_t *)start;
	stress_state = seed;
	process_run(&area, rounds, 0);
	sys_exit(0);
}

/* 1 if a process failed. */
static int processes_run(unsigned long processes, unsigned long rounds, unsigned long seed)
{
	int status, failed = 0;
	unsigned long i;

	stress_disk_mount();
	for (i = 0; i < processes; i++) {
		long pid = sys_fork();

		if (pid == 0)
			process_start(seed * 64 + i, (unsigned int)rounds);
		if (pid < 0)
			return program_fail("fork", pid);
	}
	for (i = 0; i < processes; i++) {
		if (sys_wait4(-1, &status, 0) < 0 || status != 0)
			failed = 1;
	}
	stress_disk_unmount();
	return failed;
}

static int usage(void)
{
	dprintf(2, "usage: stress [-p PROCESSES] [-r ROUNDS] [-s SEED]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .handler = on_signal, .flags = SA_SIGINFO | SA_RESTART };
	unsigned long processes = 4, rounds = 100, seed = 1;
	struct stress_memory before, after;
	int arg, failed;

	for (arg = 1; arg + 1 < argc; arg += 2) {
		unsigned long *option = strcmp(argv[arg], "-p") == 0 ? &processes :
					strcmp(argv[arg], "-r") == 0 ? &rounds :
					strcmp(argv[arg], "-s") == 0 ? &seed : NULL;

		if (option == NULL || program_number(argv[arg + 1], 1000000, option) != 0)
			return usage();
	}
	if (arg != argc || processes > 64)
		return usage();
	sys_sigaction(SIGUSR1, &action, NULL);
	/* The first few fill caches. */
	failed = processes_run(processes, rounds / 4, seed + 1);
	stress_memory_read(&before);
	failed |= processes_run(processes, rounds, seed);
	stress_memory_read(&after);
	if (check_on_pvguest() && (before.kinds == 0 || !stress_memory_same(&before, &after)))
		failed = 1;
	printf("%s: stress: %lu processes of %lu rounds, seed %lu\n", failed ? "FAIL" : "PASS",
	       processes, rounds, seed);
	return failed;
}
