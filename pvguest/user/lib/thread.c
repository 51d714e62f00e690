/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads, and what they wait on.
 * Linux man-pages, clone(2), futex(2); Drepper, "Futexes Are Tricky", mutex 2.
 */
#include "thread.h"

#include <stdbool.h>

#include "syscall.h"

#define THREAD_FLAGS                                                                     \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

/*
 * long thread_spawn(unsigned long flags, void *stack, void *parent_tid, void *tls, void *child_tid)
 * The thread finds its struct on its stack, calls thread_main with it and never comes back here:
 * the parent's frame is not on its stack.
 */
__asm__(".text\n"
	"thread_spawn:\n\t"
	"li a7, " SYSCALL_STRING(SYS_clone) "\n\t"
	"ecall\n\t"
	"beqz a0, 1f\n\t"
	"ret\n"
	"1:\tld a0, 0(sp)\n\t"
	"li fp, 0\n\t"
	"li ra, 0\n\t"
	"tail thread_main\n");

long thread_spawn(unsigned long flags, void *stack, volatile uint32_t *parent_tid, void *tls,
		  volatile uint32_t *child_tid);
void thread_main(struct thread *thread);

void thread_main(struct thread *thread)
{
	thread->result = thread->run(thread->argument);
	/* exit, not exit_group: the others go on. */
	syscall3(SYS_exit, 0, 0, 0);
	__builtin_unreachable();
}

int thread_start(struct thread *thread, long (*run)(void *argument), void *argument)
{
	long stack = sys_mmap(NULL, THREAD_STACK, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), tid;
	struct thread **top = (struct thread **)(stack + (long)THREAD_STACK - 16);

	if (stack < 0)
		return (int)stack;
	*thread = (struct thread){ .stack = (char *)stack, .run = run, .argument = argument };
	*top = thread;
	tid = thread_spawn(THREAD_FLAGS, top, &thread->tid, NULL, &thread->tid);
	if (tid > 0)
		return 0;
	sys_munmap(thread->stack, THREAD_STACK);
	return (int)tid;
}

long thread_join(struct thread *thread)
{
	uint32_t tid;

	/* The kernel's wake is not a private one. */
	while ((tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)) != 0)
		syscall6(SYS_futex, (long)&thread->tid, FUTEX_WAIT, (long)tid, 0, 0, 0);
	sys_munmap(thread->stack, THREAD_STACK);
	return thread->result;
}

long thread_clone(unsigned long flags, void *stack, volatile uint32_t *parent_tid, void *tls,
		  volatile uint32_t *child_tid)
{
	return syscall6(SYS_clone, (long)flags, (long)stack, (long)parent_tid, (long)tls,
			(long)child_tid, 0);
}

long futex_wait(volatile uint32_t *word, uint32_t value, long timeout_ms)
{
	struct timespec timeout = { .tv_sec = timeout_ms / 1000,
				    .tv_nsec = timeout_ms % 1000 * 1000000 };

	return syscall6(SYS_futex, (long)word, FUTEX_WAIT | FUTEX_PRIVATE, (long)value,
			timeout_ms < 0 ? 0 : (long)&timeout, 0, 0);
}

long futex_wake(volatile uint32_t *word, uint32_t count)
{
	return syscall6(SYS_futex, (long)word, FUTEX_WAKE | FUTEX_PRIVATE, (long)count, 0, 0, 0);
}

void mutex_lock(struct mutex *mutex)
{
	uint32_t was = 0;

	if (__atomic_compare_exchange_n(&mutex->word, &was, 1, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&mutex->word, 2, __ATOMIC_ACQUIRE) != 0)
		futex_wait(&mutex->word, 2, -1);
}

void mutex_unlock(struct mutex *mutex)
{
	if (__atomic_exchange_n(&mutex->word, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(&mutex->word, 1);
}
