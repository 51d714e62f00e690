/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test-lock: advisory locks on files, who holds and who waits for them.
 * Linux man-pages, fcntl_locking(2), flock(2).
 */
#include "lib/check.h"
#include "lib/program.h"
#include "lib/syscall.h"
#include "lib/thread.h"
#include "lib/vfs.h"

#define NAME		"/tmp/test-lock"
#define F_GETLK		5
#define F_SETLK		6
#define F_SETLKW	7
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38
#define F_WRLCK		1
#define F_UNLCK		2
#define RING		3

struct flock {
	short l_type, l_whence;
	long l_start, l_len;
	int l_pid;
};

static long lock(long fd, int command, short type, long start, long length)
{
	struct flock l = { .l_type = type, .l_start = start, .l_len = length };

	return sys_fcntl((int)fd, command, (long)&l);
}

static long open_file(void)
{
	long fd = sys_openat(AT_FDCWD, NAME, O_RDWR | O_CREAT, 0600);

	CHECK(fd >= 0);
	return fd;
}

static int lock_child(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = 5, .l_len = 10 };
	long fd = open_file();

	if (lock(fd, F_SETLK, F_WRLCK, 5, 10) != -EAGAIN)
		return 1;
	if (sys_fcntl((int)fd, F_GETLK, (long)&l) || l.l_type != F_WRLCK || l.l_start != 0 ||
	    l.l_len != 10 || l.l_pid != sys_getppid())
		return 2;
	if (lock(fd, F_SETLK, F_WRLCK, 10, 0))
		return 3;
	return syscall3(SYS_flock, fd, 2 | 4, 0) == -EAGAIN ? 0 : 4;
}

static void locks_conflict(void)
{
	long fd = open_file(), other = open_file();

	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 10), 0);
	CHECK_EQ(syscall3(SYS_flock, fd, 2, 0), 0);
	CHECK_EQ(check_wait(check_fork(lock_child)), 0);
	CHECK_EQ(syscall3(SYS_flock, other, 1 | 4, 0), -EAGAIN);
	CHECK_EQ(syscall3(SYS_flock, fd, 8, 0), 0);
	CHECK_EQ(syscall3(SYS_flock, other, 1 | 4, 0), 0);
	CHECK_EQ(syscall3(SYS_flock, other, 77, 0), -EINVAL);
	/* The child's locks went with it. */
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(lock(other, F_OFD_SETLK, F_WRLCK, 0, 0), -EAGAIN);
	CHECK_EQ(sys_close((int)open_file()), 0);
	CHECK_EQ(lock(other, F_OFD_SETLK, F_WRLCK, 0, 0), 0);
}

static int nobody_has_it(void)
{
	return lock(open_file(), F_SETLK, F_WRLCK, 0, 0) != 0;
}

/* Holds the whole file until told; the pid. */
static long holder(int hold[2])
{
	int up[2];
	char byte;
	long pid;

	CHECK(sys_pipe(hold) == 0 && sys_pipe(up) == 0);
	pid = sys_fork();
	if (pid == 0) {
		sys_close(hold[1]);
		CHECK_EQ(lock(open_file(), F_SETLK, F_WRLCK, 0, 0), 0);
		sys_write(up[1], "x", 1);
		sys_read(hold[0], &byte, 1);
		sys_exit(0);
	}
	CHECK_EQ(sys_read(up[0], &byte, 1), 1);
	return pid;
}

static long take_lock(void *argument)
{
	return lock((long)argument, F_SETLKW, F_WRLCK, 0, 0);
}

/* One thread waits for a lock, another closes the descriptor: no lock is left that nobody frees. */
static void close_before_the_lock(void)
{
	struct thread thread;
	int hold[2];
	long fd = open_file(), child = holder(hold);

	CHECK_EQ(thread_start(&thread, take_lock, (void *)fd), 0);
	check_asleep(sys_getpid(), thread.tid);
	CHECK_EQ(sys_close((int)fd), 0);
	sys_close(hold[1]);
	CHECK_EQ(check_wait(child), 0);
	CHECK_EQ(thread_join(&thread), -EBADF);
	CHECK_EQ(check_wait(check_fork(nobody_has_it)), 0);
}

/* Another descriptor of the file, and the first one's number is another file's. */
static void close_in_any_order(void)
{
	long fd = open_file(), other = open_file(), copy = sys_dup((int)fd);

	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(sys_close((int)other), 0);
	CHECK_EQ(check_wait(check_fork(nobody_has_it)), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(sys_dup3(1, (int)fd, 0), fd);
	CHECK_EQ(check_wait(check_fork(nobody_has_it)), 0);
	CHECK_EQ(lock(copy, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(sys_close((int)copy), 0);
	CHECK_EQ(check_wait(check_fork(nobody_has_it)), 0);
}

/*
 * Each of the ring has its own byte and, after a word from the parent, waits for its neighbour's.
 * The last one is told when the others sleep, and learns that it would wait for itself.
 */
static long ring_member(long index, long command, int *go)
{
	int up[2], start[2];
	char byte;
	long pid;

	CHECK(sys_pipe(up) == 0 && sys_pipe(start) == 0);
	pid = sys_fork();
	if (pid == 0) {
		long fd = open_file(), result;

		sys_close(start[1]);
		CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, index, 1), 0);
		sys_write(up[1], "x", 1);
		sys_read(start[0], &byte, 1);
		result = lock(fd, (int)command, F_WRLCK, (index + 1) % RING, 1);
		sys_exit(result == 0 ? 0 : result == -EDEADLK ? 1 : 2);
	}
	CHECK_EQ(sys_read(up[0], &byte, 1), 1);
	*go = start[1];
	return pid;
}

static void circles_are_refused(void)
{
	long pids[RING], i;
	int go[RING];

	for (i = 0; i < RING; i++)
		pids[i] = ring_member(i, F_SETLKW, &go[i]);
	for (i = 0; i < RING - 1; i++) {
		CHECK_EQ(sys_write(go[i], "x", 1), 1);
		check_asleep(pids[i], pids[i]);
	}
	CHECK_EQ(sys_write(go[RING - 1], "x", 1), 1);
	/* That one gives up, so its byte is free, and so on. */
	CHECK_EQ(WEXITSTATUS(check_wait(pids[RING - 1])), 1);
	for (i = RING - 2; i >= 0; i--)
		CHECK_EQ(check_wait(pids[i]), 0);
}

/* A chain that does not close is only a wait. */
static void chains_are_not_circles(void)
{
	int go;
	long fd = open_file(), pid;

	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 1, 1), 0);
	pid = ring_member(0, F_SETLKW, &go);
	CHECK_EQ(sys_write(go, "x", 1), 1);
	check_asleep(pid, pid);
	/* It waits for this process, which lets go before it waits in turn. */
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 1, 1), 0);
	CHECK_EQ(lock(fd, F_SETLKW, F_WRLCK, 0, 1), 0);
	CHECK_EQ(check_wait(pid), 0);
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		{ "fcntl locks and flock conflict and go with their owner", locks_conflict },
		{ "closing any descriptor of a file ends the process's locks on it",
		  close_in_any_order },
		{ "a lock that is granted after its descriptor was closed is not kept",
		  close_before_the_lock },
		{ "a process that would wait for its own lock gets EDEADLK", circles_are_refused },
		{ "a process that waits for one which was let go may be waited for",
		  chains_are_not_circles },
	};
	int status = check_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);

	sys_unlink(NAME);
	return status;
}
