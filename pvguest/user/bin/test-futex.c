/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-futex: waiting, waking, moving, timeouts, and what is left of a thread that ends.
 * Linux man-pages, futex(2), get_robust_list(2).
 */
#include "lib/check.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define WAITERS		4
#define WAIT_BITS	(FUTEX_WAIT_BITSET | FUTEX_PRIVATE)

static struct thread threads[WAITERS];
static volatile uint32_t word, other, running;

static long futex(volatile uint32_t *at, long op, uint32_t value, long timeout,
		  volatile uint32_t *to, uint32_t value3)
{
	return syscall6(SYS_futex, (long)at, op, (long)value, timeout, (long)to, (long)value3);
}

static void wrong_value(void)
{
	CHECK_EQ(futex_wait(&word, 1, -1), -EAGAIN);
	CHECK_EQ(futex_wait((volatile uint32_t *)((uintptr_t)&word + 1), 0, -1), -EINVAL);
	CHECK_EQ(futex_wait((volatile uint32_t *)8, 0, 1), -EFAULT);
	CHECK_EQ(futex(&word, 77, 0, 0, NULL, 0), -ENOSYS);
}

static void timeouts(void)
{
	struct timespec at;
	long before = check_now_ms();

	CHECK_EQ(futex_wait(&word, 0, 30), -ETIMEDOUT);
	CHECK(check_now_ms() - before >= 29);
	CHECK_EQ(sys_clock_gettime(CLOCK_MONOTONIC, &at), 0);
	at.tv_nsec += 20000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	CHECK_EQ(futex(&word, WAIT_BITS, 0, (long)&at, NULL, 1), -ETIMEDOUT);
	CHECK_EQ(futex(&word, WAIT_BITS, 0, (long)&at, NULL, 0), -EINVAL);
}

static long wait_for_word(void *argument)
{
	(void)argument;
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	return futex_wait(&word, 0, 20000);
}

static long wait_for_bit(void *argument)
{
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	return futex(&word, WAIT_BITS, 0, 0, NULL, (uint32_t)(long)argument);
}

static void start(long (*run)(void *argument))
{
	long i;

	running = 0;
	for (i = 0; i < WAITERS; i++)
		CHECK_EQ(thread_start(&threads[i], run, (void *)(1L << i)), 0);
	/* Moving them to where they are counts them. */
	while (futex(&word, FUTEX_REQUEUE | FUTEX_PRIVATE, 0, 1000, &word, 0) != WAITERS)
		check_sleep_ms(1);
}

static void wakes_as_many_as_asked(void)
{
	int i;

	start(wait_for_word);
	CHECK_EQ(futex_wake(&other, 100), 0);
	CHECK_EQ(futex_wake(&word, 1), 1);
	CHECK_EQ(futex_wake(&word, 100), WAITERS - 1);
	CHECK_EQ(futex_wake(&word, 100), 0);
	for (i = 0; i < WAITERS; i++)
		CHECK_EQ(thread_join(&threads[i]), 0);
}

static void wakes_by_bits(void)
{
	int i;

	start(wait_for_bit);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE, 100, 0, NULL, 0), -EINVAL);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE, 100, 0, NULL, 16), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE, 100, 0, NULL, 2 | 4), 2);
	CHECK_EQ(thread_join(&threads[1]), 0);
	CHECK_EQ(thread_join(&threads[2]), 0);
	CHECK_EQ(futex_wake(&word, 100), WAITERS - 2);
	for (i = 0; i < WAITERS; i += 3)
		CHECK_EQ(thread_join(&threads[i]), 0);
}

static void requeues(void)
{
	int i;

	start(wait_for_word);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE, 1, 100, &other, 1), -EAGAIN);
	CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE, 1, 2, &other, 0), 3);
	CHECK_EQ(futex_wake(&other, 100), 2);
	CHECK_EQ(futex(&word, FUTEX_REQUEUE | FUTEX_PRIVATE, 0, 1, &other, 0), 1);
	CHECK_EQ(futex_wake(&word, 100), 0);
	CHECK_EQ(futex_wake(&other, 100), 1);
	for (i = 0; i < WAITERS; i++)
		CHECK_EQ(thread_join(&threads[i]), 0);
}

static volatile uint32_t *shared;

static int wait_in_child(void)
{
	shared[1] = 1;
	return futex((volatile uint32_t *)shared, FUTEX_WAIT, 0, 0, NULL, 0) != 0;
}

static void between_processes(void)
{
	long area = sys_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long pid;

	CHECK(area > 0);
	shared = (volatile uint32_t *)area;
	pid = check_fork(wait_in_child);
	while (!shared[1])
		check_sleep_ms(1);
	while (futex(shared, FUTEX_WAKE, 1, 0, NULL, 0) != 1)
		check_sleep_ms(1);
	CHECK_EQ(check_wait(pid), 0);
}

static void on_signal(int signo, struct siginfo *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	other++;
}

static long wait_without_end(void *argument)
{
	(void)argument;
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	return futex_wait(&word, 0, -1);
}

static void signals_interrupt(void)
{
	struct sigaction action = { .handler = on_signal, .flags = SA_SIGINFO };

	CHECK_EQ(sys_sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_EQ(thread_start(&threads[0], wait_without_end, NULL), 0);
	while (running != 1)
		check_sleep_ms(1);
	check_asleep(sys_getpid(), (long)threads[0].tid);
	CHECK_EQ(syscall3(SYS_tkill, (long)threads[0].tid, SIGUSR1, 0), 0);
	CHECK_EQ(thread_join(&threads[0]), -EINTR);
	CHECK_EQ(other, 1);
}

/* struct robust_list_head, with one lock in it. */
static struct {
	void *next;
	long offset;
	void *pending;
} robust;
static struct {
	void *next;
	volatile uint32_t lock;
} robust_lock;

static long die_with_lock(void *argument)
{
	(void)argument;
	robust.next = &robust_lock;
	robust.offset = (long)((uintptr_t)&robust_lock.lock - (uintptr_t)&robust_lock);
	robust_lock.next = &robust;
	robust_lock.lock = (uint32_t)syscall0(SYS_gettid) | 0x80000000;
	return syscall3(SYS_set_robust_list, (long)&robust, 24, 0);
}

static void robust_locks(void)
{
	CHECK_EQ(syscall3(SYS_set_robust_list, (long)&robust, 23, 0), -EINVAL);
	CHECK_EQ(thread_start(&threads[0], die_with_lock, NULL), 0);
	CHECK_EQ(thread_join(&threads[0]), 0);
	CHECK_EQ(robust_lock.lock, 0xc0000000);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "FUTEX_WAIT does not sleep if the word has another value", wrong_value },
		{ "waits end at their timeout, relative or absolute", timeouts },
		{ "FUTEX_WAKE wakes as many as asked for", wakes_as_many_as_asked },
		{ "FUTEX_WAKE_BITSET wakes those that wait for one of its bits", wakes_by_bits },
		{ "FUTEX_CMP_REQUEUE wakes some and moves others", requeues },
		{ "a futex in shared memory works between processes", between_processes },
		{ "a handler ends FUTEX_WAIT with EINTR", signals_interrupt },
		{ "a lock of a thread that ends is marked and its waiter woken", robust_locks },
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
