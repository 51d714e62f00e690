/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kernel's lock for virtual harts, with threads of the host; a semaphore is the IPI.
 * pvguest/kernel/lib/sleeplock.h.
 */
/* SOURCES: */
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "../../pvguest/kernel/lib/sleeplock.h"

#include "test.h"

#define THREADS	4
#define ROUNDS	20000
#define DEADLINE_S	120

static unsigned int calls;
static uint32_t last_called;
static bool somebody_there;

static bool count_call(uint32_t sleeper)
{
	calls++;
	last_called = sleeper;
	return somebody_there;
}

TEST("a lock that is held is not taken, and one that is free is")
{
	struct sleeplock lock = { 0 };

	CHECK(sleeplock_try(&lock));
	CHECK(!sleeplock_try(&lock));
	sleeplock_release(&lock, count_call);
	CHECK(sleeplock_try(&lock));
	CHECK_EQ(calls, 0);
}

TEST("a sleeper is called once, until it has been woken")
{
	struct sleeplock lock = { .held = 1 };

	calls = 0;
	somebody_there = true;
	sleeplock_lie_down(&lock);
	for (int i = 0; i < 3; i++) {
		sleeplock_release(&lock, count_call);
		CHECK(sleeplock_try(&lock));
	}
	CHECK_EQ(calls, 1);
	sleeplock_woken(&lock);
	CHECK(!sleeplock_try(&lock));
	sleeplock_release(&lock, count_call);
	CHECK_EQ(calls, 2);
	CHECK(sleeplock_try(&lock));
	sleeplock_get_up(&lock, 1);
	sleeplock_release(&lock, count_call);
	CHECK_EQ(calls, 2);
	CHECK_EQ(lock.sleepers + lock.called + lock.held, 0);
}

static struct sleeplock *unreachable;

/* As if the sleeper had got the lock and let go of it meanwhile. */
static bool find_nobody(uint32_t sleeper)
{
	CHECK_EQ(sleeper, 0);
	calls++;
	unreachable->sleepers = 0;
	return false;
}

TEST("a call that reaches nobody is taken back")
{
	struct sleeplock lock = { .held = 1, .sleepers = 1 };

	calls = 0;
	unreachable = &lock;
	sleeplock_release(&lock, find_nobody);
	CHECK_EQ(calls, 1);
	CHECK_EQ(lock.called, 0);
}

TEST("a sleeper that was woken in vain is handed the lock, and nobody else gets it")
{
	struct sleeplock lock = { .held = 1 };

	calls = 0;
	sleeplock_lie_down(&lock);
	sleeplock_lie_down(&lock);
	CHECK(!sleeplock_try_asleep(&lock, 1));
	sleeplock_claim(&lock, 1);
	sleeplock_claim(&lock, 2);
	sleeplock_release(&lock, count_call);
	CHECK_EQ(last_called, 1);
	CHECK(!sleeplock_try(&lock));
	CHECK(!sleeplock_try_asleep(&lock, 2));
	CHECK(sleeplock_try_asleep(&lock, 1));
	sleeplock_get_up(&lock, 1);
	sleeplock_release(&lock, count_call);
	CHECK_EQ(calls, 2);
	CHECK_EQ(last_called, 0);
	CHECK(sleeplock_try_asleep(&lock, 2));
}

TEST("a claim of a sleeper that got the lock otherwise is void")
{
	struct sleeplock lock = { .held = 0 };

	sleeplock_lie_down(&lock);
	sleeplock_claim(&lock, 1);
	CHECK(sleeplock_try_asleep(&lock, 1));
	sleeplock_get_up(&lock, 1);
	sleeplock_release(&lock, count_call);
	CHECK_EQ(lock.held + lock.owed + lock.granted + lock.called, 0);
}

static struct sleeplock shared;
static volatile unsigned long counter;
static __thread unsigned int self;
static struct {
	sem_t ipi;
	bool asleep;
} harts[THREADS];

static bool call_next(uint32_t sleeper)
{
	if (sleeper) {
		sem_post(&harts[sleeper - 1].ipi);
		return true;
	}
	for (unsigned int i = 1; i < THREADS; i++) {
		unsigned int other = (self + i) % THREADS;

		if (__atomic_load_n(&harts[other].asleep, __ATOMIC_RELAXED)) {
			sem_post(&harts[other].ipi);
			return true;
		}
	}
	return false;
}

static void enter(void)
{
	if (sleeplock_try(&shared))
		return;
	__atomic_store_n(&harts[self].asleep, true, __ATOMIC_RELAXED);
	sleeplock_lie_down(&shared);
	while (!sleeplock_try_asleep(&shared, self + 1)) {
		while (sem_wait(&harts[self].ipi) != 0)
			;
		sleeplock_woken(&shared);
		if (sleeplock_try_asleep(&shared, self + 1))
			break;
		sleeplock_claim(&shared, self + 1);
	}
	__atomic_store_n(&harts[self].asleep, false, __ATOMIC_RELAXED);
	sleeplock_get_up(&shared, self + 1);
}

static void *count_up(void *argument)
{
	self = (unsigned int)(uintptr_t)argument;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		enter();
		counter++;
		/* Somebody comes meanwhile, even on one processor. */
		if (i % 64 == self)
			usleep(0);
		sleeplock_release(&shared, call_next);
	}
	return NULL;
}

TEST("one at a time has the lock, and nobody sleeps for ever")
{
	pthread_t threads[THREADS];

	alarm(DEADLINE_S);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(sem_init(&harts[i].ipi, 0, 0), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, count_up, (void *)i), 0);
	for (unsigned int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(counter, (unsigned long)THREADS * ROUNDS);
	CHECK_EQ(shared.sleepers + shared.held + shared.owed + shared.granted, 0);
	alarm(0);
}
