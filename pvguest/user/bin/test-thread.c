/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-thread: clone(2) with all that threads share, exit and exec of a process that has threads.
 * Linux man-pages, clone(2), exit_group(2), execve(2), tgkill(2), pthreads(7).
 */
#include "lib/check.h"
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define THREADS 8

static struct thread threads[THREADS];
static struct mutex mutex;
static volatile uint32_t counter, phase, seen;

static long add_thousand(void *argument)
{
	int i;

	for (i = 0; i < 1000; i++) {
		mutex_lock(&mutex);
		counter++;
		mutex_unlock(&mutex);
	}
	return (long)argument;
}

static void memory_is_shared(void)
{
	long i;

	for (i = 0; i < THREADS; i++)
		CHECK_EQ(thread_start(&threads[i], add_thousand, (void *)i), 0);
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(thread_join(&threads[i]), i);
	CHECK_EQ(counter, THREADS * 1000);
}

static long tell_ids(void *argument)
{
	long *ids = argument;

	ids[0] = sys_getpid();
	ids[1] = syscall0(SYS_gettid);
	ids[2] = sys_getppid();
	return 0;
}

static void ids_differ(void)
{
	long ids[3], tid;

	CHECK_EQ(thread_start(&threads[0], tell_ids, ids), 0);
	tid = threads[0].tid;
	thread_join(&threads[0]);
	CHECK_EQ(ids[0], sys_getpid());
	CHECK(ids[1] != sys_getpid());
	CHECK(tid == 0 || ids[1] == tid);
	CHECK_EQ(ids[2], sys_getppid());
	CHECK_EQ(syscall0(SYS_gettid), sys_getpid());
}

static long open_and_move(void *argument)
{
	*(int *)argument = (int)sys_open("/dev/null", O_RDWR);
	return sys_chdir("/bin");
}

static void files_are_shared(void)
{
	char where[64] = "";
	int fd = -1;

	CHECK_EQ(thread_start(&threads[0], open_and_move, &fd), 0);
	CHECK_EQ(thread_join(&threads[0]), 0);
	CHECK_EQ(sys_write(fd, "x", 1), 1);
	CHECK(sys_getcwd(where, sizeof(where)) > 0);
	CHECK_EQ(strcmp(where, "/bin"), 0);
}

static _Noreturn long sleep_for_ever(void *argument)
{
	(void)argument;
	for (;;)
		check_sleep_ms(1000);
}

static _Noreturn long spin_for_ever(void *argument)
{
	(void)argument;
	for (;;)
		seen++;
}

static int exit_with_threads(void)
{
	long i;

	for (i = 0; i < THREADS; i++)
		if (thread_start(&threads[i], i & 1 ? spin_for_ever : sleep_for_ever, NULL) != 0)
			return 1;
	check_sleep_ms(20);
	return 7;
}

static void exit_group_ends_all(void)
{
	CHECK_EQ(check_wait(check_fork(exit_with_threads)), 7 << 8);
}

static long exit_group_here(void *argument)
{
	(void)argument;
	check_sleep_ms(10);
	sys_exit(9);
}

static int leader_ends_first(void)
{
	if (thread_start(&threads[0], exit_group_here, NULL) != 0)
		return 1;
	syscall3(SYS_exit, 3, 0, 0);
	return 2;
}

static void process_outlives_leader(void)
{
	CHECK_EQ(check_wait(check_fork(leader_ends_first)), 9 << 8);
}

static long exec_here(void *argument)
{
	char number[24], *const argv[] = { (char *)check_self(), (char *)"--pid-is", number, NULL };
	char *const envp[] = { NULL };

	(void)argument;
	snprintf(number, sizeof(number), "%ld", sys_getpid());
	return sys_execve(check_self(), argv, envp);
}

static int exec_with_threads(void)
{
	long i;

	for (i = 1; i < THREADS; i++)
		if (thread_start(&threads[i], i & 1 ? spin_for_ever : sleep_for_ever, NULL) != 0)
			return 1;
	if (thread_start(&threads[0], exec_here, NULL) != 0)
		return 1;
	for (;;)
		check_sleep_ms(1000);
}

static void exec_takes_the_pid(void)
{
	CHECK_EQ(check_wait(check_fork(exec_with_threads)), 0);
}

static int vfork_hold[2], vfork_up[2];

/* Its child lives until the case lets it go. */
static long vfork_here(void *argument)
{
	long pid = thread_clone(CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
	char byte;

	(void)argument;
	if (pid != 0)
		return pid;
	sys_close(vfork_hold[1]);
	sys_write(vfork_up[1], "x", 1);
	sys_read(vfork_hold[0], &byte, 1);
	sys_exit(0);
}

static int exec_beside_vfork(void)
{
	char byte;

	if (thread_start(&threads[0], vfork_here, NULL) != 0 ||
	    sys_read(vfork_up[0], &byte, 1) != 1)
		return 1;
	return (int)exec_here(NULL);
}

static void exec_ends_a_vfork(void)
{
	CHECK(sys_pipe(vfork_hold) == 0 && sys_pipe(vfork_up) == 0);
	CHECK_EQ(check_wait(check_fork(exec_beside_vfork)), 0);
	sys_close(vfork_hold[1]);
}

static void on_signal(int signo, struct siginfo *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	seen = (uint32_t)syscall0(SYS_gettid);
}

static void wait_for_phase(uint32_t value)
{
	uint32_t now;

	while ((now = phase) != value)
		futex_wait(&phase, now, -1);
}

static void set_phase(uint32_t value)
{
	phase = value;
	futex_wake(&phase, 100);
}

static long wait_for_signal(void *argument)
{
	uint64_t bit = 1UL << (SIGUSR1 - 1);

	sys_sigprocmask(argument ? SIG_UNBLOCK : SIG_BLOCK, &bit, NULL);
	set_phase(1);
	wait_for_phase(2);
	return 0;
}

static void handle_usr1(void)
{
	struct sigaction action = { .handler = on_signal, .flags = SA_SIGINFO | SA_RESTART };

	CHECK_EQ(sys_sigaction(SIGUSR1, &action, NULL), 0);
}

static void signal_finds_a_thread(void)
{
	uint64_t bit = 1UL << (SIGUSR1 - 1);
	uint32_t tid;

	handle_usr1();
	CHECK_EQ(sys_sigprocmask(SIG_BLOCK, &bit, NULL), 0);
	CHECK_EQ(thread_start(&threads[0], wait_for_signal, &mutex), 0);
	wait_for_phase(1);
	tid = threads[0].tid;
	CHECK_EQ(sys_kill(sys_getpid(), SIGUSR1), 0);
	while (!seen)
		check_sleep_ms(1);
	CHECK_EQ(seen, tid);
	set_phase(2);
	thread_join(&threads[0]);
}

static void tgkill_finds_the_thread(void)
{
	uint32_t tid;

	handle_usr1();
	CHECK_EQ(thread_start(&threads[0], wait_for_signal, &mutex), 0);
	wait_for_phase(1);
	tid = threads[0].tid;
	CHECK_EQ(syscall3(SYS_tgkill, sys_getpid(), (long)tid, SIGUSR1), 0);
	while (!seen)
		check_sleep_ms(1);
	CHECK_EQ(seen, tid);
	CHECK_EQ(syscall3(SYS_tgkill, sys_getpid() + 1, (long)tid, SIGUSR1), -ESRCH);
	CHECK_EQ(syscall3(SYS_tkill, 0x3ffffe, SIGUSR1, 0), -ESRCH);
	set_phase(2);
	thread_join(&threads[0]);
}

static int live_with_threads(void)
{
	long i;

	for (i = 0; i < THREADS; i++)
		if (thread_start(&threads[i], i & 1 ? spin_for_ever : sleep_for_ever, NULL) != 0)
			return 1;
	for (;;)
		check_sleep_ms(1000);
}

static void fatal_signal_ends_all(void)
{
	long pid = check_fork(live_with_threads);

	check_sleep_ms(5);
	CHECK_EQ(sys_kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid) & 0x7f, SIGKILL);
}

static long unmap_it(void *argument)
{
	return sys_munmap(argument, 4096);
}

/* Another hart may have translated the page just now. */
static int touch_what_others_unmap(void)
{
	volatile char *page = check_map(4096, PROT_READ | PROT_WRITE);

	*page = 1;
	if (thread_start(&threads[0], unmap_it, (void *)(uintptr_t)page) != 0)
		return 1;
	for (;;)
		*page = 2;
}

static void unmapping_counts_for_all(void)
{
	CHECK_EQ(check_wait(check_fork(touch_what_others_unmap)) & 0x7f, SIGSEGV);
}

static long read_slowly(void *argument)
{
	char c;

	return sys_read(*(int *)argument, &c, 1);
}

static void closed_while_read(void)
{
	int fds[2];

	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(thread_start(&threads[0], read_slowly, &fds[0]), 0);
	check_asleep(sys_getpid(), (long)threads[0].tid);
	CHECK_EQ(sys_close(fds[0]), 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	CHECK_EQ(thread_join(&threads[0]), 1);
}

static void clone_refuses_nonsense(void)
{
	CHECK_EQ(thread_clone(CLONE_THREAD, NULL, NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(thread_clone(CLONE_THREAD | CLONE_SIGHAND, NULL, NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(thread_clone(CLONE_SIGHAND, NULL, NULL, NULL, NULL), -EINVAL);
}

static long touch_stack(void *argument)
{
	volatile char room[16384];

	(void)argument;
	room[0] = 1;
	return room[0];
}

static int many_threads(void)
{
	int round;
	long i;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < THREADS; i++)
			if (thread_start(&threads[i], touch_stack, NULL) != 0)
				return 1;
		for (i = 0; i < THREADS; i++)
			thread_join(&threads[i]);
	}
	return 0;
}

static void threads_leave_nothing(void)
{
	long before, after;

	CHECK_EQ(check_wait(check_fork(many_threads)), 0);
	before = check_free_pages();
	CHECK_EQ(check_wait(check_fork(many_threads)), 0);
	CHECK_EQ(check_wait(check_fork(exit_with_threads)), 7 << 8);
	CHECK_EQ(check_wait(check_fork(exec_with_threads)), 0);
	after = check_free_pages();
	/* Lists of free objects may keep a few. */
	CHECK(after >= before - 32);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "threads share memory, and a mutex holds between them", memory_is_shared },
		{ "threads have one pid and parent, and tids of their own", ids_differ },
		{ "threads share descriptors and the working directory", files_are_shared },
		{ "clone refuses threads without shared handlers and memory",
		  clone_refuses_nonsense },
		{ "exit_group ends all threads", exit_group_ends_all },
		{ "a process outlives its first thread", process_outlives_leader },
		{ "exec by any thread ends the others and keeps the pid", exec_takes_the_pid },
		{ "exec does not wait for a thread whose vforked child still runs",
		  exec_ends_a_vfork },
		{ "a process's signal goes to a thread that does not block it",
		  signal_finds_a_thread },
		{ "tgkill signals the thread it names", tgkill_finds_the_thread },
		{ "SIGKILL ends all threads", fatal_signal_ends_all },
		{ "a page that one thread unmaps is gone for all", unmapping_counts_for_all },
		{ "a descriptor that is closed while it is read does not break the reader",
		  closed_while_read },
		{ "threads that end leave no memory behind", threads_leave_nothing },
	};

	if (argc == 3 && strcmp(argv[1], "--pid-is") == 0) {
		unsigned long pid = 0;

		return program_number(argv[2], 0x7fffffff, &pid) != 0 ||
		       (long)pid != sys_getpid() || syscall0(SYS_gettid) != (long)pid;
	}
	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
